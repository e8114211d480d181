"""Rows of a table as submissions, none left out: an unreadable row is an empty text with a reason."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fenban.model import Submission, TableError
from fenban.training import (
    BadRow,
    ColumnMap,
    NamedColumns,
    Rejected,
    Row,
    as_date,
    as_label,
    as_text,
    list_headers,
    open_table,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from fenban.training import Table


@dataclass(frozen=True, slots=True)
class SubmissionRow:
    """A row of a table: its cells as text, the numbers and dates of a workbook as such in ``typed``,
    its text, and why there is none."""

    number: int
    values: dict[str, object]
    submission: Submission
    problem: str
    column: str = ""
    typed: Mapping[str, object] = field(default_factory=dict)

    @property
    def is_blank(self) -> bool:
        """Whether nothing at all stands in the row."""
        return not any(as_text(value) for value in self.values.values())

    def rejected(self, file: str) -> Rejected:
        """Return the row as one that cannot be read."""
        return Rejected(file, self.number, self.column, self.problem, self.values)


class SubmissionTable:
    """An open table whose rows are submissions."""

    def __init__(self, table: Table, columns: ColumnMap, jurisdiction: str | None) -> None:
        self.headers = table.headers
        self._table = table
        self._columns = columns
        self._jurisdiction = jurisdiction

    def __iter__(self) -> Iterator[SubmissionRow]:
        for row in self._table:
            yield self._row(row)

    def _row(self, row: Row | BadRow) -> SubmissionRow:
        if isinstance(row, BadRow):
            return SubmissionRow(row.number, row.values, Submission(""), row.reason, row.column)

        def cell(field: str) -> object:
            header = self._columns.header(field)
            return None if header is None else row.values.get(header)

        submission = Submission(
            text=as_text(cell("text")),
            title=as_text(cell("title")),
            received_at=as_date(cell("received_at")),
            jurisdiction=as_label(cell("jurisdiction")) or self._jurisdiction,
            form=as_label(cell("form")),
        )
        if submission.text or submission.title:
            return SubmissionRow(row.number, row.values, submission, "", typed=row.typed)
        column = self._columns.header("text") or ""
        return SubmissionRow(row.number, row.values, submission, "no text", column, row.typed)


@contextlib.contextmanager
def open_submissions(
    path: Path, named: NamedColumns | None = None, jurisdiction: str | None = None
) -> Iterator[SubmissionTable]:
    """Open a table for routing; a blank row in its midst is a row too, so that rows keep their places.

    ``jurisdiction`` stands in where a row names none. Raises TableError where the file cannot be
    read or has no column of texts.
    """
    with open_table(path, keep_blank=True) as table:
        columns = ColumnMap.find(table.headers, named, path)
        if columns.header("text") is None:
            raise TableError(
                path,
                f"has no text column among: {list_headers(table.headers)}",
                'name it in a file given with --columns: [columns] text = "…"',
            )
        yield SubmissionTable(table, columns, jurisdiction)
