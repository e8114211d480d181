"""Writing many rows fast, past the ORM: COPY on PostgreSQL, prepared inserts on SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy import Table
    from sqlalchemy.engine import Connection

Row = dict[str, Any]


def write(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Write rows in the transaction of a connection; every row names the same columns as the first."""
    if not rows:
        return
    names = list(rows[0])
    binds = {place: bind for place, name in enumerate(names) if (bind := _bind(connection, table, name))}
    values = [[row[name] for name in names] for row in rows]
    for row_values in values:
        for place, bind in binds.items():
            row_values[place] = bind(row_values[place])
    if connection.dialect.name == "postgresql":
        _copy(connection, table.name, names, values)
    else:
        marks = ", ".join("?" * len(names))
        # names come from our own tables
        statement = f"INSERT INTO {table.name} ({', '.join(_quote(names))}) VALUES ({marks})"  # noqa: S608
        cursor = _driver(connection).cursor()
        cursor.executemany(statement, values)


def _bind(connection: Connection, table: Table, name: str) -> Callable[[Any], Any] | None:
    dialect = connection.dialect
    found: Callable[[Any], Any] | None = table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
    return found


def _copy(connection: Connection, table: str, names: list[str], rows: Iterable[Sequence[Any]]) -> None:
    statement = f"COPY {table} ({', '.join(_quote(names))}) FROM STDIN"
    with _driver(connection).cursor().copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def _quote(names: Iterable[str]) -> list[str]:
    return [f'"{name}"' for name in names]


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


def continue_counting(connection: Connection, tables: Iterable[Table]) -> None:
    """Let PostgreSQL's counters of ids go on after the rows that brought their own."""
    if connection.dialect.name != "postgresql":
        return
    for table in tables:
        if "id" in table.c and isinstance(table.c.id.type, Integer):
            connection.exec_driver_sql(
                f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), "  # noqa: S608 - our own names
                f"greatest((SELECT max(id) FROM {table.name}), 1))"
            )
