"""Workbooks, row by row."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from typing import TYPE_CHECKING

import openpyxl
import pytest

from fenban.model.errors import TableError
from fenban.training.tables.cases import BadRow, Row, open_table
from fenban.training.tables.spreadsheets import cell_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def write_workbook(path: Path, *sheets: Sequence[Sequence[object]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for rows in sheets:
        sheet = book.create_sheet()
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def rows_of(path: Path) -> list[Row | BadRow]:
    with open_table(path) as table:
        return list(table)


def good(path: Path) -> list[tuple[int, list[object]]]:
    return [(row.number, list(row.values.values())) for row in rows_of(path) if isinstance(row, Row)]


def test_workbook_cells_become_sensible_text(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        [None, None],
        [],
        ["内容", "编号", "受理时间", "比例", "是否"],
        ["路灯", 20180401109904, dt.datetime(2018, 4, 1), 0.1 + 0.2, True],
        [],
        ["积水", 12.0, dt.datetime(2018, 4, 1, 9, 32, 9), None, None, "旁注"],
    ]
    assert good(write_workbook(tmp_path / "a.xlsx", rows)) == [
        (4, ["路灯", "20180401109904", "2018-04-01", "0.3", "TRUE"]),
        (6, ["积水", "12", "2018-04-01 09:32:09", "", ""]),
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (" 甲 ", "甲"),
        ("一_x000D_\n二\r\n三", "一\n二\n三"),
        ("#N/A", ""),
        (False, "FALSE"),
        (3, "3"),
        (3.0, "3"),
        (1e20, "100000000000000000000"),
        (2.5, "2.5"),
        (float("nan"), ""),
        (dt.date(2020, 1, 2), "2020-01-02"),
        (dt.time(9, 5), "09:05:00"),
        (dt.timedelta(hours=30), "1 day, 6:00:00"),
    ],
)
def test_cell_text(value: object, text: str) -> None:
    assert cell_text(value) == text


def test_the_first_sheet_with_rows_is_read(tmp_path: Path) -> None:
    data = [["内容"], ["路灯"]]
    assert good(write_workbook(tmp_path / "a.xlsx", [], [["说明"]], data, [["内容"], ["别的"]])) == [
        (2, ["路灯"])
    ]


def test_a_hidden_sheet_comes_last(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "a.xlsx", [["甲"], ["选项"]], [["内容"], ["路灯"]])
    book = openpyxl.load_workbook(path)
    book.worksheets[0].sheet_state = "hidden"
    book.active = 1
    book.save(path)
    assert good(path) == [(2, ["路灯"])]


def rewrite_part(path: Path, part: str, pattern: bytes, new: bytes) -> None:
    """Replace what fits ``pattern``; openpyxl writes XML in another way where lxml is installed."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part], found = re.subn(pattern, lambda _: new, parts[part], flags=re.DOTALL)
    assert found == 1
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


SHEET = "xl/worksheets/sheet1.xml"


def test_formulas_give_their_cached_values(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "a.xlsx", [["内容", "流转次数"], ["路灯", "=1+1"]])
    rewrite_part(path, SHEET, rb"<f>1\+1</f><v ?(?:/>|></v>)", b"<f>1+1</f><v>2</v>")
    assert good(path) == [(2, ["路灯", "2"])]


def share_string(path: Path, index: int) -> None:
    """Keep the cell A2 as Excel does: in the workbook's table of strings, here with one entry."""
    rewrite_part(path, SHEET, rb'<c r="A2".*?</c>', f'<c r="A2" t="s"><v>{index}</v></c>'.encode())
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    part = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'
    rewrite_part(path, "[Content_Types].xml", b"</Types>", part.encode())
    spreadsheet = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    with zipfile.ZipFile(path, "a") as archive:
        rich = "<si><r><t>巷口</t></r><r><t>路灯</t></r></si>"
        archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="{spreadsheet}">{rich}</sst>')


def test_shared_and_rich_strings(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "a.xlsx", [["内容"], ["路灯"]])
    share_string(path, 0)
    assert good(path) == [(2, ["巷口路灯"])]


def test_a_string_that_the_workbook_lacks_is_damage(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "a.xlsx", [["内容"], ["路灯"]])
    share_string(path, 5)
    with pytest.raises(TableError, match="damaged after row 1"):
        rows_of(path)


def test_a_string_table_too_large_for_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_workbook(tmp_path / "a.xlsx", [["内容"], ["路灯"]])
    share_string(path, 0)
    monkeypatch.setattr("fenban.training.tables.spreadsheets.LARGEST_STRING_TABLE", 10)
    with pytest.raises(TableError, match="too large"):
        open_table(path)


def test_a_wrong_declared_range_does_not_hide_rows(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "a.xlsx", [["内容", "单位"], ["路灯", "甲"]])
    rewrite_part(path, SHEET, b'ref="A1:B2"', b'ref="A1"')
    assert good(path) == [(2, ["路灯", "甲"])]


def test_a_sheet_that_breaks_off_is_an_error_naming_the_row(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "a.xlsx", [["内容"], ["路灯"], ["积水"]])
    rewrite_part(path, SHEET, b'<row r="3"', b'<row r="3" <')
    with pytest.raises(TableError, match="damaged after row 2"):
        rows_of(path)


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "[Content_Types].xml"])
def test_missing_parts_are_errors(tmp_path: Path, part: str) -> None:
    path = write_workbook(tmp_path / "a.xlsx", [["内容"], ["路灯"]])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist() if name != part}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with pytest.raises(TableError):
        rows_of(path)
