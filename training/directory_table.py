"""A city's own directory of departments from a table (.xlsx, .csv, .jsonl)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fenban.model.directory import Directory, Function, Unit
from fenban.model.errors import DirectoryError, TableError
from fenban.training.cells import as_date, as_label, as_units
from fenban.training.columns import fold_header, list_headers
from fenban.training.tables import BadRow, Row, open_table

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator
    from pathlib import Path

HEADERS: dict[str, tuple[str, ...]] = {
    "name": ("单位", "单位名称", "名称", "unit", "name"),
    "function": ("职能", "承办职能", "function"),
    "jurisdiction": ("属地", "区域", "jurisdiction"),
    "aliases": ("别名", "简称", "aliases"),
    "duties": ("职责", "duties"),
    "valid_from": ("启用日期", "valid_from"),
    "valid_until": ("停用日期", "valid_until"),
}


def read_directory(path: Path) -> Directory:
    """Read a directory: one unit a row.

    Columns by header, see ``HEADERS``; only the name is needed. A unit without a function is its
    own function, so that it can be suggested. Duties are separated by ； ; or a new line.

    Raises:
        TableError: the table cannot be read or has no column of names.
        DirectoryError: a row cannot be read, two name the same unit, or a date is none.
    """
    with open_table(path) as table:
        columns = _columns(table.headers)
        if "name" not in columns:
            raise TableError(
                path, f"has no column of units among: {list_headers(table.headers)}", "call it 单位 or name"
            )
        return _directory(path, columns, _sound(path, table))


def _sound(path: Path, rows: Iterable[Row | BadRow]) -> Iterator[Row]:
    """Pass the rows on; one that cannot be read would be a department that nobody misses."""
    for row in rows:
        if isinstance(row, BadRow):
            column = f', column "{row.column}"' if row.column else ""
            raise DirectoryError(f"{path}: row {row.number}{column}: {row.reason}")
        yield row


def _directory(path: Path, columns: dict[str, str], rows: Iterable[Row]) -> Directory:
    units: dict[str, Unit] = {}
    duties: dict[str, list[str]] = {}
    for row in rows:
        cells = {field: row.values.get(header) for field, header in columns.items()}
        name = as_label(cells.get("name"))
        if name is None:
            continue
        if name in units:
            raise DirectoryError(f'{path}: row {row.number}, column "{columns["name"]}": {name} comes twice')
        function = as_label(cells.get("function")) or name
        where = as_label(cells.get("jurisdiction"))
        begins, ends = (_day(path, row, columns, field) for field in ("valid_from", "valid_until"))
        if begins and ends and ends < begins:
            place = f'row {row.number}, column "{columns["valid_until"]}"'
            raise DirectoryError(f"{path}: {place}: {ends} lies before {begins}")
        units[name] = Unit(name, function, where, as_units(cells.get("aliases")), begins, ends)
        found = duties.setdefault(function, [])
        found += [duty for duty in _clauses(as_label(cells.get("duties"))) if duty not in found]
    if not units:
        raise TableError(path, "names no unit")
    return Directory([Function(name, duties=tuple(duties[name])) for name in sorted(duties)], units.values())


def _columns(headers: Iterable[str]) -> dict[str, str]:
    present = {fold_header(header): header for header in headers}
    found = {}
    for field, names in HEADERS.items():
        used = next((present[name] for name in names if name in present), None)
        if used:
            found[field] = used
    return found


def _clauses(text: str | None) -> list[str]:
    lines = (text or "").replace("；", "\n").replace(";", "\n").splitlines()
    return [line.strip() for line in lines if line.strip()]


def _day(path: Path, row: Row, columns: dict[str, str], field: str) -> dt.date | None:
    if field not in columns:
        return None
    value = row.values.get(columns[field])
    day = as_date(value)
    if day is None and as_label(value):
        raise DirectoryError(f'{path}: row {row.number}, column "{columns[field]}": {value!r} is not a date')
    return day
