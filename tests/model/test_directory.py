"""The directory: look-ups, dates, snapshots, and what ships with the package."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from fenban.model.directory import Directory, Function, Predecessor, Unit, shipped_directory
from fenban.model.errors import DirectoryError

OLD = Predecessor("工商行政管理局", "2018-12", "合并")
FUNCTIONS = [
    Function("生态环境局", aliases=("环保局",), predecessors=(Predecessor("环境保护局", "2018-12", "更名"),)),
    Function("市场监督管理局", predecessors=(OLD,)),
]
UNITS = [
    Unit("甲市生态环境局", "生态环境局", "甲市"),
    Unit("乙区生态环境局", "生态环境局", "甲市/乙区"),
    Unit("市场监督管理总局", "市场监督管理局", None),
]


@pytest.fixture(scope="module")
def small() -> Directory:
    return Directory(FUNCTIONS, UNITS)


@pytest.mark.parametrize(
    ("where", "name"),
    [
        ("甲市/乙区/丙镇", "乙区生态环境局"),
        ("甲市/乙区", "乙区生态环境局"),
        ("甲市/丁区", "甲市生态环境局"),
        ("甲市", "甲市生态环境局"),
    ],
)
def test_the_innermost_unit_at_or_above_a_place_is_chosen(small: Directory, where: str, name: str) -> None:
    unit = small.unit_for("生态环境局", where)
    assert unit is not None
    assert unit.name == name


def test_a_unit_of_no_place_is_above_every_place(small: Directory) -> None:
    for where in ("甲市/乙区", "别市", None):
        unit = small.unit_for("市场监督管理局", where)
        assert unit is not None
        assert unit.name == "市场监督管理总局"


def test_where_there_is_no_unit_none_is_found(small: Directory) -> None:
    assert small.unit_for("生态环境局", "别市") is None
    assert small.unit_for("没有的局", "甲市") is None
    assert small.unit("没有的局") is None


def test_functions_are_found_by_name_and_by_alias(small: Directory) -> None:
    assert small.function_called("环保局") is small.functions["生态环境局"]
    assert small.function_called("生态环境局") is small.functions["生态环境局"]
    assert small.function_called("环境局") is None


def test_a_unit_exists_between_its_dates() -> None:
    unit = Unit("乙局", valid_from=dt.date(2019, 1, 1), valid_until=dt.date(2020, 1, 1))
    days = [dt.date(2018, 12, 31), dt.date(2019, 1, 1), dt.date(2020, 1, 1), dt.date(2020, 1, 2)]
    assert [unit.valid_on(day) for day in days] == [False, True, True, False]
    assert Unit("甲局").valid_on(dt.date(1950, 1, 1))


def test_an_unknown_function_is_refused() -> None:
    with pytest.raises(DirectoryError, match=r"丙局.*没有的职能"):
        Directory(FUNCTIONS, [Unit("丙局", "没有的职能")])


def test_a_snapshot_gives_the_directory_back(small: Directory) -> None:
    dated = Directory(
        FUNCTIONS, [*UNITS, Unit("旧局", None, None, ("老局",), dt.date(2000, 1, 1), dt.date(2018, 12, 31))]
    )
    for directory in (small, dated):
        again = Directory.from_records(json.loads(json.dumps(directory.records(), ensure_ascii=False)))
        assert again.functions == directory.functions
        assert again.units == directory.units


def test_the_shipped_directory_survives_a_snapshot() -> None:
    shipped = shipped_directory()
    again = Directory.from_records(json.loads(json.dumps(shipped.records())))
    assert again.functions == shipped.functions
    assert again.units == shipped.units


def test_every_shipped_unit_has_a_function_and_a_place() -> None:
    assert all(unit.function and unit.jurisdiction for unit in shipped_directory().units)


@pytest.mark.parametrize(
    ("name", "function", "place"),
    [
        ("南宁市公安局交警支队", "公安局交警支队", "南宁市"),
        ("凭祥市公安局交警大队", "公安局交警支队", "崇左市/凭祥市"),
        ("南宁市城市管理综合行政执法局", "城市管理局", "南宁市"),
        ("桂林市城市管理委员会", "城市管理局", "桂林市"),
        ("南宁市青秀区人力资源和社会保障局", "人力资源和社会保障局", "南宁市/青秀区"),
        ("富川瑶族自治县自然资源局", "自然资源局", "贺州市/富川瑶族自治县"),
        ("凭祥海关", "海关", "崇左市/凭祥市"),
        ("南宁市中级人民法院", "人民法院", "南宁市"),
        ("南宁市青秀区津头街道办事处", "街道办事处", "南宁市/青秀区/津头街道"),
    ],
)
def test_offices_everybody_knows(name: str, function: str, place: str) -> None:
    unit = shipped_directory().unit(name)
    assert unit is not None
    assert (unit.function, unit.jurisdiction) == (function, place)


@pytest.mark.parametrize(
    ("former", "function", "until", "change"),
    [
        ("工商行政管理局", "市场监督管理局", "2018-12", "合并"),
        ("质量技术监督局", "市场监督管理局", "2018-12", "合并"),
        ("环境保护局", "生态环境局", "2018-12", "更名"),
        ("国土资源局", "自然资源局", "2018-12", "合并"),
        ("卫生和计划生育委员会", "卫生健康委员会", "2018-12", "更名"),
        ("出入境检验检疫局", "海关", "2018-04", "合并"),
        ("地方税务局", "税务局", "2018-07", "合并"),
        ("公安消防支队", "消防救援支队", "2018-11", "更名"),
    ],
)
def test_the_shipped_directory_knows_what_became_of_former_offices(
    former: str, function: str, until: str, change: str
) -> None:
    assert Predecessor(former, until, change) in shipped_directory().functions[function].predecessors


def test_the_successor_of_a_unit_is_found_through_renames_and_merges() -> None:
    day = dt.date(2026, 1, 1)
    renamed = (Predecessor("甲局", "2024-01-01", "更名"),)
    merged = (Predecessor("乙局", "2025-01-01", "合并"),)
    split = (Predecessor("丁局", "2025-01-01", "拆分"),)
    directory = Directory(
        [],
        [
            Unit("甲局", valid_until=dt.date(2023, 12, 31)),
            Unit("乙局", valid_until=dt.date(2024, 12, 31), predecessors=renamed),
            Unit("丙局", predecessors=merged, superior="丙市人民政府"),
            Unit("戊局", predecessors=split),
        ],
    )
    for name in ("甲局", "乙局"):
        heir = directory.successor(name, day)
        assert heir is not None
        assert heir.name == "丙局"
    assert directory.successor("甲局", dt.date(2024, 6, 1)) is directory.unit("乙局")
    assert directory.successor("丙局", day) is None
    assert directory.successor("丁局", day) is None
    assert Directory.from_records(json.loads(json.dumps(directory.records()))).units == directory.units


def test_units_that_took_over_from_each_other_end_the_search() -> None:
    long_ago = dt.date(2000, 1, 1)
    circle = Directory(
        [],
        [
            Unit("甲局", valid_until=long_ago, predecessors=(Predecessor("乙局", None, "更名"),)),
            Unit("乙局", valid_until=long_ago, predecessors=(Predecessor("甲局", None, "更名"),)),
        ],
    )
    assert circle.successor("甲局", dt.date(2026, 1, 1)) is None
