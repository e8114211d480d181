"""What a city's list makes of the directory: nothing erased, nothing silently guessed."""

from __future__ import annotations

import datetime as dt

import pytest

from fenban.model.directory import Directory, Function, Predecessor, Unit
from fenban.serving.desk.directory.imports import EVERYWHERE, ImportOptions, Proposal, propose
from fenban.training.directory.table import ListedUnit

ON = dt.date(2026, 7, 1)
BEFORE = dt.date(2026, 6, 30)
CITY = "南宁市"


def current() -> Directory:
    return Directory(
        [
            Function("城市管理局", aliases=("城管局",), duties=("管占道",)),
            Function("园林局"),
            Function("教育局", aliases=("教体局",)),
        ],
        [
            Unit("南宁市城市管理局", "城市管理局", CITY, aliases=("市城管",)),
            Unit("南宁市园林局", "园林局", CITY),
            Unit("青秀区教育局", "教育局", f"{CITY}/青秀区"),
            Unit("柳州市教育局", "教育局", "柳州市"),
        ],
    )


def listed(*rows: dict[str, object]) -> list[ListedUnit]:
    return [ListedUnit(number, **row) for number, row in enumerate(rows, start=2)]  # type: ignore[arg-type]


ALL = (
    {"name": "南宁市城市管理局", "jurisdiction": CITY},
    {"name": "南宁市园林局", "jurisdiction": CITY},
    {"name": "青秀区教育局", "jurisdiction": f"{CITY}/青秀区"},
)


def proposed(*rows: dict[str, object], directory: Directory | None = None, **options: object) -> Proposal:
    return propose(directory or current(), listed(*rows), ImportOptions(ON, **options))  # type: ignore[arg-type]


def kinds(proposal: Proposal) -> list[tuple[str, str]]:
    return [(change.kind, change.unit) for change in proposal.changes]


def test_the_same_list_changes_nothing() -> None:
    found = proposed(*ALL)
    assert found.changes == ()
    assert found.directory.records() == current().records()
    assert (found.within, found.outside) == (CITY, 1)


def test_a_unit_no_longer_listed_is_ended_and_kept() -> None:
    found = proposed(*ALL[:1], ALL[2])
    assert kinds(found) == [("ended", "南宁市园林局")]
    ended = found.directory.unit("南宁市园林局")
    assert ended is not None
    assert ended.valid_until == BEFORE
    assert not ended.valid_on(ON)


def test_units_elsewhere_stay_unless_the_list_is_for_everywhere() -> None:
    assert ("ended", "柳州市教育局") not in kinds(proposed(*ALL))
    everywhere = proposed(*ALL, within=EVERYWHERE)
    assert kinds(everywhere) == [("ended", "柳州市教育局")]
    assert everywhere.outside == 0
    assert kinds(proposed(ALL[2], within=f"{CITY}/青秀区/")) == []


def test_an_incomplete_list_ends_nothing() -> None:
    found = proposed({"name": "南宁市机场公司", "function": "机场", "jurisdiction": CITY}, complete=False)
    assert kinds(found) == [("added", "南宁市机场公司")]
    assert found.directory.functions["机场"].duties == ()
    assert found.outside == 0


def test_a_unit_ended_long_ago_is_not_ended_again() -> None:
    long_ago = dt.date(2020, 1, 1)
    old = Directory(
        [], [Unit("南宁市甲局", None, CITY, valid_until=long_ago), Unit("南宁市乙局", None, CITY)]
    )
    found = proposed({"name": "南宁市乙局", "jurisdiction": CITY}, directory=old)
    assert found.changes == ()


