"""Reading tables in every format, and what happens to bad files and bad rows."""

from __future__ import annotations

import csv
import datetime as dt
import json
import tracemalloc
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest

from fenban.model.errors import InputError, TableError
from fenban.training.cells import as_count, as_date, as_text, as_topic, as_units
from fenban.training.columns import NamedColumns
from fenban.training.spreadsheets import cell_text
from fenban.training.tables import (
    BadRow,
    Rejected,
    Row,
    default_rejected_path,
    open_table,
    read_cases,
    write_rejected,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def write_workbook(path: Path, *sheets: Sequence[Sequence[object]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for rows in sheets:
        sheet = book.create_sheet()
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def write_bytes(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def write_csv(path: Path, text: str, encoding: str = "utf-8") -> Path:
    return write_bytes(path, text.encode(encoding))


def rows_of(path: Path) -> list[Row | BadRow]:
    with open_table(path) as table:
        return list(table)


def good(path: Path) -> list[tuple[int, list[object]]]:
    return [(row.number, list(row.values.values())) for row in rows_of(path) if isinstance(row, Row)]


def bad(path: Path) -> list[tuple[int, str]]:
    return [(row.number, row.reason) for row in rows_of(path) if isinstance(row, BadRow)]


# --- CSV ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_csv_in_every_encoding_separator_and_line_end(
    tmp_path: Path, encoding: str, delimiter: str, end: str
) -> None:
    lines = ["内容,承办单位", "路灯不亮，请修,甲局", '"写着""停""字",乙局']
    text = end.join(line.replace(",", delimiter) for line in lines) + end
    path = write_csv(tmp_path / "a.csv", text, encoding)
    assert good(path) == [(2, ["路灯不亮，请修", "甲局"]), (3, ['写着"停"字', "乙局"])]


def test_gb18030_beyond_gbk(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", "内容\n𠮷祥路积水\n", "gb18030")
    assert good(path) == [(2, ["𠮷祥路积水"])]


def test_row_numbers_are_physical_lines(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", '\n内容,单位\n"一\n二\n三",甲\n\n , \n四,乙\n"五\r\n六",丙\n')
    assert good(path) == [(3, ["一\n二\n三", "甲"]), (8, ["四", "乙"]), (9, ["五\r\n六", "丙"])]


def test_short_rows_are_filled_and_blank_surplus_is_ignored(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", "内容,单位\n井盖松动\n路面破损,甲,, \n")
    assert good(path) == [(2, ["井盖松动", ""]), (3, ["路面破损", "甲"])]


def test_a_row_with_more_cells_than_the_header_is_bad(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", "内容,单位\n一,甲,多\n二,乙\n")
    assert bad(path) == [(2, "3 cells, but the header has 2")]
    row = rows_of(path)[0]
    assert row.values == {"内容": "一", "单位": "甲", "column 3": "多"}
    assert good(path) == [(3, ["二", "乙"])]


def test_a_cell_of_a_hundred_thousand_characters(tmp_path: Path) -> None:
    long = "长" * 100_000
    assert good(write_csv(tmp_path / "a.csv", f"内容,单位\n{long},甲\n")) == [(2, [long, "甲"])]


@pytest.mark.parametrize("tail", ["", "\n"])
def test_a_quote_never_closed_costs_only_its_line(tmp_path: Path, tail: str) -> None:
    path = write_csv(tmp_path / "a.csv", '内容,单位\n一,甲\n"二,乙\n三,丙\n四,丁' + tail)
    assert good(path) == [(2, ["一", "甲"]), (4, ["三", "丙"]), (5, ["四", "丁"])]
    assert [number for number, _ in bad(path)] == [3]


def test_a_stray_quote_does_not_swallow_rows_up_to_the_next_one(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", '内容,单位\n"一,甲\n二,乙\n"三",丙\n四,丁\n')
    assert good(path) == [(3, ["二", "乙"]), (4, ["三", "丙"]), (5, ["四", "丁"])]
    assert [number for number, _ in bad(path)] == [2]


def test_the_rest_of_a_broken_cell_is_not_taken_for_a_row(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", '内容,单位\n一,甲\n"二\n三\n')
    assert good(path) == [(2, ["一", "甲"])]
    assert [number for number, _ in bad(path)] == [3, 4]


def test_text_after_a_closing_quote_is_forgiven(tmp_path: Path) -> None:
    assert good(write_csv(tmp_path / "a.csv", '内容,单位\n"好"他说,甲\n')) == [(2, ["好他说", "甲"])]


def test_undecodable_bytes_cost_only_their_row(tmp_path: Path) -> None:
    content = "内容,单位\n路灯,甲\n积".encode() + b"\xff\xfe" + "水,乙\n井盖,丙\n".encode()
    path = write_bytes(tmp_path / "a.csv", content)
    assert good(path) == [(2, ["路灯", "甲"]), (4, ["井盖", "丙"])]
    row = rows_of(path)[1]
    assert isinstance(row, BadRow)
    assert (row.number, row.column) == (3, "内容")
    assert "UTF-8" in row.reason
    assert row.values["内容"] == "积\ufffd\ufffd水"


def test_undecodable_bytes_in_gb18030(tmp_path: Path) -> None:
    content = "内容,单位\n路灯,甲\n积水".encode("gb18030") + b"\xff" + ",乙\n井盖,丙\n".encode("gb18030")
    path = write_bytes(tmp_path / "a.csv", content)
    assert good(path) == [(2, ["路灯", "甲"]), (4, ["井盖", "丙"])]
    assert bad(path) == [(3, "bytes that are not valid GB18030")]


def test_a_byte_order_mark_outweighs_bad_lines(tmp_path: Path) -> None:
    content = "\ufeff内容\n路灯\n".encode() + "积水\n".encode("gbk") * 5
    path = write_bytes(tmp_path / "a.csv", content)
    assert good(path) == [(2, ["路灯"])]
    assert len(bad(path)) == 5


def test_undecodable_units_in_utf16(tmp_path: Path) -> None:
    content = "内容\n一\n".encode("utf-16") + b"\x00\xd8" + "二\n三\n".encode("utf-16-le")
    path = write_bytes(tmp_path / "a.csv", content)
    assert [values for _, values in good(path)] == [["一"], ["三"]]
    assert [number for number, _ in bad(path)] == [3]


def test_blank_and_repeated_headers_get_names(tmp_path: Path) -> None:
    with open_table(write_csv(tmp_path / "a.csv", "内容,,内容,单位\n一,二,三,四\n")) as table:
        assert table.headers == ("内容", "column 2", "内容 (2)", "单位")


def test_separators_inside_texts_do_not_decide(tmp_path: Path) -> None:
    rows = "".join(f"{i};一，二,三,四,五\n" for i in range(9))
    assert good(write_csv(tmp_path / "a.csv", "编号;内容\n" + rows))[0] == (2, ["0", "一，二,三,四,五"])


# --- JSON lines and text -----------------------------------------------------------------------


def test_json_lines(tmp_path: Path) -> None:
    lines = [
        '\ufeff{"text": "路灯不亮", "n": 3}',
        "",
        "{broken",
        "[1]",
        '{"text": "积水", "单位": ["甲", "乙"]}',
        '{"text": "\\ud83d"}',
        "[" * 100_000,
    ]
    path = write_csv(tmp_path / "a.jsonl", "\n".join(lines))
    with open_table(path) as table:
        assert table.headers == ("text", "n", "单位")
        rows = list(table)
    assert [row.number for row in rows] == [1, 3, 4, 5, 6, 7]
    assert [type(row) for row in rows] == [Row, BadRow, BadRow, Row, BadRow, BadRow]
    assert rows[3].values == {"text": "积水", "单位": ["甲", "乙"]}
    reasons = [row.reason for row in rows if isinstance(row, BadRow)]
    assert reasons[0].startswith("not valid JSON: ")
    assert reasons[1] == "not a JSON object"
    assert "surrogate" in reasons[2]


def test_plain_text_one_a_line(tmp_path: Path) -> None:
    path = write_bytes(tmp_path / "a.txt", "路灯不亮\r\n\r\n  积水 \n".encode("gb18030"))
    assert good(path) == [(1, ["路灯不亮"]), (3, ["积水"])]


def test_undecodable_line_of_text(tmp_path: Path) -> None:
    path = write_bytes(tmp_path / "a.txt", "路灯\n井盖\n".encode() + b"\xff\n")
    assert good(path) == [(1, ["路灯"]), (2, ["井盖"])]
    assert [number for number, _ in bad(path)] == [3]


# --- Excel -------------------------------------------------------------------------------------


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


def rewrite_part(path: Path, part: str, change: tuple[bytes, bytes]) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert change[0] in parts[part]
    parts[part] = parts[part].replace(*change)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


SHEET = "xl/worksheets/sheet1.xml"


def test_formulas_give_their_cached_values(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "a.xlsx", [["内容", "流转次数"], ["路灯", "=1+1"]])
    rewrite_part(path, SHEET, (b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>"))
    assert good(path) == [(2, ["路灯", "2"])]


def share_string(path: Path, index: int) -> None:
    """Keep the cell A2 as Excel does: in the workbook's table of strings, here with one entry."""
    cell = '<c r="A2" t="inlineStr"><is><t>路灯</t></is></c>'.encode()
    rewrite_part(path, SHEET, (cell, f'<c r="A2" t="s"><v>{index}</v></c>'.encode()))
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    part = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'
    rewrite_part(path, "[Content_Types].xml", (b"</Types>", part.encode()))
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
    monkeypatch.setattr("fenban.training.spreadsheets.LARGEST_STRING_TABLE", 10)
    with pytest.raises(TableError, match="too large"):
        open_table(path)


def test_a_wrong_declared_range_does_not_hide_rows(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "a.xlsx", [["内容", "单位"], ["路灯", "甲"]])
    rewrite_part(path, SHEET, (b'ref="A1:B2"', b'ref="A1"'))
    assert good(path) == [(2, ["路灯", "甲"])]


def test_a_sheet_that_breaks_off_is_an_error_naming_the_row(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "a.xlsx", [["内容"], ["路灯"], ["积水"]])
    rewrite_part(path, SHEET, (b'<row r="3"', b'<row r="3" <'))
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


# --- Files that cannot be read -----------------------------------------------------------------


def zipped(path: Path, name: str) -> bytes:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, "x")
    return path.read_bytes()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "zero bytes"),
        ("a.xlsx", b"", "zero bytes"),
        ("a.csv", b" \n\r\n\t\n", "blanks"),
        ("a.csv", b"\xef\xbb\xbf", "blanks"),
        ("a.jsonl", b"\n\n", "blanks"),
        ("a.csv", "内容,单位\n".encode(), "no rows"),
        ("a.txt", b"\n", "no rows"),
        ("a.csv", OLE, "old Excel"),
        ("a.xls", OLE, "old Excel"),
        ("a.xlsx", OLE + "EncryptedPackage".encode("utf-16-le") + bytes(99), "password"),
        ("a.csv", OLE + "EncryptedPackage".encode("utf-16-le"), "password"),
        ("a.xlsx", "内容,单位\n路灯,甲\n".encode(), "not an Excel workbook"),
        ("a.xlsx", b"<html><table><tr><td>1", "web page"),
        ("a.csv", "\ufeff\n<!DOCTYPE html>".encode("utf-16"), "web page"),
        ("a.xlsx", b'<?xml version="1.0"?><Workbook>', "XML"),
        ("a.xlsx", b"PK\x03\x04" + b"broken" * 50, "damaged"),
        ("a.csv", b"PK\x03\x04" + b"broken" * 50, "damaged"),
        ("a.csv", b"text,unit\nab,c\nd\0e,f\n", "NUL bytes (line 3)"),
        ("a.csv", "内容\n一\n".encode("utf-16-le"), "NUL bytes"),
        ("a.csv", b'"text,unit\nab,c\n', "header (row 1)"),
        ("a.csv", "内".encode() + b"\xff,b\n" + "路灯,积水\n".encode() * 3, "header (row 1)"),
        ("a.parquet", b"PAR1", '".parquet"'),
        ("a", b"text", "no ending"),
        ("a.json", b"{}", ".jsonl"),
        ("a.jsonl", b'[{"text": "a"}]', "not JSON lines"),
        ("a.jsonl", b'[\n  {"text": "a"}\n]', "not JSON lines"),
        ("a.jsonl", b"text,unit\nab,c\n", "no line that is a JSON object"),
    ],
)
def test_unreadable_files_are_one_clear_line(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    path = write_bytes(tmp_path / name, content)
    with pytest.raises(TableError) as caught:
        rows_of(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert said in message
    assert "\n" not in message


def test_a_workbook_named_csv_and_a_zip_named_xlsx(tmp_path: Path) -> None:
    book = write_workbook(tmp_path / "b.xlsx", [["内容"], ["路灯"]])
    with pytest.raises(TableError, match=r"Excel workbook, though it is named \.csv - rename"):
        rows_of(write_bytes(tmp_path / "a.csv", book.read_bytes()))
    with pytest.raises(TableError, match="zip archive"):
        rows_of(write_bytes(tmp_path / "a.xlsx", zipped(tmp_path / "z", "word/document.xml")))
    with pytest.raises(TableError, match="damaged"):
        rows_of(write_bytes(tmp_path / "c.xlsx", book.read_bytes()[:-200]))


def test_missing_file_folder_and_empty_workbooks(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="does not exist"):
        open_table(tmp_path / "none.csv")
    with pytest.raises(TableError, match="is a folder"):
        open_table(tmp_path)
    with pytest.raises(TableError, match="cannot be opened"):
        open_table("a\0b.csv")
    with pytest.raises(TableError, match="no sheet"):
        open_table(write_workbook(tmp_path / "a.xlsx", []))
    with pytest.raises(TableError, match="no rows"):
        rows_of(write_workbook(tmp_path / "b.xlsx", [["内容", "单位"]]))


def test_an_endless_line_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fenban.training.decoding.LONGEST_LINE", 100)
    with pytest.raises(TableError, match="line 2 is longer"):
        rows_of(write_csv(tmp_path / "a.txt", "短\n" + "长" * 200))


# --- Cells -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    [
        "2018-04-01",
        "2018/4/1",
        "2018.4.1",
        "2018/4/1 9:32:09",
        "2018-04-01 09:32",
        "20180401",
        "20180401093209",
        "2018年4月1日",
        "2018年04月01日9时32分",
        "2018 年 4 月 1 日 星期日",
        "2018-04-01（周日）",
        "2018-04-01T09:32:09",
        "2018-04-01T09:32:09.123+08:00",
        "2018-04-01T01:32:09Z",
        "20180401T093209Z",
        "２０１８－０４－０１",
        "2018-04-01 上午9:32",
        " 2018-04-01 ",
        "43191",
        "43191.3972",
        43191,
        20180401,
        dt.date(2018, 4, 1),
        dt.datetime(2018, 4, 1, 9, 32),
    ],
)
def test_dates(written: object) -> None:
    found = as_date(written)
    assert found == dt.date(2018, 4, 1)
    assert not isinstance(found, dt.datetime)


@pytest.mark.parametrize(
    "written",
    ["", None, "昨天", "2018-13-01", "2018-02-30", "0018-04-01", "2018-04", "2018-04-012", "3", True],
)
def test_what_is_no_date(written: object) -> None:
    assert as_date(written) is None


@pytest.mark.parametrize(
    ("written", "count"),
    [
        ("3", 3),
        (3, 3),
        (3.0, 3),
        ("3.0", 3),
        ("３次", 3),
        ("0", 0),
        ("-1", None),
        ("三", None),
        ("1.5", None),
    ],
)
def test_counts(written: object, count: int | None) -> None:
    assert as_count(written) == count


def test_units_are_split_and_kept_once() -> None:
    assert as_units("甲局、乙局，丙局,丁局；戊局;己局|庚局 辛局\n甲局") == tuple(
        "甲乙丙丁戊己庚辛"[i] + "局" for i in range(8)
    )
    assert as_units(["甲局", "乙局、丙局"]) == ("甲局", "乙局", "丙局")
    assert as_units(None) == as_units(" 、") == ()


@pytest.mark.parametrize(
    ("levels", "topic"),
    [
        (["交通/公交"], "交通/公交"),
        (["交通/公交/线路"], "交通/公交"),
        ([" 交通 / 公交 "], "交通/公交"),
        (["交通", "公交"], "交通/公交"),
        (["交通", ""], "交通"),
        (["交通", None], "交通"),
        (["", "公交"], None),
        ([["交通", "公交"]], "交通/公交"),
        ([None], None),
        (["/"], None),
        ([], None),
    ],
)
def test_topics(levels: list[object], topic: str | None) -> None:
    assert as_topic(levels) == topic


def test_text_of_json_values() -> None:
    values = [" 甲\0 ", 3, 2.0, 2.5, True, None, float("nan"), ["甲", None, 3], {"a": "甲"}]
    assert [as_text(v) for v in values] == ["甲", "3", "2", "2.5", "true", "", "", "甲、3", '{"a": "甲"}']


# --- Cases -------------------------------------------------------------------------------------

FULL = {
    "诉求内容": " 巷口路灯不亮\n请修 ",
    "标题": "路灯",
    "承办单位": " 某市城管局（市政处） ",
    "承办职能": "城市管理局",
    "协办单位": "甲局、乙局",
    "主题": "城市管理/照明/路灯",
    "受理时间": "2018/4/1 9:32:09",
    "属地": "某市/某区",
    "形式": "投诉",
    "状态": "已办结",
    "流转次数": "2",
    "办理通道": "常规交办",
    "紧急程度": "一般",
}


def write_full(path: Path) -> Path:
    headers, cells = list(FULL), list(FULL.values())
    if path.suffix == ".xlsx":
        return write_workbook(path, [headers, cells])
    if path.suffix == ".jsonl":
        return write_csv(path, json.dumps(FULL, ensure_ascii=False))
    with path.open("w", encoding="gb18030", newline="") as stream:
        csv.writer(stream).writerows([headers, cells])
    return path


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".jsonl"])
def test_every_field_is_read_from_every_format(tmp_path: Path, ending: str) -> None:
    [case] = read_cases([write_full(tmp_path / f"a{ending}")])
    submission = case.submission
    assert (submission.text, submission.title) == ("巷口路灯不亮\n请修", "路灯")
    assert submission.received_at == dt.date(2018, 4, 1)
    assert (submission.jurisdiction, submission.form) == ("某市/某区", "投诉")
    assert (case.topic, case.function) == ("城市管理/照明", "城市管理局")
    assert (case.lead_unit, case.co_units) == ("某市城管局（市政处）", ("甲局", "乙局"))
    assert (case.lane, case.urgency, case.status, case.transfers) == ("常规交办", "一般", "已办结", 2)


def test_absent_columns_are_simply_empty(tmp_path: Path) -> None:
    [case] = read_cases([write_csv(tmp_path / "a.txt", "路灯不亮")])
    assert case.submission.text == "路灯不亮"
    assert (case.topic, case.lead_unit, case.co_units, case.transfers) == (None, None, (), None)
    assert (case.submission.title, case.submission.received_at) == ("", None)


def test_files_add_up_and_bad_rows_are_set_aside(tmp_path: Path) -> None:
    table = write_csv(tmp_path / "a.csv", "内容,单位\n路灯,甲\n  ,乙\n井盖,丙,丁\n积水,戊\n")
    lines = write_csv(
        tmp_path / "b.jsonl", '{"text": "噪声"}\nnull\n{"text": {"a": 1}}\n{"unit": "x"}\n{"text": 12}\n'
    )
    reading = read_cases([table, str(lines)])
    assert [case.submission.text for case in reading] == ["路灯", "积水", "噪声", "12"]
    assert [(Path(r.file).name, r.row, r.column, r.reason) for r in reading.rejected] == [
        ("a.csv", 3, "内容", "no text"),
        ("a.csv", 4, "", "3 cells, but the header has 2"),
        ("b.jsonl", 2, "", "not a JSON object"),
        ("b.jsonl", 3, "text", "not a text"),
        ("b.jsonl", 4, "text", "no text"),
    ]
    assert list(reading.columns) == [str(table), str(lines)]
    assert len(list(reading)) == 4
    assert len(reading.rejected) == 5


def test_wrong_dates_and_counts_are_counted_not_rejected(tmp_path: Path) -> None:
    rows = "路灯,昨天,两次\n井盖,,\n积水,前天,1\n"
    reading = read_cases([write_csv(tmp_path / "a.csv", "内容,受理时间,流转次数\n" + rows)])
    assert [(c.submission.received_at, c.transfers) for c in reading] == [
        (None, None),
        (None, None),
        (None, 1),
    ]
    assert not reading.rejected
    assert sorted(reading.warnings.values()) == [1, 2]
    assert any("受理时间" in message and "a.csv" in message for message in reading.warnings)


def test_no_text_column_names_the_headers_and_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"编号, 详情.*--columns.*text = ") as caught:
        list(read_cases([write_csv(tmp_path / "a.csv", "编号,详情\n1,路灯\n")]))
    assert "\n" not in str(caught.value)


def test_no_usable_case_is_an_error_naming_the_first_problem(tmp_path: Path) -> None:
    fine = write_csv(tmp_path / "fine.csv", "内容\n路灯\n")
    empty = write_csv(tmp_path / "a.csv", "内容,单位\n ,甲\n,乙\n")
    with pytest.raises(TableError, match=r'a\.csv: has no usable case.*row 2, column "内容": no text'):
        list(read_cases([fine, empty]))


def test_named_columns_are_used(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", "内容,详情,大类,小类\n1,路灯,城管,照明\n")
    named = NamedColumns("m.toml", {"text": ("详情",), "topic": ("大类", "小类")})
    [case] = read_cases([path], named)
    assert (case.submission.text, case.topic) == ("路灯", "城管/照明")
    with pytest.raises(InputError, match="没有"):
        list(read_cases([path], NamedColumns("m.toml", {"text": ("没有",)})))


def test_a_named_key_may_appear_late_in_json_lines(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.jsonl", '{"a": "一"}\n' * 3 + '{"a": "二", "u": "甲"}\n')
    cases = list(read_cases([path], NamedColumns("m.toml", {"text": ("a",), "lead_unit": ("u",)})))
    assert [case.lead_unit for case in cases] == [None, None, None, "甲"]


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".xlsx"])
def test_reading_stopped_early_leaves_no_file_open(tmp_path: Path, ending: str) -> None:
    path = write_full(tmp_path / f"a{ending}")
    cases = iter(read_cases([path]))
    next(cases)
    cases.close()  # type: ignore[attr-defined]
    with open_table(path):
        pass


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".txt"])
def test_memory_stays_flat(tmp_path: Path, ending: str) -> None:
    text = "巷口路灯不亮，请派人来修。" * 20
    line = {".jsonl": json.dumps({"text": text}, ensure_ascii=False)}.get(ending, text)
    path = write_csv(tmp_path / f"a{ending}", "text\n" * (ending == ".csv") + f"{line}\n" * 8000)
    size = path.stat().st_size
    tracemalloc.start()
    try:
        assert sum(1 for _ in read_cases([path])) == 8000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size > 6_000_000
    assert peak < 3_000_000


# --- Rejected rows -----------------------------------------------------------------------------


def test_rejected_rows_are_written_for_excel(tmp_path: Path) -> None:
    path = tmp_path / "a.rejected.csv"
    rejected = [
        Rejected("a.csv", 3, "内容", "no text", {"内容": "", "单位": "甲局", "电话": "123"}),
        Rejected("a.csv", 9, "", "bad", {"x": "=1+1", "y": "长" * 5000}),
    ]
    assert write_rejected(path, rejected, mask=lambda text: text.replace("123", "***")) == 2
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        header, first, second = csv.reader(stream)
    assert header == ["file", "row", "column", "reason", "text"]
    assert first == ["a.csv", "3", "内容", "no text", "甲局 | ***"]
    assert second[4].startswith("'=1+1 | 长")
    assert len(second[4]) < 3000
    assert [p.name for p in tmp_path.iterdir()] == ["a.rejected.csv"]


def test_rejected_rows_without_a_mask_and_without_a_folder(tmp_path: Path) -> None:
    assert write_rejected(tmp_path / "r.csv", []) == 0
    with pytest.raises(TableError, match="no folder"):
        write_rejected(tmp_path / "none" / "r.csv", [])


def test_rejected_rows_go_to_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert default_rejected_path("/data/orders.2018.xlsx") == tmp_path / "orders.2018.rejected.csv"
