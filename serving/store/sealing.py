"""Sealing history: every row of an append-only table has its SHA-256 under a line of the audit.

Triggers, made by the migrations, refuse anything but new rows. They can be taken away by whoever may
do everything with the database; then the seals tell what was changed, as the audit's chain covers them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import inspect

from .tables.directory import DirectoryVersionRow
from .tables.matters import (
    AgreementRow,
    DecisionRow,
    EvaluationRow,
    FulfilmentRow,
    MergeRow,
    OutcomeRow,
    PromiseRow,
    ReturnRow,
    SuggestionRow,
    TransferRow,
    TransitionRow,
)
from .tables.purges import PurgeRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Table
    from sqlalchemy.orm import Session

    from .base import Base

HISTORY: dict[str, type[Base]] = {
    kind.__tablename__: kind
    for kind in (
        TransitionRow,
        DecisionRow,
        ReturnRow,
        TransferRow,
        MergeRow,
        OutcomeRow,
        EvaluationRow,
        AgreementRow,
        PromiseRow,
        FulfilmentRow,
        SuggestionRow,
        PurgeRow,
        DirectoryVersionRow,
    )
}
SEALED = (*HISTORY, "audit", "seals")  # tables that nothing is changed in or deleted from
_WRITTEN = "fenban_written"


class Seal(NamedTuple):
    """Which row it is of, and the SHA-256 of what it said."""

    table_name: str
    row_id: int
    digest: str


def digest_of(table: Table, values: Mapping[Any, Any]) -> str:
    """Return the SHA-256 of a row's content as canonical JSON.

    Empty columns are left out, so that a column that is added later leaves older seals as they are.
    """
    content = {name: _plain(value) for name, value in values.items() if value is not None}
    canonical = json.dumps(
        {"table": table.name, "row": content},
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
        allow_nan=False,
    )
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def _plain(value: Any) -> Any:
    """Return a value as JSON has it, the same whether it comes from the program or from either database."""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="microseconds")
    if isinstance(value, dt.date):
        return value.isoformat()
    return _evened(json.loads(json.dumps(value)))


def _evened(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)  # PostgreSQL gives back 1e16 as a whole number
    if isinstance(value, dict):
        return {name: _evened(one) for name, one in value.items()}
    return [_evened(one) for one in value] if isinstance(value, list) else value


def note_written(session: Session, _context: object) -> None:
    """Remember the rows of history that a flush has written; listens to ``after_flush``."""
    written = [row for row in session.new if row.__tablename__ in HISTORY]
    session.info.setdefault(_WRITTEN, []).extend(written)


def refuse_unsealed(session: Session) -> None:
    """Refuse to commit history that no line of the audit covers; listens to ``before_commit``.

    Raises:
        RuntimeError: there is some; a defect of the caller, who must end with ``audit.record``.
    """
    session.flush()
    if session.info.get(_WRITTEN):
        raise RuntimeError("history was written without a line of the audit")


def take_seals(session: Session) -> list[Seal]:
    """Return the seals of the rows that were written since the last call."""
    rows = [row for row in session.info.pop(_WRITTEN, ()) if inspect(row).persistent]
    return [Seal(row.__tablename__, row.id, digest_of(row.__table__, _values(row))) for row in rows]


def _values(row: Any) -> dict[str, Any]:
    return {column.name: getattr(row, column.name) for column in row.__table__.columns}


def summary_of(seals: Iterable[Seal]) -> str | None:
    """Return what a line of the audit holds of its seals: one SHA-256 of all; None where there are none."""
    lines = sorted(f"{seal.table_name} {seal.row_id} {seal.digest}" for seal in seals)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest() if lines else None
