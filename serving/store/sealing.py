"""Triggers that keep the append-only tables append-only, whoever writes to the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .tables.matters import APPEND_ONLY

if TYPE_CHECKING:
    from collections.abc import Iterable

SEALED = (*APPEND_ONLY, "audit", "suggestions", "purges")
MESSAGE = "append-only"
_FUNCTION = "fenban_append_only"


def statements(dialect: str, tables: Iterable[str] = SEALED) -> list[str]:
    """Return the statements that seal ``tables`` on ``sqlite`` or ``postgresql``."""
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is {MESSAGE}'); END"
            for table in tables
            for verb in ("UPDATE", "DELETE")
        ]
    function = (
        f"CREATE OR REPLACE FUNCTION {_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN RAISE EXCEPTION '% is {MESSAGE}', TG_TABLE_NAME; END $$"
    )
    return [
        function,
        *(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {_FUNCTION}()"
            for table in tables
        ),
    ]
