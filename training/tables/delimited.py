"""Reading CSV: any usual separator, quotes, newlines in cells, and recovery from a stray quote."""

from __future__ import annotations

import csv
import itertools
from collections import deque
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fenban.model import TableError

from .decoding import Coding, find_coding, mend, open_text, read_lines
from .rows import BadRow, Row, Table, name_columns

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONGEST_CELL = 1_000_000  # characters

_DELIMITERS = (",", "\t", ";")
_SAMPLE_LINES = 30


@dataclass(frozen=True, slots=True)
class _Record:
    number: int  # of its first line
    cells: list[str]
    problem: str = ""
    doubtful: bool = False  # read again after a stray quote; may be the rest of a cell


class _Lines:
    """Feeds csv.reader and remembers the lines of the record being read, to hand them back."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._again: deque[str] = deque()
        self._consumed = 0
        self.record: list[str] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self._consumed += 1
        self.record.append(line)
        return line

    def begin(self) -> tuple[int, bool]:
        """Begin a record; return the number of its first line and whether it is read again."""
        self.record.clear()
        return self._consumed + 1, bool(self._again)

    def keep_first(self) -> str:
        """End the record after its first line; the others will be read again."""
        first, rest = self.record[0], self.record[1:]
        self._again.extendleft(reversed(rest))
        self._consumed -= len(rest)
        return first


def _read_records(lines: _Lines, delimiter: str) -> Iterator[_Record]:
    """Yield the records; a quote that is never closed costs its line, not the rest of the file."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        number, doubtful = lines.begin()
        try:
            yield _Record(number, next(reader), doubtful=doubtful)
        except StopIteration:
            return
        except csv.Error as error:
            cells = _read_leniently(lines.record, delimiter)
            if cells is None:
                line = lines.keep_first().rstrip("\r\n")
                yield _Record(number, [line], f"quotes that do not match ({error})")
            else:
                yield _Record(number, cells, doubtful=doubtful)
            reader = csv.reader(lines, delimiter=delimiter, strict=True)


def _read_leniently(record: list[str], delimiter: str) -> list[str] | None:
    """Read a line with text after a closing quote; None where a quote stays open at its end."""
    if len(record) != 1:
        return None
    try:
        found = list(csv.reader([record[0], "end"], delimiter=delimiter))
    except csv.Error:
        return None
    return found[0] if len(found) == 2 else None


def find_delimiter(lines: list[str]) -> str:
    """Return the separator that cuts the first lines of a file into the most even rows."""

    def evenness(delimiter: str) -> tuple[bool, float, int]:
        try:
            records = [cells for cells in csv.reader(lines, delimiter=delimiter) if any(cells)]
        except csv.Error:
            return False, 0.0, 0
        width = len(records[0]) if records else 0
        even = sum(len(cells) == width for cells in records) / max(1, len(records))
        return width > 1, even, width

    return max(_DELIMITERS, key=evenness)


def open_delimited(path: Path, keep_blank: bool = False) -> Table:
    """Open a CSV file; ``keep_blank`` counts lines of nothing but separators as rows.

    Raises TableError where it has no header that can be read.
    """
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST_CELL))
    coding = find_coding(path)
    with open_text(path, coding) as stream:
        filled = (line for line in read_lines(path, stream) if line.strip())
        delimiter = find_delimiter(list(itertools.islice(filled, _SAMPLE_LINES)))
    with ExitStack() as stack:
        stream = stack.enter_context(open_text(path, coding))
        records = _read_records(_Lines(read_lines(path, stream)), delimiter)
        header = _read_header(path, records, coding)
        rows = _read_rows(records, header, coding, keep_blank)
        return Table(path, header, rows, stack.pop_all().close)


def _is_blank(cells: list[str]) -> bool:
    return not any(cell.strip() for cell in cells)


def _read_header(path: Path, records: Iterator[_Record], coding: Coding) -> tuple[str, ...]:
    for record in records:
        if _is_blank(record.cells):
            continue
        problem = record.problem
        if coding.is_damaged("".join(record.cells)):
            problem = f"bytes that are not valid {coding.label}"
        if problem:
            raise TableError(path, f"the header (row {record.number}) cannot be read: {problem}")
        return name_columns(path, record.cells)
    raise TableError(path, "has nothing but blanks")


def _read_rows(
    records: Iterator[_Record], header: tuple[str, ...], coding: Coding, keep_blank: bool
) -> Iterator[Row | BadRow]:
    for record in records:
        if not _is_blank(record.cells) or (keep_blank and (record.cells or len(header) == 1)):
            yield _read_row(record, header, coding)


def _read_row(record: _Record, header: tuple[str, ...], coding: Coding) -> Row | BadRow:
    cells, width = record.cells, len(header)
    surplus = cells[width:]
    problem, column = record.problem, ""
    if not problem and not _is_blank(surplus):
        problem = f"{len(cells)} cells, but the header has {width}"
    if not problem and record.doubtful and len(cells) < width:
        problem = "not a whole row, after quotes that do not match"
    if not problem and coding.is_damaged("".join(cells)):
        problem = f"bytes that are not valid {coding.label}"
        column = next((h for h, cell in zip(header, cells, strict=False) if coding.is_damaged(cell)), "")
    if problem:
        names = header + tuple(f"column {width + i + 1}" for i in range(len(surplus)))
        return BadRow(
            record.number, column, problem, {n: mend(c) for n, c in zip(names, cells, strict=False)}
        )
    return Row(record.number, dict(itertools.zip_longest(header, cells[:width], fillvalue="")))