def test_a_former_name_is_a_renaming_and_the_old_unit_stays_findable() -> None:
    found = proposed(
        ALL[0],
        ALL[2],
        {
            "name": "南宁市林业和园林局",
            "function": "园林局",
            "former": ("南宁市园林局",),
            "valid_from": dt.date(2026, 8, 1),
        },
    )
    assert kinds(found) == [("renamed", "南宁市林业和园林局")]
    assert found.guessed == {}
    old, new = (found.directory.unit(name) for name in ("南宁市园林局", "南宁市林业和园林局"))
    assert old is not None
    assert new is not None
    assert old.valid_until == dt.date(2026, 7, 31)
    assert (new.valid_from, new.jurisdiction) == (dt.date(2026, 8, 1), CITY)
    assert new.predecessors == (Predecessor("南宁市园林局", "2026-08-01", "更名"),)
    assert found.directory.successor("南宁市园林局", dt.date(2026, 8, 1)) is new


def test_one_gone_and_one_come_with_the_same_work_is_a_guess_that_can_be_refused() -> None:
    rows = (ALL[0], ALL[2], {"name": "南宁市绿化处", "function": "园林局", "jurisdiction": CITY})
    found = proposed(*rows)
    assert kinds(found) == [("renamed", "南宁市绿化处")]
    assert found.guessed == {"南宁市绿化处": "南宁市园林局"}
    apart = proposed(*rows, separate=frozenset({"南宁市绿化处"}))
    assert kinds(apart) == [("added", "南宁市绿化处"), ("ended", "南宁市园林局")]


def test_an_alias_that_was_a_unit_is_a_guess_too() -> None:
    row = {"name": "南宁市绿化中心", "function": "绿化", "jurisdiction": CITY, "aliases": ("南宁市园林局",)}
    found = proposed(ALL[0], ALL[2], row)
    assert kinds(found) == [
        ("renamed", "南宁市绿化中心"),
        ("function", "南宁市绿化中心"),
        ("aliases", "南宁市绿化中心"),
    ]
    assert found.guessed == {"南宁市绿化中心": "南宁市园林局"}


def test_two_that_came_for_one_that_went_are_not_guessed() -> None:
    rows = [{"name": f"南宁市绿化{n}处", "function": "园林局", "jurisdiction": CITY} for n in "一二"]
    found = proposed(ALL[0], ALL[2], *rows)
    assert [kind for kind, _ in kinds(found)] == ["added", "added", "ended"]


def test_changes_of_a_unit_are_told_apart() -> None:
    found = proposed(
        {
            "name": "南宁市城市管理局",
            "function": "园林局",
            "jurisdiction": f"{CITY}/青秀区",
            "aliases": ("城管",),
            "superior": "南宁市人民政府",
            "duties": ("种树", "修剪"),
            "valid_from": dt.date(2019, 1, 1),
        },
        *ALL[1:],
    )
    changes = {change.kind: (change.was, change.now) for change in found.changes}
    assert changes == {
        "function": ("城市管理局", "园林局"),
        "jurisdiction": (CITY, f"{CITY}/青秀区"),
        "aliases": ("市城管", "城管"),
        "superior": ("", "南宁市人民政府"),
        "dates": ("", "2019-01-01"),
        "duties": ("", "种树；修剪"),
    }
    assert found.directory.functions["城市管理局"].duties == ("管占道",)


def test_what_a_row_leaves_empty_stays() -> None:
    found = proposed({"name": "南宁市城市管理局"}, *ALL[1:])
    assert found.changes == ()
    unit = found.directory.unit("南宁市城市管理局")
    assert unit is not None
    assert (unit.function, unit.jurisdiction, unit.aliases) == ("城市管理局", CITY, ("市城管",))


def test_a_unit_may_have_several_functions() -> None:
    rows = (
        {"name": "南宁市园林局", "function": "园林局"},
        {"name": "南宁市园林局", "function": "公园"},
    )
    found = proposed(ALL[0], ALL[2], *rows)
    assert [(change.kind, change.was, change.now) for change in found.changes] == [
        ("added", "", f"公园 · {CITY}")
    ]
    assert [unit.function for unit in found.directory.units if unit.name == "南宁市园林局"] == [
        "园林局",
        "公园",
    ]
    back = propose(found.directory, listed(ALL[0], ALL[2], rows[0]), ImportOptions(ON))
    assert [(change.kind, change.was, change.now) for change in back.changes] == [
        ("ended", f"公园 · {CITY}", "2026-06-30")
    ]


