"""Reading Excel workbooks row by row."""

from __future__ import annotations

import datetime as dt
import math
import re
import warnings
import zipfile
import zlib
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, BinaryIO

import openpyxl
from openpyxl.worksheet._reader import WorkSheetParser

from fenban.model import TableError

from .archives import ArchiveLimits, UnsafeArchiveError, check_archive, refuse_document_types
from .rows import Row, Table, name_columns

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    _Numbered = tuple[int, list[Any]]

LAST_ROW = 1_048_576  # Excel's limits: no program writes a cell beyond them
LAST_COLUMN = 16_384
LARGEST_GAP = 1000  # blank rows in one place; more means a stray cell far below the table
MOST_CELLS = 100_000_000  # rows times columns of the header, blank ones included
MOST_SHEETS = 1000
LIMITS = ArchiveLimits(parts=10_000, part=512 << 20, unpacked=8 << 30)
LARGEST_STRING_TABLE = 512 << 20  # bytes unpacked; openpyxl holds this one part in memory

_STRING_TABLE = "xl/sharedStrings.xml"
_WORKBOOK = "xl/workbook.xml"
_SHEETS = "xl/worksheets/"
_SHEET_TAG = re.compile(rb"<(?:\w+:)?sheet[\s/>]")
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
        header = name_columns(path, header_cells)
        return Table(path, header, _read_rows(path, rows, header, keep_blank), stack.pop_all().close)


def _load(path: Path, stream: BinaryIO) -> Any:
    try:
        with zipfile.ZipFile(stream) as archive:
            _check_parts(path, archive)
        stream.seek(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and validations, which are not read
            return openpyxl.load_workbook(stream, read_only=True, data_only=True)
    except UnsafeArchiveError as error:
        raise TableError(path, str(error), "save it as CSV UTF-8") from error
    except _DAMAGE as error:
        raise TableError(path, "is a damaged Excel workbook", _REMEDY) from error


def _is_xml(name: str) -> bool:
    return name.endswith((".xml", ".rels"))


def _is_held(name: str) -> bool:
    """Tell whether openpyxl reads a part as a whole; sheets go by row by row."""
    return _is_xml(name) and not name.startswith(_SHEETS)


def _check_parts(path: Path, archive: zipfile.ZipFile) -> None:
    """Refuse what would fill the memory while openpyxl looks at the parts, before it does."""
    check_archive(archive, LIMITS, _is_held)
    sizes = {part.filename: part.file_size for part in archive.infolist()}
    if sizes.get(_STRING_TABLE, 0) > LARGEST_STRING_TABLE:
        raise TableError(path, "is too large to be read as a workbook", "save it as CSV UTF-8")
    refuse_document_types(archive, filter(_is_xml, sizes))
    if _WORKBOOK in sizes and len(_SHEET_TAG.findall(archive.read(_WORKBOOK))) > MOST_SHEETS:
        raise TableError(path, f"has more than {MOST_SHEETS:,} sheets")


def _choose_sheet(path: Path, sheets: list[Any]) -> tuple[list[str], Iterator[_Numbered]]:
    """Return the header and the rows after it; a sheet with a header alone only if no other has rows."""
    alone: list[str] | None = None
    for sheet in sheets:
        rows = _read_filled_rows(path, sheet)
        header = next(rows, None)
        if header is None:
            continue
        cells = [cell_text(value) for value in header[1]]
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


def _read_filled_rows(path: Path, sheet: Any) -> Iterator[_Numbered]:
    """Yield (row number as Excel shows it, values) for the rows with anything in them.

    Only cells that the file holds are gone through: openpyxl's own rows would first fill every gap,
    and a row that calls itself the two-billionth would be preceded by as many empty ones.
    """
    number = 0
    try:
        for number, cells in _parse_rows(sheet):
            if not 0 < number <= LAST_ROW:
                problem = f'sheet "{sheet.title}" has a row beyond the last one of Excel ({LAST_ROW:,})'
                raise TableError(path, problem, _REMEDY)
            values = _collect_values(cells)
            if values:
                yield number, values
    except _DAMAGE as error:
        raise TableError(path, f'sheet "{sheet.title}" is damaged after row {number}', _REMEDY) from error


def _parse_rows(sheet: Any) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    book = sheet.parent
    with sheet._get_source() as source:
        parser = WorkSheetParser(
            source,
            sheet._shared_strings,
            data_only=True,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )
        yield from parser.parse()


def _collect_values(cells: list[dict[str, Any]]) -> list[Any]:
    """Return the values of a row up to the last that shows anything; none where nothing does."""
    shown = {cell["column"]: cell["value"] for cell in cells if cell_text(cell["value"])}
    if not shown:
        return []
    last = max(shown)
    if last > LAST_COLUMN or min(shown) < 1:
        raise ValueError(f"column {last} does not exist")
    values: list[Any] = [None] * last
    for column, value in shown.items():
        values[column - 1] = value
    return values


def _read_rows(
    path: Path, rows: Iterator[_Numbered], header: tuple[str, ...], keep_blank: bool
) -> Iterator[Row]:
    width = len(header)
    expected: int | None = None
    count = 0
    for number, values in rows:
        texts = [cell_text(value) for value in values[:width]]
        texts += [""] * (width - len(texts))
        if any(texts):  # a note to the right of the table is no row
            gap = number - (number if expected is None else expected)
            if keep_blank and gap <= LARGEST_GAP:
                count += max(0, gap)
                yield from (Row(number - gap + i, dict.fromkeys(header, "")) for i in range(gap))
            expected = number + 1
            count += 1
            if count * width > MOST_CELLS:
                raise TableError(path, f"has more than {MOST_CELLS:,} cells", "divide it into several files")
            typed = {
                h: _drop_midnight(v) for h, v in zip(header, values, strict=False) if isinstance(v, _TYPED)
            }
            yield Row(number, dict(zip(header, texts, strict=True)), typed)


def _drop_midnight(value: object) -> object:
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
        return _show_number(value)
    if isinstance(value, dt.datetime):
        return value.isoformat(" ", "seconds").removesuffix(" 00:00:00")
    return str(value)


def _show_number(value: float) -> str:
    if not math.isfinite(value):
        return ""
    # Excel shows 15 digits; more would bring the noise of binary fractions to light.
    return str(int(value)) if value.is_integer() else f"{value:.15g}"
