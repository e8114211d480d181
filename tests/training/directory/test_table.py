"""A city's own directory from a table, and what is said of one that cannot be used."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import openpyxl
import pytest

from fenban.model.errors import DirectoryError, InputError, TableError
from fenban.training.directory.table import HEADERS, NoUnitColumnError, read_directory, read_listed

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "单位名称,职能,属地,简称,职责,启用日期,停用日期\n"


def write(path: Path, text: str, coding: str = "utf-8") -> Path:
    path.write_text(text, coding)
    return path


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "gb18030"])
def test_all_columns(tmp_path: Path, coding: str) -> None:
    rows = (
        "南宁市城市管理局,城市管理局,南宁市,市城管局、城管局,管占道；管油烟;管垃圾,2019-01-01,\n"
        "青秀区城市管理局,城市管理局,南宁市/青秀区,,管占道；管广告,,2025年12月31日\n"
    )
    found = read_directory(write(tmp_path / "d.csv", HEADER + rows, coding))
    city, district = found.units
    assert (city.name, city.function, city.jurisdiction) == ("南宁市城市管理局", "城市管理局", "南宁市")
    assert city.aliases == ("市城管局", "城管局")
    assert (city.valid_from, city.valid_until) == (dt.date(2019, 1, 1), None)
    assert district.valid_until == dt.date(2025, 12, 31)
    assert found.functions["城市管理局"].duties == ("管占道", "管油烟", "管垃圾", "管广告")


def test_only_the_name_is_needed_and_a_unit_is_its_own_function(tmp_path: Path) -> None:
    found = read_directory(write(tmp_path / "d.jsonl", '{"unit": "甲局"}\n{"unit": "乙局"}\n'))
    assert [(unit.name, unit.function) for unit in found.units] == [("甲局", "甲局"), ("乙局", "乙局")]


def test_a_workbook_with_dates_and_a_row_without_a_name(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    header, nameless = ["单位", "启用日期", "职责"], [None, None, "三"]
    for row in (header, ["甲局", dt.datetime(2020, 5, 6), "一\n二"], nameless):
        book.worksheets[0].append(row)
    book.save(tmp_path / "d.xlsx")
    found = read_directory(tmp_path / "d.xlsx")
    assert [unit.name for unit in found.units] == ["甲局"]
    assert found.units[0].valid_from == dt.date(2020, 5, 6)
    assert found.functions["甲局"].duties == ("一", "二")


@pytest.mark.parametrize("header", HEADERS["name"])
def test_every_known_header_of_the_name(tmp_path: Path, header: str) -> None:
    assert read_directory(write(tmp_path / "d.csv", f"{header},x\n甲局,1\n")).unit("甲局")


@pytest.mark.parametrize(
    ("text", "error", "expected"),
    [
        ("甲,乙\n1,2\n", TableError, "no column of units among: 甲, 乙"),
        ("单位,职能\n,\n", TableError, "no rows"),
        ("单位,职能\n,城管\n", TableError, "names no unit"),
        ("单位\n甲局\n乙局\n甲局\n", DirectoryError, 'row 4, column "单位": 甲局 comes twice'),
        ("单位,启用日期\n甲局,去年\n", DirectoryError, 'row 2, column "启用日期": .* is not a date'),
        (
            "单位,启用日期,停用日期\n甲局,2025-01-01,2024-01-01\n",
            DirectoryError,
            'row 2, column "停用日期": .*before',
        ),
        ('单位,职能\n甲局,"城管\n乙局,x\n', DirectoryError, "row 2.*quotes"),
    ],
)
def test_what_cannot_be_used_is_named_by_row_and_column(
    tmp_path: Path, text: str, error: type[InputError], expected: str
) -> None:
    with pytest.raises(error, match=expected) as raised:
        read_directory(write(tmp_path / "d.csv", text))
    assert "d.csv" in str(raised.value)


def test_what_a_list_leaves_unreadable_is_set_aside(tmp_path: Path) -> None:
    text = (
        "部门名称,职能,启用,停用\n甲局,城管,2020-01-01,\n乙局,,去年,\n"
        "甲局,城管,,\n甲局,园林,,\n,x,,\n丙局,环保,是,否\n"
    )
    listed, unreadable = read_listed(write(tmp_path / "d.csv", text), several_functions=True)
    assert [(row.row, row.name, row.function) for row in listed] == [
        (2, "甲局", "城管"),
        (5, "甲局", "园林"),
        (7, "丙局", "环保"),
    ]
    assert [(bad.number, bad.column) for bad in unreadable] == [(3, "启用"), (4, "部门名称")]
    assert not listed[2].ended


def test_superior_former_names_and_use_without_a_day(tmp_path: Path) -> None:
    text = "单位名称,上级单位,曾用名,停用\n甲局,市政府,老甲局、甲办,否\n乙局,,,是\n丙局,,,2025年1月1日\n"
    path = write(tmp_path / "d.csv", text)
    first, second, third = read_listed(path)[0]
    assert (first.superior, first.former, first.ended) == ("市政府", ("老甲局", "甲办"), False)
    assert (second.ended, second.valid_until) == (True, None)
    assert (third.ended, third.valid_until) == (False, dt.date(2025, 1, 1))
    with pytest.raises(DirectoryError, match="row 3: 乙局 is out of use"):
        read_directory(path)
    kept = read_directory(write(tmp_path / "e.csv", "单位,曾用名\n甲局,老甲局\n"))
    assert kept.units[0].predecessors[0].name == "老甲局"


def test_a_list_without_names_says_which_columns_it_has(tmp_path: Path) -> None:
    with pytest.raises(NoUnitColumnError) as error:
        read_listed(write(tmp_path / "d.csv", "甲,乙\n1,2\n"))
    assert error.value.headers == "甲, 乙"
