"""A city's own directory of departments from a table (.xlsx, .csv, .jsonl).

``read_directory`` takes a table as the whole directory and refuses it where a row cannot be read;
``read_listed`` sets such rows aside, for a person who looks through an import before it counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fenban.model import Directory, DirectoryError, Function, Predecessor, TableError, Unit

from ..tables.cases import BadRow, Row, open_table
from ..tables.cells import as_date, as_label, as_units
from ..tables.columns import fold_header, list_headers

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable
    from pathlib import Path

HEADERS: dict[str, tuple[str, ...]] = {
    "name": ("单位", "单位名称", "名称", "部门", "部门名称", "机构名称", "承办单位", "unit", "name"),
    "function": ("职能", "承办职能", "职能类别", "function"),
    "jurisdiction": ("属地", "区域", "所属区域", "行政区划", "jurisdiction"),
    "aliases": ("别名", "简称", "别称", "aliases"),
    "duties": ("职责", "主要职责", "工作职责", "duties"),
    "valid_from": ("启用日期", "启用", "启用时间", "成立日期", "valid_from"),
    "valid_until": ("停用日期", "停用", "停用时间", "撤销日期", "valid_until"),
    "superior": ("上级", "上级单位", "主管单位", "上级部门", "superior"),
    "former": ("原名称", "原单位", "曾用名", "前身", "former"),
}
MOST_UNITS = 100_000  # rows of one table; a country's departments are not more
_YES = frozenset("是 √ ✓ y yes true 1 启用 正常 有效 在用 停用 已停用".split())
_NO = frozenset("否 × n no false 0 未停用 未启用".split())


@dataclass(frozen=True, slots=True)
class ListedUnit:
    """A row of a city's list, as it is written; what the row leaves empty is None or ()."""

    row: int
    name: str
    function: str | None = None
    jurisdiction: str | None = None
    aliases: tuple[str, ...] = ()
    duties: tuple[str, ...] = ()
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None
    superior: str | None = None
    former: tuple[str, ...] = ()
    ended: bool = False  # said to be out of use, without a day


class NoUnitColumnError(TableError):
    """A table has no column that names units. ``headers`` are those it has."""

    def __init__(self, path: object, headers: Iterable[str]) -> None:
        self.headers = list_headers(headers)
        super().__init__(path, f"has no column of units among: {self.headers}", "call it 单位 or name")


class _CellError(Exception):
    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


def read_directory(path: Path) -> Directory:
    """Read a directory: one unit a row.

    Columns by header, see ``HEADERS``; only the name is needed. A unit without a function is its
    own function, so that it can be suggested. Duties are separated by ； ; or a new line.

    Raises:
        TableError: the table cannot be read or has no column of names.
        DirectoryError: a row cannot be read, two name the same unit, or a date is none.
    """
    listed, unreadable = read_listed(path)
    if unreadable:  # one left out would be a department that nobody misses
        bad = unreadable[0]
        column = f', column "{bad.column}"' if bad.column else ""
        raise DirectoryError(f"{path}: row {bad.number}{column}: {bad.reason}")
    if not listed:
        raise TableError(path, "names no unit")
    duties: dict[str, list[str]] = {}
    for row in listed:
        found = duties.setdefault(row.function or row.name, [])
        found += [duty for duty in row.duties if duty not in found]
    return Directory(
        [Function(name, duties=tuple(duties[name])) for name in sorted(duties)], map(unit_of, listed)
    )


def unit_of(row: ListedUnit) -> Unit:
    """Return the unit that a row lists, taken alone.

    Raises:
        DirectoryError: the row says that the unit is out of use and not since when.
    """
    if row.ended and row.valid_until is None:
        raise DirectoryError(f"row {row.row}: {row.name} is out of use, but there is no day of it")
    until = row.valid_from.isoformat() if row.valid_from else None
    return Unit(
        row.name,
        row.function or row.name,
        row.jurisdiction,
        row.aliases,
        row.valid_from,
        row.valid_until,
        row.superior,
        tuple(Predecessor(name, until, "更名") for name in row.former),
    )


def read_listed(path: Path, *, several_functions: bool = False) -> tuple[list[ListedUnit], list[BadRow]]:
    """Read a city's list row by row; what cannot be read is set aside with its reason.

    Args:
        path: of the table.
        several_functions: a unit may come once for each of its functions and places; else once.

    Raises:
        NoUnitColumnError: no column names units.
        TableError: the table cannot be read, or has too many rows.
    """
    listed: list[ListedUnit] = []
    unreadable: list[BadRow] = []
    seen: set[tuple[str | None, ...]] = set()
    with open_table(path) as table:
        columns = _find_columns(table.headers)
        if "name" not in columns:
            raise NoUnitColumnError(path, table.headers)
        for row in table:
            try:
                found = _read_unit(row, columns) if isinstance(row, Row) else None
                if found is not None:
                    key = (found.name, *((found.function, found.jurisdiction) if several_functions else ()))
                    if key in seen:
                        raise _CellError("name", f"{found.name} comes twice")
                    seen.add(key)
                    listed.append(found)
            except _CellError as error:
                unreadable.append(BadRow(row.number, columns[error.field], error.reason, row.values))
            if isinstance(row, BadRow):
                unreadable.append(row)
            if len(listed) + len(unreadable) > MOST_UNITS:
                raise TableError(path, f"has more than {MOST_UNITS} rows")
    return listed, unreadable


def _read_unit(row: Row, columns: dict[str, str]) -> ListedUnit | None:
    cells = {field: row.values.get(header) for field, header in columns.items()}
    name = as_label(cells.get("name"))
    if name is None:
        return None
    in_use, out_of_use = (_read_yes_or_no(cells.get(field)) for field in ("valid_from", "valid_until"))
    begins = None if in_use is not None else _read_day(cells.get("valid_from"), "valid_from")
    ends = None if out_of_use is not None else _read_day(cells.get("valid_until"), "valid_until")
    if begins and ends and ends < begins:
        raise _CellError("valid_until", f"{ends} lies before {begins}")
    return ListedUnit(
        row.number,
        name,
        as_label(cells.get("function")),
        as_label(cells.get("jurisdiction")),
        as_units(cells.get("aliases")),
        tuple(dict.fromkeys(_split_clauses(as_label(cells.get("duties"))))),
        begins,
        ends,
        as_label(cells.get("superior")),
        as_units(cells.get("former")),
        in_use is False or out_of_use is True,
    )


def _find_columns(headers: Iterable[str]) -> dict[str, str]:
    present = {fold_header(header): header for header in headers}
    found = {}
    for field, names in HEADERS.items():
        used = next((present[name] for name in names if name in present), None)
        if used:
            found[field] = used
    return found


def _split_clauses(text: str | None) -> list[str]:
    lines = (text or "").replace("；", "\n").replace(";", "\n").splitlines()
    return [line.strip() for line in lines if line.strip()]


def _read_yes_or_no(value: object) -> bool | None:
    """Read a column that says whether instead of when; None for anything else."""
    word = (as_label(value) or "").casefold()
    return True if word in _YES else False if word in _NO else None


def _read_day(value: object, field: str) -> dt.date | None:
    day = as_date(value)
    if day is None and as_label(value):
        raise _CellError(field, f"{value!r} is not a date")
    return day
