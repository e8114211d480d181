"""Workbooks made to keep the reader busy: refused or read at once, before anything is invented or built."""

from __future__ import annotations

import json
import time
import tracemalloc
import zipfile
from typing import TYPE_CHECKING

import pytest

from fenban.model.errors import TableError
from fenban.training.tables import spreadsheets
from fenban.training.tables.cases import BadRow, Row, open_table

if TYPE_CHECKING:
    from pathlib import Path

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def workbook(path: Path, rows: str, *, head: str = "", sheets: int = 1) -> Path:
    """Write a workbook with this XML between ``<sheetData>`` and its end; all sheets are one part."""
    listed = "".join(f'<sheet name="s{i}" sheetId="{i + 1}" r:id="r1"/>' for i in range(sheets))
    parts = {
        "[Content_Types].xml": (
            f'<Types xmlns="{PACKAGE}/content-types">'
            f'<Override PartName="/xl/workbook.xml" ContentType="{KIND}.sheet.main+xml"/>'
            f'<Override PartName="/xl/worksheets/s.xml" ContentType="{KIND}.worksheet+xml"/></Types>'
        ),
        "_rels/.rels": (
            f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
            f'Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ),
        "xl/workbook.xml": (
            f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>{listed}</sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": (
            f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
            f'Type="{RELATIONS}/worksheet" Target="worksheets/s.xml"/></Relationships>'
        ),
        "xl/worksheets/s.xml": f'{head}<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>',
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def cell(text: str, place: str = "") -> str:
    where = f' r="{place}"' if place else ""
    return f'<c{where} t="inlineStr"><is><t>{text}</t></is></c>'


HEADER = f'<row r="1">{cell("内容")}{cell("单位")}</row>'
LINE = f"{cell('路灯不亮')}{cell('甲局')}"


def read(path: Path, *, keep_blank: bool = False) -> list[Row | BadRow]:
    with open_table(path, keep_blank=keep_blank) as table:
        return list(table)


@pytest.mark.parametrize("number", ["2000000000", "1e300", "10000000", "1048577", "0", "-5"])
def test_a_row_that_no_sheet_has_is_refused_at_once(tmp_path: Path, number: str) -> None:
    path = workbook(tmp_path / "a.xlsx", f'{HEADER}<row r="{number}">{LINE}</row>')
    began = time.process_time()
    with pytest.raises(TableError, match="beyond the last one of Excel"):
        read(path, keep_blank=True)
    assert time.process_time() - began < 1


def test_the_last_row_of_a_sheet_is_read_without_the_million_before_it(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", f'{HEADER}<row r="2">{LINE}</row><row r="1048576">{LINE}</row>')
    tracemalloc.start()
    began = time.process_time()
    rows = read(path, keep_blank=True)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [row.number for row in rows] == [2, 1_048_576]
    assert time.process_time() - began < 1
    assert peak < 5_000_000


def test_rows_that_reach_the_last_column_cost_no_invented_cells(tmp_path: Path) -> None:
    stray = "".join(f'<row r="{n}">{LINE}<c r="XFD{n}"/></row>' for n in range(2, 5002))
    path = workbook(tmp_path / "a.xlsx", HEADER + stray)
    began = time.process_time()
    assert len(read(path)) == 5000
    assert time.process_time() - began < 3


def test_a_column_that_no_sheet_has_is_damage(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", f'{HEADER}<row r="2">{LINE}{cell("x", "ZZZZ2")}</row>')
    with pytest.raises(TableError, match="damaged"):
        read(path)


@pytest.mark.parametrize("name", ["a.xlsx", "a.csv", "a.jsonl"])
def test_a_table_wider_than_any_table_of_matters_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    headers = ["内容"] * 1025
    if name == "a.xlsx":
        workbook(path, f"<row>{''.join(map(cell, headers))}</row><row>{LINE}</row>")
    elif name == "a.csv":
        path.write_text(f"{','.join(headers)}\n路灯,甲\n", "utf-8")
    else:
        path.write_text("".join(json.dumps({f"k{i}": 1}) + "\n" for i in range(1025)))
    with pytest.raises(TableError, match="more than 1,024 columns"):
        read(path)


def test_more_cells_than_the_limit_are_refused_blank_ones_included(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreadsheets, "MOST_CELLS", 1000)
    rows = f'{HEADER}<row r="2">{LINE}</row><row r="900">{LINE}</row>'
    path = workbook(tmp_path / "a.xlsx", rows)
    assert len(read(path)) == 2
    with pytest.raises(TableError, match="more than 1,000 cells"):
        read(path, keep_blank=True)


def test_ten_thousand_sheets_are_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", HEADER, sheets=10_000)
    began = time.process_time()
    with pytest.raises(TableError, match="more than 1,000 sheets"):
        read(path)
    assert time.process_time() - began < 2


def test_entities_are_refused_before_they_grow(tmp_path: Path) -> None:
    grown = "".join(f'<!ENTITY a{i + 1} "{f"&a{i};" * 10}">' for i in range(9))
    head = f'<!DOCTYPE x [<!ENTITY a0 "{"路" * 100}">{grown}]>'
    path = workbook(tmp_path / "a.xlsx", f"{HEADER}<row>{cell('&a9;')}</row>", head=head)
    with pytest.raises(TableError, match="declares a document type"):
        read(path)
    late = f"<!--{'x' * 70_000}-->{head}"
    with pytest.raises(TableError, match="declares a document type"):
        read(workbook(tmp_path / "b.xlsx", HEADER, head=late))
    with pytest.raises(TableError, match="no XML at the beginning"):
        read(workbook(tmp_path / "c.xlsx", HEADER, head=f"<!--{'x' * 2_000_000}-->"))


def test_an_archive_that_unpacks_to_more_than_the_limit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = workbook(tmp_path / "a.xlsx", f"{HEADER}<row>{LINE}</row>")
    limits = spreadsheets.LIMITS
    for name, most in (("parts", 3), ("part", 100), ("unpacked", 1000)):
        changed = {field: getattr(limits, field) for field in ("parts", "part", "unpacked")} | {name: most}
        monkeypatch.setattr(spreadsheets, "LIMITS", type(limits)(**changed))
        with pytest.raises(TableError, match=r"parts|part of more|unpacks to more"):
            read(path)


def test_json_nested_beyond_reason_is_one_bad_line(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    deep = "[" * 900 + "]" * 900
    path.write_text(f'{{"text": "路灯", "x": {deep}}}\n{{"text": "积水", "x": [[1], [2]]}}\n', "utf-8")
    first, second = read(path)
    assert isinstance(first, BadRow)
    assert "within one another" in first.reason
    assert isinstance(second, Row)
