"""Uploaded lists: kinds, limits, and faults told in Chinese."""

from __future__ import annotations

import io
import re
import tempfile
import time
import zipfile
from typing import TYPE_CHECKING

import openpyxl
import pytest

from fenban.model.errors import TableError
from fenban.serving.desk.directory import files as directory_files
from fenban.serving.desk.directory.files import UnreadableListError, read_list, read_uploaded

if TYPE_CHECKING:
    from pathlib import Path


def workbook(*rows: list[object]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_a_workbook_and_a_csv_whatever_they_are_called() -> None:
    content = workbook(["部门", "属地"], ["甲局", "南宁市"])
    for name in ("名单.xlsx", "名单", "名单.exe"):
        listed, unreadable = read_uploaded(content, name)
        assert [(row.row, row.name, row.jurisdiction) for row in listed] == [(2, "甲局", "南宁市")]
        assert unreadable == []
    assert read_uploaded("单位\n甲局\n".encode("gb18030"), "../../x.csv")[0][0].name == "甲局"


def test_nothing_stays_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    read_uploaded("单位\n甲局\n".encode(), "a.csv")
    with pytest.raises(UnreadableListError):
        read_uploaded(b"\0\0\0", "a.csv")
    assert list(tmp_path.iterdir()) == []


def test_rows_that_cannot_be_read_say_why_in_chinese() -> None:
    rows = [
        ["单位", "启用日期", "停用日期"],
        ["甲局"],
        ["乙局", "去年"],
        ["甲局"],
        ["丙局", "2026-01-01", "2025-01-01"],
    ]
    rows.append(["长" * 201])
    listed, unreadable = read_uploaded(workbook(*rows), "a.xlsx")
    assert [row.name for row in listed] == ["甲局"]
    assert [row.row for row in unreadable] == [3, 4, 5, 6]
    assert [row.column for row in unreadable] == ["启用日期", "单位", "停用日期", ""]
    for row, words in zip(unreadable, ("不是日期", "重复", "早于", "超过 200 字"), strict=True):
        assert words in row.reason
    csv = '单位,职能\n甲局,x\n"乙局\n'.encode()
    assert "读不了" in read_uploaded(csv, "a.csv")[1][0].reason


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "空的"),
        ("甲,乙\n1,2\n".encode(), "没有“单位”一列，只有：甲, 乙"),
        ("单位\n".encode(), "只有表头"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, ".xls"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "密码"),
        (b"PK\x03\x04 broken", "读不了"),
        (b"<html><table></table></html>", "读不了"),
        ("单位,启用\n甲局,去年\n".encode(), "读不了"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(content: bytes, words: str) -> None:
    with pytest.raises(UnreadableListError) as error:
        read_uploaded(content, "a.xlsx" if content.startswith((b"PK", b"\xd0")) else "a.csv")
    assert words in error.value.reason
    assert re.search(r"[一-龥]", error.value.reason)


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory_files, "LARGEST_UNPACKED", 1000)
    stream = io.BytesIO(workbook(["单位"], ["甲局"]))
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/x", b"\0" * 2000)
    with pytest.raises(UnreadableListError) as error:
        read_uploaded(stream.getvalue(), "a.xlsx")
    assert "太大" in error.value.reason


def test_the_command_line_gets_the_english_error(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("单位\n" + "长" * 201 + "\n", "utf-8")
    with pytest.raises(TableError, match="has no row that can be read"):
        read_list(path)


def with_sheet(xml: str) -> bytes:
    """A workbook whose first sheet is this XML."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook(["单位"], ["甲局"]))) as sound,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as changed,
    ):
        for name in sound.namelist():
            changed.writestr(name, xml if name.endswith("sheet1.xml") else sound.read(name))
    return stream.getvalue()


@pytest.mark.parametrize("depth", [65, 300_000])
def test_a_workbook_of_nested_elements_is_refused_before_it_is_built(depth: int) -> None:
    content = with_sheet(f"<worksheet>{'<a>' * depth}{'</a>' * depth}</worksheet>")
    began = time.process_time()
    with pytest.raises(UnreadableListError, match="list cannot be read") as refused:
        read_uploaded(content, "a.xlsx")
    assert "嵌套超过 64 层" in refused.value.reason
    assert time.process_time() - began < 2


def test_a_workbook_of_countless_elements_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fenban.training.tables.archives.MOST_ELEMENTS", 1000)
    with pytest.raises(UnreadableListError) as refused:
        read_uploaded(with_sheet(f"<worksheet>{'<a/>' * 1001}</worksheet>"), "a.xlsx")
    assert "元素" in refused.value.reason
