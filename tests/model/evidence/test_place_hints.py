"""What the card says of a missing place and of roads that the cases taught."""

from __future__ import annotations

import pytest

from fenban.model.case import RankedUnit
from fenban.model.evidence.place_hints import name_candidates, place_hints
from fenban.model.reading.local_places import TaughtPlace


def unit(
    name: str, probability: float, where: str | None = "甲市/东区", function: str = "城管局"
) -> RankedUnit:
    return RankedUnit(name, function, where, probability)


@pytest.mark.parametrize(
    ("shares", "words"),
    [
        ((0.40, 0.38), "缺地点：东区城管局、西区城管局各半"),
        ((0.50, 0.30), "缺地点：东区城管局、西区城管局，前者略多"),
        ((0.60, 0.20), "缺地点：东区城管局、西区城管局，前者较多"),
        ((0.30, 0.29, 0.28), "缺地点：东区城管局、西区城管局、南区城管局可能性相近"),
        ((0.35, 0.30, 0.10), "缺地点：东区城管局、西区城管局、南区城管局，前两家较多"),
        ((0.50, 0.20, 0.10), "缺地点：东区城管局、西区城管局、南区城管局，前者较多"),
        ((0.60, 0.05), "缺地点：补上地点才能确定是不是东区城管局"),
    ],
)
def test_how_the_candidates_stand(shares: tuple[float, ...], words: str) -> None:
    names = ("东区城管局", "西区城管局", "南区城管局")
    assert name_candidates([unit(name, p) for name, p in zip(names, shares, strict=False)]) == words


def test_an_office_of_another_kind_is_no_candidate() -> None:
    units = [unit("东区城管局", 0.4), unit("市环保局", 0.3, "甲市", "环保局"), unit("西区城管局", 0.39)]
    assert name_candidates(units) == "缺地点：东区城管局、西区城管局各半"


def test_nothing_is_said_where_nothing_is_missing() -> None:
    assert place_hints((), [unit("东区城管局", 0.9)], ()) == ()
    assert place_hints(("place",), [], ()) == ()


def test_a_taught_name_is_said_with_its_counts() -> None:
    taught = [TaughtPlace("榕荫路", "甲市/东区", 12, 13), TaughtPlace("望江村", "甲市/西区", 40, 40)]
    assert place_hints((), [unit("东区城管局", 0.9)], taught) == ("“榕荫路”多在东区：以往 13 件中 12 件",)


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("甲市", "甲市/东区"),
        ("", "甲市/东区"),
        ("甲市/西区", "甲市/东区"),
        ("甲市/东区", "甲市"),
        ("甲市/东区", None),
    ],
)
def test_a_name_that_does_not_speak_for_the_unit_is_left_out(path: str, where: str | None) -> None:
    assert place_hints((), [unit("城管局", 0.9, where)], [TaughtPlace("榕荫路", path, 9, 9)]) == ()


def test_a_name_of_a_street_speaks_for_the_district_and_the_other_way_round() -> None:
    street, district = "甲市/东区/柳街道", "甲市/东区"
    for path, where in ((street, district), (district, street)):
        assert place_hints((), [unit("局", 0.9, where)], [TaughtPlace("榕荫路", path, 9, 9)])
