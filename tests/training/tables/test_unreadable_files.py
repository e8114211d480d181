"""Files that cannot be read: one clear line each."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import openpyxl
import pytest

from fenban.model.errors import TableError
from fenban.training.tables.cases import BadRow, Row, open_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


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
    monkeypatch.setattr("fenban.training.tables.decoding.LONGEST_LINE", 100)
    with pytest.raises(TableError, match="line 2 is longer"):
        rows_of(write_csv(tmp_path / "a.txt", "短\n" + "长" * 200))
