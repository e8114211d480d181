"""Writing a table row by row as .xlsx, .csv or .jsonl; a failure leaves no half a file."""

from __future__ import annotations

import csv
import datetime as dt
import json
import math
import os
import re
import secrets
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from fenban.model import TableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

LONGEST_CELL = 32_767  # UTF-16 units, Excel's limit
MOST_ROWS = 1_048_576  # Excel's limit, header included
CUT_MARK = "…（已截断）"

_SHEET = "Sheet1"
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# What Excel and WPS pass over before they look whether a cell is a formula, and what begins one.
_PASSED_OVER = (
    r"[\s\u00a0\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0]*"
)
_FORMULA = re.compile(rf"{_PASSED_OVER}[=+\-@＝＋－＠﹦﹢﹣﹫⁼⁺⁻−]|[\t\r\n]")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_EXACT_INTEGERS = 10**15  # beyond this Excel would change the last digits


def is_formula(text: str) -> bool:
    """Tell whether a spreadsheet might calculate ``text``, or begin another cell or row with it.

    A number with a sign (``-3.5``) is none; ``＝`` is one to programs that fold full-width forms.
    """
    return _FORMULA.match(text) is not None and _NUMBER.fullmatch(text) is None


def guard_formula(text: str) -> str:
    """Return ``text`` so that Excel, opening a CSV, shows it and does not calculate it."""
    return f"'{text}" if is_formula(text) else text


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``; on success it replaces it, on failure it goes.

    Raises TableError where the folder is missing or the file cannot be written.
    """
    temporary = _temporary_path(path)
    try:
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _temporary_path(path: Path) -> Path:
    if path.is_dir():
        raise TableError(path, "is a folder, not a file")
    if not path.parent.is_dir():
        raise TableError(path, f"cannot be written: there is no folder {path.parent}")
    return path.with_name(f".{path.name[:60]}.{secrets.token_hex(4)}.tmp")


def _unwritable(path: Path, error: OSError) -> TableError:
    return TableError(
        path, f"cannot be written ({error.strerror or error})", "is it open in Excel, or the disk full?"
    )


class _Sink(Protocol):
    cut: int

    def write(self, values: Sequence[object]) -> None: ...

    def finish(self) -> None: ...


def _open_sink(kind: str, path: Path, headers: Sequence[str], widths: Mapping[str, float]) -> _Sink:
    if kind == ".xlsx":
        return _Workbook(path, headers, widths)
    return _Csv(path, headers) if kind == ".csv" else _JsonLines(path, headers)


class TableWriter:
    """Writes one table. In a ``with`` statement an exception discards what was written."""

    def __init__(self, path: Path, temporary: Path, sink: _Sink, width: int) -> None:
        self.path = path
        self.rows = 0
        self._temporary = temporary
        self._sink = sink
        self._width = width
        self._open = True

    @classmethod
    def open(
        cls, path: Path | str, headers: Sequence[str], widths: Mapping[str, float] | None = None
    ) -> TableWriter:
        """Begin a table; its ending says the format, ``widths`` (.xlsx) is in characters by header.

        Raises TableError for another ending or where the file cannot be written.
        """
        path = Path(path)
        kind = path.suffix.lower()
        if kind == ".jsonl" and len(set(headers)) != len(headers):
            raise ValueError(f"repeated headers: {headers}")
        if kind not in (".xlsx", ".csv", ".jsonl"):
            raise TableError(path, f'cannot be written with the ending "{kind}"', "use .xlsx, .csv or .jsonl")
        temporary = _temporary_path(path)
        try:
            # Made at once, so that a folder without write permission is known before the work.
            temporary.open("xb").close()
            sink = _open_sink(kind, temporary, headers, widths or {})
        except OSError as error:
            raise _unwritable(path, error) from error
        return cls(path, temporary, sink, len(headers))

    @property
    def cut(self) -> int:
        """How many cells were longer than Excel takes and were cut."""
        return self._sink.cut

    def write(self, values: Sequence[object]) -> None:
        """Write one row, a value for each header.

        Raises ValueError for another number of values, TableError where the file is full.
        """
        if not self._open:
            raise ValueError(f"{self.path} is closed")
        if len(values) != self._width:
            raise ValueError(f"{len(values)} values for {self._width} columns")
        if isinstance(self._sink, _Workbook) and self.rows + 2 > MOST_ROWS:
            raise TableError(self.path, f"an Excel sheet holds {MOST_ROWS:,} rows, not more", "write .csv")
        try:
            self._sink.write(values)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        self.rows += 1

    def close(self) -> None:
        """Finish the file and put it in its place."""
        if not self._open:
            return
        self._open = False
        try:
            self._sink.finish()
            os.replace(self._temporary, self.path)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        finally:
            self._remove_temporary()

    def discard(self) -> None:
        """Leave the target as it was before."""
        if not self._open:
            return
        self._open = False
        # Finishing also removes what openpyxl keeps in the system's temporary folder.
        with suppress(OSError):
            self._sink.finish()
        self._remove_temporary()

    def _remove_temporary(self) -> None:
        with suppress(OSError):
            self._temporary.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()


class _Workbook:
    def __init__(self, path: Path, headers: Sequence[str], widths: Mapping[str, float]) -> None:
        self.cut = 0
        self._path = path
        self._book = openpyxl.Workbook(write_only=True)
        self._sheet: Any = self._book.create_sheet(_SHEET)
        self._sheet.freeze_panes = "A2"
        for position, header in enumerate(headers, start=1):
            if header in widths:
                self._sheet.column_dimensions[get_column_letter(position)].width = widths[header]
        bold = Font(bold=True)
        cells = [self._text_cell(self._clean(header)) for header in headers]
        for cell in cells:
            cell.font = bold
        self._sheet.append(cells)

    def write(self, values: Sequence[object]) -> None:
        self._sheet.append([self._cell(value) for value in values])

    def finish(self) -> None:
        self._book.save(self._path)

    def _cell(self, value: object) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int) and abs(value) < _EXACT_INTEGERS:
            return value
        if isinstance(value, float):
            return value if math.isfinite(value) else None
        if isinstance(value, dt.datetime | dt.time) and value.tzinfo is not None:
            value = value.isoformat()  # Excel knows no time zones
        if isinstance(value, dt.date | dt.time):
            return value
        text = self._clean(value if isinstance(value, str) else str(value))
        return self._text_cell(text) if text.startswith("#") or is_formula(text) else text

    def _text_cell(self, text: str) -> Any:
        cell = WriteOnlyCell(self._sheet, value=text)
        cell.data_type = "s"  # openpyxl has taken "=…" for a formula and "#N/A" for an error
        if is_formula(text):
            cell.quotePrefix = True  # it stays text when somebody edits the cell
        return cell

    def _clean(self, text: str) -> str:
        text = _ILLEGAL.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
        if len(text) * 2 <= LONGEST_CELL:
            return text
        units = text.encode("utf-16-le")
        if len(units) <= LONGEST_CELL * 2:
            return text
        self.cut += 1
        kept = units[: (LONGEST_CELL - len(CUT_MARK)) * 2]
        return kept.decode("utf-16-le", errors="ignore") + CUT_MARK


class _Csv:
    def __init__(self, path: Path, headers: Sequence[str]) -> None:
        self.cut = 0
        self._stream = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._stream)
        self.write(headers)

    def write(self, values: Sequence[object]) -> None:
        self._writer.writerow([_csv_cell(value) for value in values])

    def finish(self) -> None:
        self._stream.close()


def _csv_cell(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return ""
    return guard_formula(_ILLEGAL.sub("", value)) if isinstance(value, str) else value


class _JsonLines:
    def __init__(self, path: Path, headers: Sequence[str]) -> None:
        self.cut = 0
        self._headers = tuple(headers)
        self._stream = path.open("w", encoding="utf-8", errors="replace", newline="\n")

    def write(self, values: Sequence[object]) -> None:
        record = {h: _json_value(value) for h, value in zip(self._headers, values, strict=True)}
        self._stream.write(json.dumps(record, ensure_ascii=False, default=_json_text) + "\n")

    def finish(self) -> None:
        self._stream.close()


def _json_value(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _json_text(value: object) -> str:
    return value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)