def test_an_ended_unit_that_is_listed_again_is_restored() -> None:
    ended = proposed(ALL[0], ALL[2]).directory
    found = proposed(*ALL, directory=ended)
    assert kinds(found) == [("restored", "南宁市园林局")]


@pytest.mark.parametrize(
    ("end", "until"),
    [({"ended": True}, BEFORE), ({"valid_until": dt.date(2026, 12, 31)}, dt.date(2026, 12, 31))],
)
def test_a_row_may_say_that_its_unit_ends(end: dict[str, object], until: dt.date) -> None:
    found = proposed(ALL[0], ALL[2], {"name": "南宁市园林局", **end})
    assert kinds(found) == [("ended", "南宁市园林局")]
    unit = found.directory.unit("南宁市园林局")
    assert unit is not None
    assert unit.valid_until == until


def test_what_a_new_row_leaves_out_is_read_off_its_name_and_said() -> None:
    found = proposed(*ALL, {"name": "南宁市兴宁区教体局"}, {"name": "南宁市轨道集团"})
    district, company = (found.directory.unit(name) for name in ("南宁市兴宁区教体局", "南宁市轨道集团"))
    assert district is not None
    assert company is not None
    assert (district.function, district.jurisdiction) == ("教育局", f"{CITY}/兴宁区")
    assert (company.function, company.jurisdiction) == ("南宁市轨道集团", CITY)
    told = [(note.unit, note.text) for note in found.notes]
    assert ("南宁市兴宁区教体局", "没写职能，按名称认作“教育局”") in told
    assert ("南宁市兴宁区教体局", f"没写属地，按名称认作“{CITY}/兴宁区”") in told
    assert ("南宁市轨道集团", "没写职能，自成一类") in told


def test_functions_and_places_are_written_as_the_directory_writes_them() -> None:
    row = {"name": "兴宁区城管大队", "function": "城管局", "jurisdiction": "兴宁区"}
    found = proposed(*ALL, row)
    unit = found.directory.unit("兴宁区城管大队")
    assert unit is not None
    assert (unit.function, unit.jurisdiction) == ("城市管理局", f"{CITY}/兴宁区")
    assert len(found.notes) == 2


def test_an_empty_directory_takes_the_list_as_it_is() -> None:
    found = proposed(*ALL, directory=Directory((), ()))
    assert [kind for kind, _ in kinds(found)] == ["added"] * 3
    assert found.fingerprint != proposed(*ALL).fingerprint


def test_a_unit_in_many_places_keeps_those_that_the_list_is_not_for() -> None:
    many = Directory(
        [Function("供电"), Function("铁路")],
        [Unit("供电公司", "供电", place) for place in (CITY, "柳州市", "桂林市")]
        + [Unit("铁路局", "铁路", CITY)],
    )
    assert (
        proposed({"name": "供电公司", "aliases": ("电网",)}, directory=many, complete=False).changes[0].kind
        == "aliases"
    )
    same = proposed({"name": "供电公司"}, {"name": "铁路局"}, directory=many)
    assert same.changes == ()
    here = proposed(
        {"name": "供电公司", "jurisdiction": CITY}, {"name": "铁路局"}, directory=many, within=CITY
    )
    assert here.changes == ()
    moved = proposed(
        {"name": "供电公司", "jurisdiction": "柳州市"}, {"name": "铁路局"}, directory=many, within=CITY
    )
    assert [(change.kind, change.was) for change in moved.changes] == [("ended", f"供电 · {CITY}")]
    without = proposed({"name": "铁路局"}, directory=many, within=CITY)
    assert [unit.valid_until for unit in without.directory.units if unit.name == "供电公司"] == [
        BEFORE,
        None,
        None,
    ]
    come = proposed({"name": "供电公司", "jurisdiction": "北海市"}, directory=many, within="北海市")
    assert [(change.kind, change.now) for change in come.changes] == [("added", "供电 · 北海市")]
