"""Names of roads and estates, mined from cases and counted where these lay."""

from __future__ import annotations

import numpy as np
import pytest

from fenban.model.case import Case, Submission
from fenban.model.directory import Directory, Function, Unit
from fenban.model.reading.local_places import LocalPlaceReader
from fenban.model.reading.places import Place, PlaceReading
from fenban.training.fitting.place_teaching import (
    PlaceLessons,
    jurisdictions_around,
    mine,
    place_lessons,
    place_of_case,
)
from fenban.training.fitting.splits import Split

EAST, WEST = "甲市/东区", "甲市/西区"
NOWHERE = PlaceReading()


def reading(*paths: str) -> PlaceReading:
    return PlaceReading(tuple(Place(path, "county") for path in paths))


@pytest.mark.parametrize(
    ("unit", "named", "lies"),
    [
        (None, (), None),
        (EAST, (), EAST),
        (None, (EAST,), EAST),
        ("甲市", (EAST,), EAST),
        (EAST, (WEST,), EAST),
        (EAST, ("甲市/东区/柳镇",), "甲市/东区/柳镇"),
        ("甲市", ("甲市/东区/柳镇", "甲市/东区/桃镇"), EAST),
        ("甲市", (EAST, WEST), "甲市"),
        (None, (EAST, "乙市/北区"), None),
    ],
)
def test_a_case_lies_with_its_unit_or_closer(
    unit: str | None, named: tuple[str, ...], lies: str | None
) -> None:
    assert place_of_case(unit, reading(*named)) == lies


def test_jurisdictions_and_all_around_them() -> None:
    found = jurisdictions_around([None, "甲市/东区/柳镇", WEST])
    assert found == tuple(sorted(("甲市", EAST, "甲市/东区/柳镇", WEST)))


def test_a_name_begins_where_its_neighbours_differ() -> None:
    texts = [
        "我住榕荫路，灯不亮",
        "灯坏了：榕荫路",
        "青秀榕荫路积水",
        "从榕荫路到河边",
        "往榕荫路",
        "就榕荫路",
    ]
    found = mine(texts)
    assert "榕荫路" in found
    assert "荫路" not in found, "always after 榕"
    assert "住榕荫路" not in found, "only once"


def test_a_name_of_one_or_two_cases_is_nobodys_business() -> None:
    assert mine(["青榕小区", "白榕小区", "住在小李庄"]) == set()


def lessons(n: int = 150) -> PlaceLessons:
    """榕荫路 is in 东区, 望江村 in 西区, 广场 anywhere; the unit of every case is known."""
    texts = ["榕荫路灯坏", "望江村断水", "文化广场太吵", "文化广场停电"] * n
    wheres = [EAST, WEST, EAST, WEST] * n
    return PlaceLessons(texts, [NOWHERE] * (4 * n), wheres, jurisdictions_around([EAST, WEST]))


def test_names_that_lie_somewhere_are_kept_with_their_counts() -> None:
    places = lessons().teach()
    reader = LocalPlaceReader(places)
    assert {"榕荫路", "望江村"} <= set(places.names)
    assert "文化广场" not in places.names
    taught = reader.taught(places.names.index("榕荫路"))
    assert (taught.path, taught.there, taught.cases) == (EAST, 150, 150)
    assert places.totals[places.paths.index("甲市")] == 600


def test_unseen_cases_are_read_by_what_the_others_taught() -> None:
    """A name that stands in unseen cases alone must tell nothing of them."""
    taught = lessons()
    rows = np.arange(600)
    only_west = Split(rows % 4 != 0, rows % 4 == 0)
    assert not taught.unseen([only_west]).any()
    fair = Split(rows >= 4, rows < 4)
    ratios = dict(zip(taught.paths, taught.unseen([fair])[0], strict=True))
    assert ratios[EAST] > 0 > ratios[WEST]


def test_teaching_twice_gives_the_same() -> None:
    one, other = lessons().teach(), lessons().teach()
    assert (one.names, one.paths) == (other.names, other.paths)
    assert (one.counts != other.counts).nnz == 0


def test_the_towns_own_names_are_looked_for_too() -> None:
    town = "甲市/东区/柳镇"
    texts = ["柳镇边上", "这里是白沙", "白沙没有水", "白沙的灯"] * 60
    wheres = [town, "甲市/西区/白沙街道", "甲市/西区/白沙街道", "甲市/西区/白沙街道"] * 60
    taught = PlaceLessons(texts, [NOWHERE] * 240, wheres, jurisdictions_around(wheres)).teach()
    assert "白沙" in taught.names


def test_too_few_cases_or_places_teach_nothing() -> None:
    directory = Directory([Function("局")], [Unit("东区局", "局", EAST), Unit("西区局", "局", WEST)])
    cases = [Case(Submission("榕荫路"), lead_unit=name) for name in ("东区局", "西区局") for _ in range(120)]
    texts, nowhere = ["榕荫路"] * len(cases), [NOWHERE] * len(cases)
    assert place_lessons(cases, texts, nowhere, directory) is not None
    assert place_lessons(cases[:90], texts[:90], nowhere[:90], directory) is None
    alone = Directory([Function("局")], [Unit("东区局", "局"), Unit("西区局", "局")])
    assert place_lessons(cases, texts, nowhere, alone) is None
