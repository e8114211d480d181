"""Answers kept under an Idempotency-Key: the same request sent again gets the answer it got before."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from .base import now
from .errors import ReusedKeyError
from .tables.matters import IdempotencyRow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

KEPT = dt.timedelta(hours=48)
_CLEARED = 100  # old keys that one claim clears away


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it was given."""

    status: int
    body: dict[str, Any]
    etag: str | None


def claim(session: Session, key: str, actor: str, fingerprint: str) -> Kept | None:
    """Take a key for this request, or return the answer that it already got.

    Whoever sends the same key at the same time waits here until the first has committed, and then
    finds its answer; where the first failed, nothing is kept and the second takes the key.

    Args:
        session: a writing session; ``keep`` follows in the same transaction.
        key: what the caller sent.
        actor: whose key it is; other callers' keys do not meet it.
        fingerprint: of the request, to tell another request under the same key.

    Raises:
        ReusedKeyError: the key came with another request before.
    """
    old = select(IdempotencyRow.key).where(IdempotencyRow.at < now() - KEPT).limit(_CLEARED)
    # locked ones are being cleared by another writer
    session.execute(
        delete(IdempotencyRow).where(
            IdempotencyRow.key.in_(old.with_for_update(skip_locked=True)), IdempotencyRow.at < now() - KEPT
        )
    )
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    taken = session.execute(
        insert(IdempotencyRow)
        .values(key=key, actor=actor, fingerprint=fingerprint, status=0, body={}, at=now())
        .on_conflict_do_nothing()
        .returning(IdempotencyRow.key)
    ).first()
    if taken:
        return None
    found = session.execute(select(IdempotencyRow).filter_by(key=key, actor=actor)).scalar_one()
    if found.fingerprint != fingerprint:
        raise ReusedKeyError
    return Kept(found.status, found.body, found.etag)


def keep(session: Session, key: str, actor: str, answer: Kept) -> None:
    """Keep the answer under a key that was claimed in this transaction."""
    session.execute(
        update(IdempotencyRow)
        .where(IdempotencyRow.key == key, IdempotencyRow.actor == actor)
        .values(status=answer.status, body=answer.body, etag=answer.etag)
    )
