"""Searching the directory, and following it."""

from __future__ import annotations

import datetime as dt

import pytest

from fenban.model.directory import Directory, Function, Predecessor, Unit
from fenban.serving.desk.directory.unit_index import LiveUnits, UnitIndex
from fenban.serving.store.directories import LiveDirectory

DAY = dt.date(2026, 1, 1)
DIRECTORY = Directory(
    [Function("教育局", aliases=("教体局",)), Function("城市管理局")],
    [
        Unit("青秀区教育局", "教育局", "南宁市/青秀区"),
        Unit("教育局", "教育局", "南宁市", aliases=("市教育局", "NNEDU")),
        Unit(
            "青秀区城市管理局",
            "城市管理局",
            "南宁市/青秀区",
            predecessors=(Predecessor("城管大队", None, "更名"),),
        ),
        Unit("老局", "教育局", "柳州市", valid_until=dt.date(2020, 1, 1)),
    ],
)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ((None, None, None), ["青秀区教育局", "教育局", "青秀区城市管理局", "老局"]),
        (("教育局", None, None), ["教育局", "青秀区教育局", "老局"]),  # the very name first
        (("nnedu", None, None), ["教育局"]),
        (("青秀 管理", None, None), ["青秀区城市管理局"]),
        (("南宁市/青秀区", None, None), ["青秀区教育局", "青秀区城市管理局"]),
        (("城管大队", None, None), ["青秀区城市管理局"]),
        ((None, "教体局", None), ["青秀区教育局", "教育局", "老局"]),
        ((None, None, "南宁市/青秀区"), ["青秀区教育局", "青秀区城市管理局"]),
        ((None, None, "南宁"), []),
        (("没有", None, None), []),
    ],
)
def test_what_is_found(query: tuple[str | None, ...], names: list[str]) -> None:
    assert [unit.name for unit in UnitIndex(DIRECTORY).find(*query)] == names


def test_only_units_of_a_day() -> None:
    names = [unit.name for unit in UnitIndex(DIRECTORY).find(None, "教育局", None, DAY)]
    assert names == ["青秀区教育局", "教育局"]


def test_the_index_is_made_once_a_version() -> None:
    live = LiveUnits(LiveDirectory(None, DIRECTORY))
    assert live.get() is live.get()
    assert live.get().directory is DIRECTORY
