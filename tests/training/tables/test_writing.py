"""Writing tables row by row."""

from __future__ import annotations

import csv
import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from fenban.model.errors import TableError
from fenban.training.tables import writing as tabular_output
from fenban.training.tables.cases import Row, open_table
from fenban.training.tables.writing import CUT_MARK, LONGEST_CELL, TableWriter, guard_formula, replacing

if TYPE_CHECKING:
    from pathlib import Path

ENDINGS = [".xlsx", ".csv", ".jsonl"]


def sheet_of(path: Path) -> Any:
    return openpyxl.load_workbook(path).active


def write(path: Path, *rows: list[object], headers: list[str] | None = None) -> int:
    with TableWriter.open(path, headers or ["内容", "单位"]) as writer:
        for row in rows:
            writer.write(row)
    return writer.cut


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_is_written_can_be_read_again(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"out{ending}"
    write(path, ['第一行\n第二行,"引号"', "甲局"], ["井盖", ""])
    with open_table(path) as table:
        assert table.headers == ("内容", "单位")
        rows = [row.values for row in table if isinstance(row, Row)]
    assert rows == [
        {"内容": '第一行\n第二行,"引号"', "单位": "甲局"},
        {"内容": "井盖", "单位": ""},
    ]
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_workbook_has_a_bold_frozen_header_and_widths(tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    with TableWriter.open(path, ["内容", "单位"], widths={"单位": 33, "没有": 5}) as writer:
        writer.write(["路灯", "甲"])
        assert writer.rows == 1
    sheet = sheet_of(path)
    assert sheet.freeze_panes == "A2"
    assert [cell.font.bold for cell in sheet[1]] == [True, True]
    assert not sheet["A2"].font.bold
    assert sheet.column_dimensions["B"].width == 33


@pytest.mark.parametrize(
    "text", ["=1+1", '=HYPERLINK("http://x")', "+86 771", "-甲", "@SUM(A1)", "#N/A", "\t=1"]
)
@pytest.mark.parametrize("as_header", [False, True])
def test_texts_never_become_formulas_in_a_workbook(tmp_path: Path, text: str, as_header: bool) -> None:
    path = tmp_path / "out.xlsx"
    if as_header:
        write(path, headers=[text])
    else:
        write(path, [text], headers=["内容"])
    cell = sheet_of(path)["A1" if as_header else "A2"]
    assert cell.value == text
    assert cell.data_type == "s"
    assert cell.quotePrefix is (text[0] != "#")


def test_types_in_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    zoned = dt.datetime(2020, 1, 2, 3, 4, tzinfo=dt.UTC)
    values: list[object] = [
        3,
        0.25,
        True,
        None,
        dt.datetime(2020, 1, 2, 3, 4),
        zoned,
        10**17,
        float("nan"),
        ("甲", 1),
    ]
    write(path, values, headers=[str(i) for i in range(len(values))])
    found = [cell.value for cell in sheet_of(path)[2]]
    assert found[:5] == [3, 0.25, True, None, dt.datetime(2020, 1, 2, 3, 4)]
    assert found[5:] == ["2020-01-02T03:04:00+00:00", str(10**17), None, "('甲', 1)"]


@pytest.mark.parametrize("ending", ENDINGS)
def test_illegal_characters_do_not_spoil_the_file(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"out{ending}"
    write(path, ["路\x00灯\x0b\ud83d\uffff", "甲"])
    with open_table(path) as table:
        [row] = table
    assert isinstance(row, Row)
    assert str(row.values["内容"]).startswith("路")
    if ending != ".jsonl":
        assert row.values["内容"] == "路灯"


@pytest.mark.parametrize(("character", "fits"), [("长", LONGEST_CELL), ("😀", LONGEST_CELL // 2)])
def test_cells_too_long_for_excel_are_cut_and_counted(tmp_path: Path, character: str, fits: int) -> None:
    path = tmp_path / "out.xlsx"
    assert write(path, [character * fits, character * (fits + 1)]) == 1
    whole, cut = (cell.value for cell in sheet_of(path)[2])
    assert whole == character * fits
    assert cut.endswith(CUT_MARK)
    assert LONGEST_CELL - 1 <= len(cut.encode("utf-16-le")) // 2 <= LONGEST_CELL


@pytest.mark.parametrize("ending", [".csv", ".jsonl"])
def test_other_formats_do_not_cut(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"out{ending}"
    assert write(path, ["长" * 50_000, ""]) == 0
    with open_table(path) as table:
        [row] = table
    assert row.values["内容"] == "长" * 50_000


def test_csv_has_a_mark_and_guards_formulas(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    write(path, ["=1+1", -5], ["-5", "@x"], [float("inf"), dt.date(2020, 1, 2)])
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows[1:] == [["'=1+1", "-5"], ["-5", "'@x"], ["", "2020-01-02"]]


def test_json_lines_keep_values(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    write(path, [["甲", 1], None], [dt.datetime(2020, 1, 2), float("nan")])
    lines = path.read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[0]) == {"内容": ["甲", 1], "单位": None}
    assert json.loads(lines[1]) == {"内容": "2020-01-02T00:00:00", "单位": None}
    with pytest.raises(ValueError, match="repeated"):
        TableWriter.open(path, ["甲", "甲"])


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_failure_leaves_the_old_file(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"out{ending}"
    path.write_text("old")

    def fail() -> None:
        with TableWriter.open(path, ["内容"]) as writer:
            writer.write(["路灯"])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("ending", ENDINGS)
def test_nothing_is_at_the_target_before_close(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"out{ending}"
    writer = TableWriter.open(path, ["内容"])
    writer.write(["路灯"])
    assert not path.exists()
    writer.close()
    writer.close()
    writer.discard()
    assert path.exists()
    with pytest.raises(ValueError, match="closed"):
        writer.write(["积水"])


@pytest.mark.parametrize("name", ["out.xls", "out.txt", "out", "out.pdf"])
def test_other_endings_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(TableError, match=r"\.xlsx, \.csv or \.jsonl"):
        TableWriter.open(tmp_path / name, ["内容"])


def test_targets_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(TableError, match="is a folder"):
        TableWriter.open(tmp_path / "folder.csv", ["内容"])
    with pytest.raises(TableError, match="no folder"):
        TableWriter.open(tmp_path / "none" / "out.csv", ["内容"])


def test_a_full_disk_is_a_table_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(TableError, match="No space left"):
        write(tmp_path / "out.csv", ["路灯", "甲"])
    assert not list(tmp_path.iterdir())


def test_rows_of_another_width_and_full_sheets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tabular_output, "MOST_ROWS", 3)
    with TableWriter.open(tmp_path / "out.xlsx", ["内容"]) as writer:
        with pytest.raises(ValueError, match="2 values for 1 columns"):
            writer.write(["路灯", "甲"])
        writer.write(["一"])
        writer.write(["二"])
        with pytest.raises(TableError, match="an Excel sheet holds 3 rows"):
            writer.write(["三"])


@pytest.mark.parametrize(
    ("text", "guarded"),
    [("=1", "'=1"), ("-5.5", "-5.5"), ("+1", "+1"), ("-甲", "'-甲"), ("甲=1", "甲=1"), ("", "")],
)
def test_guard_formula(text: str, guarded: str) -> None:
    assert guard_formula(text) == guarded


@pytest.mark.parametrize("start", "= + - @ ＝ ＋ － ＠ ﹦ ⁼ −".split())
@pytest.mark.parametrize(
    "before",
    [
        "",
        " ",
        "\u00a0",
        "\ufeff",
        "\r",
        "\n",
        "\t",
        "\u200b",
        "\r\n\u3000",
        "\u00ad",
        "\u061c",
        "\u115f",
        "\ufe0f",
    ],
)
def test_what_hides_the_beginning_of_a_formula_does_not_unguard_it(before: str, start: str) -> None:
    text = f'{before}{start}HYPERLINK("x")'
    assert guard_formula(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-3.5", "+8", "-1e5", "1=1", "a@b", "-.5", "—甲", "\u00a0甲"])
def test_numbers_and_texts_are_left_alone(text: str) -> None:
    assert guard_formula(text) == text


@pytest.mark.parametrize("text", ["\r=1", "\n路灯", "\t路灯", "-inf", "+nan", "-1_000"])
def test_what_begins_another_row_or_is_hardly_a_number_is_guarded(text: str) -> None:
    assert guard_formula(text) == f"'{text}"


def test_replacing_removes_what_a_failure_left(tmp_path: Path) -> None:
    def fail() -> None:
        with replacing(tmp_path / "a.csv") as temporary:
            temporary.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert not list(tmp_path.iterdir())
