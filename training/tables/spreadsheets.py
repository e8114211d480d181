"""Reading Excel workbooks row by row."""

from __future__ import annotations

import datetime as dt
import math
import warnings
import zipfile
import zlib
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, BinaryIO

import openpyxl

from fenban.model import TableError

from .rows import Row, Table, name_columns

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    _Numbered = tuple[int, tuple[Any, ...]]

LARGEST_GAP = 1000  # blank rows in one place; more means a stray cell far below the table
LARGEST_STRING_TABLE = 1 << 30  # bytes unpacked; openpyxl holds this one part in memory

_STRING_TABLE = "xl/sharedStrings.xml"
_EXCEL_ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"})
# What openpyxl raises on workbooks with missing or broken parts; lxml and expat: SyntaxError.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    SyntaxError,
    KeyError,
    IndexError,
    ValueError,
    TypeError,
    AttributeError,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
)
_TYPED = (bool, int, float, dt.datetime, dt.date, dt.time)
_REMEDY = "open it in Excel and save it again"


def open_workbook(path: Path, keep_blank: bool = False) -> Table:
    """Open the first sheet that has rows, visible ones first; its first row is the header.

    ``keep_blank`` fills the gaps between rows, not what comes after the last.
    Raises TableError where the workbook is damaged, too large or empty.
    """
    with ExitStack() as stack:
        stream = stack.enter_context(path.open("rb"))
        workbook = _load(path, stream)
        stack.callback(workbook.close)
        sheets = sorted(workbook.worksheets, key=lambda sheet: bool(sheet.sheet_state != "visible"))
        header_cells, rows = _choose_sheet(path, sheets)
        header = name_columns(header_cells)
        return Table(path, header, _rows(rows, header, keep_blank), stack.pop_all().close)


def _load(path: Path, stream: BinaryIO) -> Any:
    try:
        with zipfile.ZipFile(stream) as archive:
            sizes = {part.filename: part.file_size for part in archive.infolist()}
        if sizes.get(_STRING_TABLE, 0) > LARGEST_STRING_TABLE:
            raise TableError(path, "is too large to be read as a workbook", "save it as CSV UTF-8")
        stream.seek(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and validations, which are not read
            return openpyxl.load_workbook(stream, read_only=True, data_only=True)
    except _DAMAGE as error:
        raise TableError(path, "is a damaged Excel workbook", _REMEDY) from error


def _choose_sheet(path: Path, sheets: list[Any]) -> tuple[list[str], Iterator[_Numbered]]:
    """Return the header and the rows after it; a sheet with a header alone only if no other has rows."""
    alone: list[str] | None = None
    for sheet in sheets:
        rows = _filled_rows(path, sheet)
        header = next(rows, None)
        if header is None:
            continue
        cells = _trimmed([cell_text(value) for value in header[1]])
        first = next(rows, None)
        if first is not None:
            return cells, _chain(first, rows)
        alone = alone or cells
    if alone is None:
        raise TableError(path, "has no sheet with anything in it")
    return alone, iter(())


def _chain(first: _Numbered, rest: Iterator[_Numbered]) -> Iterator[_Numbered]:
    yield first
    yield from rest


def _trimmed(cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _filled_rows(path: Path, sheet: Any) -> Iterator[_Numbered]:
    """Yield (row number as Excel shows it, values) for the rows with anything in them."""
    number = 0
    try:
        sheet.reset_dimensions()  # exporters often declare too small a range
        rows = iter(sheet.iter_rows(values_only=True))
    except _DAMAGE as error:
        raise TableError(path, f'sheet "{sheet.title}" is damaged', _REMEDY) from error
    while True:
        try:
            values = next(rows, None)
        except _DAMAGE as error:
            raise TableError(path, f'sheet "{sheet.title}" is damaged after row {number}', _REMEDY) from error
        if values is None:
            return
        number += 1
        if any(cell_text(value) for value in values):
            yield number, values


def _rows(rows: Iterator[_Numbered], header: tuple[str, ...], keep_blank: bool) -> Iterator[Row]:
    width = len(header)
    expected: int | None = None
    for number, values in rows:
        texts = [cell_text(value) for value in values[:width]]
        texts += [""] * (width - len(texts))
        if any(texts):  # a note to the right of the table is no row
            gap = number - (number if expected is None else expected)
            if keep_blank and gap <= LARGEST_GAP:
                yield from (Row(number - gap + i, dict.fromkeys(header, "")) for i in range(gap))
            expected = number + 1
            typed = {h: _plain(v) for h, v in zip(header, values, strict=False) if isinstance(v, _TYPED)}
            yield Row(number, dict(zip(header, texts, strict=True)), typed)


def _plain(value: object) -> object:
    """Return a moment at midnight as the day that was typed."""
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date()
    return value


def cell_text(value: object) -> str:
    """Return a cell's value as a person would type it: no ``.0``, no midnight, no Excel errors."""
    if value is None:
        return ""
    if isinstance(value, str):
        text = value.replace("_x000D_", "").replace("\r\n", "\n").strip()
        return "" if text in _EXCEL_ERRORS else text
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return _number_text(value)
    if isinstance(value, dt.datetime):
        return value.isoformat(" ", "seconds").removesuffix(" 00:00:00")
    return str(value)


def _number_text(value: float) -> str:
    if not math.isfinite(value):
        return ""
    # Excel shows 15 digits; more would bring the noise of binary fractions to light.
    return str(int(value)) if value.is_integer() else f"{value:.15g}"
