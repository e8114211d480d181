"""Tables of cases: .jsonl, .csv, .xlsx and .txt, read row by row; bad rows are set aside."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from fenban.model import Case, Submission, TableError

from .cells import as_count, as_date, as_label, as_text, as_topic, as_units
from .columns import ColumnMap, NamedColumns, list_headers
from .delimited import open_delimited
from .kinds import Kind, kind_of
from .lines import open_json_lines, open_text_lines
from .rows import BadRow, Row, Table
from .spreadsheets import open_workbook
from .writing import guard_formula, replacing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

__all__ = [
    "BadRow",
    "CaseReading",
    "Rejected",
    "Row",
    "Table",
    "default_rejected_path",
    "open_table",
    "read_cases",
    "write_rejected",
]

_OPENERS: dict[Kind, Callable[[Path, bool], Table]] = {
    "csv": open_delimited,
    "jsonl": open_json_lines,
    "txt": open_text_lines,
    "xlsx": open_workbook,
}
_T = TypeVar("_T")

_REJECTED_HEADERS = ("file", "row", "column", "reason", "text")
_LONGEST_REJECTED = 2000  # characters shown of a rejected row, enough to find it again


def open_table(path: Path | str, *, keep_blank: bool = False) -> Table:
    """Open a table for reading once, row by row, in a ``with`` statement.

    The cells of .jsonl are JSON values, all others are text. With ``keep_blank`` a row with nothing
    in it is a row too: each line of .txt, a line of separators in .csv (or any blank line where there
    is one column), a gap between the rows of .xlsx; in .jsonl a blank line is never one.
    Raises TableError where the file cannot be read, on opening or while the rows are gone through.
    """
    path = Path(path)
    try:
        return _OPENERS[kind_of(path)](path, keep_blank)
    except OSError as error:
        raise TableError(path, f"cannot be read ({error.strerror or error})") from error


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row of ``file`` that gave no case: its number, the column at fault, why, and its cells."""

    file: str
    row: int
    column: str
    reason: str
    values: dict[str, object]


class CaseReading:
    """Goes through the cases of several files, one after another.

    Each time it is gone through it starts afresh. ``rejected``, ``warnings`` (message → how many
    rows) and ``columns`` (file → its columns) fill as the cases are read.
    """

    def __init__(self, paths: Iterable[Path | str], named: NamedColumns | None = None) -> None:
        self._paths = [Path(path) for path in paths]
        self._named = named
        self.rejected: list[Rejected] = []
        self.warnings: Counter[str] = Counter()
        self.columns: dict[str, ColumnMap] = {}

    def __iter__(self) -> Iterator[Case]:
        """Yield the cases. Raises TableError for a file with none, InputError for a wrong MAP.toml."""
        self.rejected.clear()
        self.warnings.clear()
        self.columns.clear()
        for path in self._paths:
            with open_table(path) as table:
                yield from self._read_cases(table)

    def _read_cases(self, table: Table) -> Iterator[Case]:
        columns = ColumnMap.find(table.headers, self._named, table.path)
        text_header = columns.header("text")
        if text_header is None:
            raise TableError(
                table.path,
                f"has no text column among: {list_headers(table.headers)}",
                'name it in a file given with --columns: [columns] text = "…"',
            )
        self.columns[str(table.path)] = columns
        usable = 0
        first: BadRow | None = None
        for row in table:
            if isinstance(row, Row):
                problem = _find_text_problem(row.values.get(text_header))
                if not problem:
                    usable += 1
                    yield self._build_case(row, columns, table.path)
                    continue
                row = BadRow(row.number, text_header, problem, row.values)
            first = first or row
            self.rejected.append(Rejected(str(table.path), row.number, row.column, row.reason, row.values))
        if not usable and first is not None:
            where = f"row {first.number}" + (f', column "{first.column}"' if first.column else "")
            raise TableError(
                table.path, f"has no usable case; the first problem is in {where}: {first.reason}"
            )

    def _build_case(self, row: Row, columns: ColumnMap, path: Path) -> Case:
        def cell(field: str) -> object:
            header = columns.header(field)
            return None if header is None else row.values.get(header)

        def checked(field: str, read: Callable[[object], _T | None], expected: str) -> _T | None:
            value = cell(field)
            result = read(value)
            if result is None and as_text(value):
                header = columns.header(field)
                self.warnings[f'{path}: not a {expected} in column "{header}", left empty'] += 1
            return result

        submission = Submission(
            text=as_text(cell("text")),
            title=as_text(cell("title")),
            received_at=checked("received_at", as_date, "date"),
            jurisdiction=as_label(cell("jurisdiction")),
            form=as_label(cell("form")),
        )
        return Case(
            submission,
            topic=as_topic(row.values.get(header) for header in columns.headers.get("topic", ())),
            function=as_label(cell("function")),
            lead_unit=as_label(cell("lead_unit")),
            co_units=as_units(cell("co_units")),
            lane=as_label(cell("lane")),
            urgency=as_label(cell("urgency")),
            status=as_label(cell("status")),
            transfers=checked("transfers", as_count, "number of times"),
        )


def _find_text_problem(value: object) -> str:
    if isinstance(value, dict | list):
        return "not a text"
    return "" if as_text(value) else "no text"


def read_cases(paths: Iterable[Path | str], column_map: NamedColumns | None = None) -> CaseReading:
    """Read the cases of all files, in order; ``column_map`` comes from ``read_column_map``.

    Nothing is opened before the result is gone through (see CaseReading for what is raised then).
    """
    return CaseReading(paths, column_map)


def default_rejected_path(source: Path | str) -> Path:
    """Return where rejected rows of ``source`` go by default: the working folder."""
    return Path.cwd() / f"{Path(source).stem}.rejected.csv"


def write_rejected(
    path: Path | str, rejected: Iterable[Rejected], mask: Callable[[str], str] | None = None
) -> int:
    """Write rejected rows as CSV for Excel (file, row, column, reason, text); return how many.

    The text is what the row's cells hold, after ``mask``. Raises TableError where it cannot be written.
    """
    count = 0
    with (
        replacing(Path(path)) as temporary,
        temporary.open("w", encoding="utf-8-sig", errors="replace", newline="") as stream,
    ):
        writer = csv.writer(stream)
        writer.writerow(_REJECTED_HEADERS)
        for row in rejected:
            text = _show_cells(row.values)
            text = mask(text) if mask is not None else text
            cells = (row.file, row.row, row.column, row.reason, text[:_LONGEST_REJECTED])
            writer.writerow([guard_formula(cell) if isinstance(cell, str) else cell for cell in cells])
            count += 1
    return count


def _show_cells(values: Mapping[str, object]) -> str:
    return " | ".join(text for value in values.values() if (text := as_text(value)))
