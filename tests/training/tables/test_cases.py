"""Rows as cases; rejected rows."""

from __future__ import annotations

import csv
import datetime as dt
import json
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest

from fenban.model.errors import InputError, TableError
from fenban.training.tables.cases import (
    BadRow,
    Rejected,
    Row,
    default_rejected_path,
    open_table,
    read_cases,
    write_rejected,
)
from fenban.training.tables.columns import NamedColumns

if TYPE_CHECKING:
    from collections.abc import Sequence


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


def bad(path: Path) -> list[tuple[int, str]]:
    return [(row.number, row.reason) for row in rows_of(path) if isinstance(row, BadRow)]


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
