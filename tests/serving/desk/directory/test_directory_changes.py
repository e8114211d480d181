"""Differences between two directories that no import made: unusual ones too."""

from __future__ import annotations

import datetime as dt

from fenban.model.directory import Directory, Function, Predecessor, Unit
from fenban.serving.desk.directory.changes import CHANGE_NAMES, Change, describe, find_changes

FUNCTIONS = [Function("甲"), Function("乙")]


def changes(before: list[Unit], after: list[Unit]) -> list[Change]:
    return find_changes(Directory(FUNCTIONS, before), Directory(FUNCTIONS, after))


def test_equal_directories_do_not_differ() -> None:
    units = [Unit("一", "甲"), Unit("一", "乙"), Unit("二")]
    assert changes(units, list(reversed(units))) == []


def test_a_unit_that_vanished_is_told_as_ended() -> None:
    assert changes([Unit("一", "甲", "南宁市")], []) == [Change("ended", "一", was="甲 · 南宁市")]


def test_a_renaming_shows_what_else_changed_but_not_that_the_old_one_ended() -> None:
    day = dt.date(2026, 1, 1)
    old = Unit("一", "甲", "南宁市")
    ended = Unit("一", "甲", "南宁市", valid_until=day)
    new = Unit("二", "乙", "南宁市", valid_from=day, predecessors=(Predecessor("一", "2026-01-01", "更名"),))
    assert changes([old], [ended, new]) == [
        Change("renamed", "二", "一", "二"),
        Change("function", "二", "甲", "乙"),
    ]


def test_dates_that_move_and_units_that_return() -> None:
    first, second = dt.date(2026, 1, 1), dt.date(2027, 1, 1)
    assert changes([Unit("一", valid_until=first)], [Unit("一", valid_until=second)]) == [
        Change("dates", "一", "2026-01-01", "2027-01-01")
    ]
    assert changes([Unit("一", valid_until=first)], [Unit("一")]) == [
        Change("restored", "一", "2026-01-01", "")
    ]


def test_changes_come_by_kind() -> None:
    found = changes(
        [Unit("一", "甲", "南宁市"), Unit("二", "甲"), Unit("三")],
        [Unit("一", "甲", "柳州市"), Unit("二", "乙"), Unit("四", "甲")],
    )
    kinds = [change.kind for change in found]
    assert kinds == sorted(kinds, key=list(CHANGE_NAMES).index)
    assert set(kinds) == {"added", "ended", "function", "jurisdiction"}


def test_a_unit_in_one_line() -> None:
    assert describe(Unit("一")) == ""
    assert describe(Unit("一", None, "南宁市")) == "南宁市"
