"""Seals: the SHA-256 of every line of history under the audit, and nothing replaces what is there."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"

_HISTORY = (
    "transitions decisions returns transfers merges outcomes evaluations agreements promises fulfilments"
    " suggestions purges directory_versions"
).split()
_NEWLY_GUARDED = ("seals", "directory_versions")
# what else is unique: REPLACE deletes the row that has it, and fires no trigger of deletion
_UNIQUE = {"decisions": "undoes", "fulfilments": "promise_id"}
_JSON = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
_AUDIT = sa.table(
    "audit",
    sa.column("seq", sa.Integer),
    sa.column("at", sa.DateTime(timezone=True)),
    *(sa.column(name, sa.String) for name in ("actor", "action", "subject", "previous", "hash")),
    sa.column("detail", _JSON),
)
_GUARD = (
    "CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
    "WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) "
    "BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
)
_POSITIVE = (
    "CREATE TRIGGER {table}_counts_from_1 AFTER INSERT ON {table} WHEN NEW.{key} < 1 "
    "BEGIN SELECT RAISE(ABORT, '{table} counts from 1'); END"
)


def upgrade() -> None:
    """Add the seals and the guards; note in the audit how much history is from before."""
    op.add_column("audit", sa.Column("rows", sa.String(64), nullable=True))
    op.create_table(
        "seals",
        sa.Column("table_name", sa.String(20), nullable=False),
        sa.Column("row_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["seq"], ["audit.seq"], name="fk_seals_seq"),
        sa.PrimaryKeyConstraint("table_name", "row_id", name="pk_seals"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_seals_seq", "seals", ["seq"])
    statements = _sqlite() if op.get_bind().dialect.name == "sqlite" else _postgresql()
    for statement in statements:
        op.execute(statement)
    _note_what_is_from_before()


def _sqlite() -> list[str]:
    found = []
    for table in _HISTORY:
        same = " OR ".join(f"{key} = NEW.{key}" for key in ("id", *filter(None, [_UNIQUE.get(table)])))
        found += [_GUARD.format(table=table, same=same), _POSITIVE.format(table=table, key="id")]
    found += [
        _GUARD.format(table="audit", same="seq = NEW.seq"),
        _POSITIVE.format(table="audit", key="seq"),
        _GUARD.format(table="seals", same="table_name = NEW.table_name AND row_id = NEW.row_id"),
    ]
    return found + [
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for table in _NEWLY_GUARDED
        for verb in ("UPDATE", "DELETE")
    ]


def _postgresql() -> list[str]:
    # what replaces there is an update, which the triggers of the first schema refuse
    return [
        *(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION fenban_append_only()"
            for table in _NEWLY_GUARDED
        ),
        *(
            f"CREATE TRIGGER {table}_counts_from_1 BEFORE INSERT ON {table} FOR EACH ROW "
            f"WHEN (NEW.{'seq' if table == 'audit' else 'id'} < 1) EXECUTE FUNCTION fenban_append_only()"
            for table in ("audit", *_HISTORY)
        ),
    ]


def _note_what_is_from_before() -> None:
    """Write a line of the audit with the last id and the number of rows of each table that has any."""
    connection = op.get_bind()
    before = {}
    for name in _HISTORY:
        ids = sa.table(name, sa.column("id", sa.Integer)).c.id
        last, count = connection.execute(sa.select(sa.func.max(ids), sa.func.count(ids))).one()
        if count:
            before[name] = [last, count]
    if not before:
        return
    newest = sa.select(_AUDIT.c.seq, _AUDIT.c.hash).order_by(_AUDIT.c.seq.desc()).limit(1)
    last = connection.execute(newest).first()
    line: dict[str, Any] = {
        "seq": last.seq + 1 if last else 1,
        "at": dt.datetime.now(dt.UTC),
        "actor": "fenban",
        "action": "store.seal",
        "subject": "store",
        "detail": {"before": before},
        "previous": last.hash if last else "0" * 64,
    }
    line["hash"] = _hash_of(line)
    if connection.dialect.name == "sqlite":
        line["at"] = line["at"].replace(tzinfo=None)
    connection.execute(sa.insert(_AUDIT).values(line))


def _hash_of(line: dict[str, Any]) -> str:
    content = {**line, "at": line["at"].isoformat(timespec="microseconds")}
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
