"""The rows of a table as its reader hands them on, good and bad."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from fenban.model import TableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path


MOST_COLUMNS = 1024  # with anything in the header; what has more is no table of matters or units


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number as a person sees it in the file (header = 1), and its cells by header.

    ``typed`` holds those cells of a workbook that are numbers or dates, as such.
    """

    number: int
    values: dict[str, object]
    typed: dict[str, object] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be read: where, in which column ("" where no one column), and why."""

    number: int
    column: str
    reason: str
    values: dict[str, object]


class Table:
    """An open table: ``headers``, and rows that can be gone through once. Use it in ``with``."""

    def __init__(
        self,
        path: Path,
        headers: tuple[str, ...],
        rows: Iterator[Row | BadRow],
        close: Callable[[], None],
    ) -> None:
        self.path = path
        self.headers = headers
        self._rows = rows
        self._close = close

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Row | BadRow]:
        """Yield the rows in order; rows with nothing in them are left out.

        Raises TableError where there is none, or where the file turns out to be damaged.
        """
        number_of_rows = 0
        for row in self._rows:
            number_of_rows += 1
            yield row
        if not number_of_rows:
            raise TableError(self.path, "has a header but no rows")

    def close(self) -> None:
        """Close the file; may be called twice."""
        self._close()


def check_width(path: Path, width: int) -> None:
    """Refuse a table with more than ``MOST_COLUMNS`` columns. Raises TableError."""
    if width > MOST_COLUMNS:
        raise TableError(path, f"has more than {MOST_COLUMNS:,} columns", "keep only those that are needed")


def name_columns(path: Path, cells: Sequence[str]) -> tuple[str, ...]:
    """Return one name for each header cell: blank ones get a number, repeated ones a mark.

    Raises TableError where there are more than ``MOST_COLUMNS``.
    """
    check_width(path, len(cells))
    names: dict[str, None] = {}
    for position, cell in enumerate(cells, start=1):
        name = cell.replace("\ufeff", "").strip() or f"column {position}"
        unique, copies = name, 1
        while unique in names:
            copies += 1
            unique = f"{name} ({copies})"
        names[unique] = None
    return tuple(names)
