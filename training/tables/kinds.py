"""What kind of table a file is, by its content as well as by its ending."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Literal

from fenban.model import TableError

if TYPE_CHECKING:
    from pathlib import Path

Kind = Literal["jsonl", "csv", "xlsx", "txt"]

KINDS: dict[str, Kind] = {".jsonl": "jsonl", ".csv": "csv", ".xlsx": "xlsx", ".txt": "txt"}

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MARKUP = (b"<!doctype", b"<html", b"<head", b"<meta", b"<body", b"<table", b"<?xml")
_BLOCK = 1 << 20
_SAVE_AS = "open it in Excel and save it as .xlsx or as CSV UTF-8"


def kind_of(path: Path) -> Kind:
    """Return how to read ``path``. Raises TableError where that is not clear or not possible."""
    head = _read_head(path)
    if not head:
        raise TableError(path, "is empty (zero bytes)")
    if head.startswith(_OLE):
        _refuse_ole(path)
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        problem = f'has the ending "{path.suffix}", which is not known' if path.suffix else "has no ending"
        raise TableError(path, problem, f"give one of {', '.join(KINDS)}")
    if _is_markup(head):
        raise TableError(path, f"is a web page or XML file, though it is named {path.suffix}", _SAVE_AS)
    if head.startswith(_ZIP):
        _check_workbook(path, kind)
    elif kind == "xlsx":
        raise TableError(
            path,
            "is not an Excel workbook, though it is named .xlsx",
            "if it is text, rename it to .csv; otherwise open it in Excel and save it as .xlsx",
        )
    return kind


def _read_head(path: Path) -> bytes:
    if path.is_dir():
        raise TableError(path, "is a folder, not a file")
    try:
        with path.open("rb") as stream:
            return stream.read(4096)
    except FileNotFoundError as error:
        raise TableError(path, "does not exist", "check the name and the folder") from error
    except (OSError, ValueError) as error:
        raise TableError(path, f"cannot be opened ({getattr(error, 'strerror', None) or error})") from error


def _is_markup(head: bytes) -> bool:
    # Without NUL bytes UTF-16 markup looks like any other.
    start = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return start[:32].lower().startswith(_MARKUP)


def _refuse_ole(path: Path) -> None:
    """Say which of the two things that begin alike this is: a locked workbook or an old one."""
    rest = b""
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            if _ENCRYPTED in rest + block:
                raise TableError(
                    path, "is protected with a password", "remove the password in Excel and save it again"
                )
            rest = block[-len(_ENCRYPTED) :]
    raise TableError(path, "is an old Excel or other Office file (.xls)", _SAVE_AS)


def _check_workbook(path: Path, kind: Kind) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = frozenset(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise TableError(
            path, "is a damaged or incomplete Excel workbook", "copy or save the file again"
        ) from error
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise TableError(path, "is a zip archive but not an Excel workbook", _SAVE_AS)
    if kind != "xlsx":
        raise TableError(
            path, f"is an Excel workbook, though it is named {path.suffix}", "rename it to .xlsx"
        )
