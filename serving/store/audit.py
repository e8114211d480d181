"""The audit: one line for every change of state, each sealed to the one before by its hash.

The chain follows RFC 6962's idea in its simplest form: the hash of a line covers the line and the
hash of the line before, so that a line altered, taken out or put in between breaks every later one.
Lines cut off at the end are found by a head that was noted elsewhere.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Index, Integer, String, func, insert, select, text
from sqlalchemy.orm import Mapped, mapped_column

from . import sealing
from .base import Base, now
from .tables.seals import SealRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Row
    from sqlalchemy.orm import Session

FIRST = "0" * 64
SEAL_ACTION = "store.seal"  # the line with which seals began, in a store that had history before
_LOCK = 0x66656E62616E  # "fenban": PostgreSQL's advisory lock that keeps the lines in one row
_CLOCKS = dt.timedelta(hours=1)  # no clock is set back by more


class AuditRow(Base):
    """A line: who did what to what. ``detail`` holds no personal data."""

    __tablename__ = "audit"

    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[dt.datetime]
    actor: Mapped[str] = mapped_column(String(100))
    action: Mapped[str] = mapped_column(String(50))
    subject: Mapped[str] = mapped_column(String(100))
    detail: Mapped[dict[str, Any]]
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
    rows: Mapped[str | None] = mapped_column(String(64))  # of the seals of its transaction, see ``sealing``

    __table_args__ = (
        Index("ix_audit_at", "at"),
        Index("ix_audit_actor_seq", "actor", "seq"),
        Index("ix_audit_action_seq", "action", "seq"),
        Index("ix_audit_subject_seq", "subject", "seq"),
    )


def hash_of(line: AuditRow | Row[Any]) -> str:
    """Return the SHA-256 of a line and the hash before it, over canonical JSON."""
    content = {
        "seq": line.seq,
        "at": line.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        "actor": line.actor,
        "action": line.action,
        "subject": line.subject,
        "detail": line.detail,
        "previous": line.previous,
    }
    rows = getattr(line, "rows", None)
    if rows is not None:  # lines of 0.1 have none, nor have lines that were written without history
        content["rows"] = rows
    canonical = json.dumps(
        content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


def record(session: Session, actor: str, action: str, subject: str, **detail: Any) -> AuditRow:
    """Add a line in the transaction of ``session``, with the seals of the history written in it.

    Call it last: it makes other writers wait.

    Args:
        session: a writing session.
        actor: login name of a person, or ``token:NAME``, or ``cli:NAME``.
        action: a verb with its kind, such as ``submission.decide``.
        subject: what it was done to, such as ``submission:12``.
        detail: JSON values without personal data.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    session.flush()
    seals = sealing.take_seals(session)
    last = read_head(session)
    line = AuditRow(
        seq=last.seq + 1,
        at=now(),
        actor=actor,
        action=action,
        subject=subject,
        detail=detail,
        previous=last.hash,
        rows=sealing.summary_of(seals),
    )
    line.hash = hash_of(line)
    session.add(line)
    session.flush()
    if seals:
        session.execute(insert(SealRow), [{**seal._asdict(), "seq": line.seq} for seal in seals])
    return line


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A line that was seen to hold: its number and its hash. The default is before the first line."""

    seq: int = 0
    hash: str = FIRST


def read_head(session: Session) -> Checkpoint:
    """Return the last line, to be noted elsewhere: by it lines cut off at the end are found."""
    last = session.execute(select(AuditRow.seq, AuditRow.hash).order_by(AuditRow.seq.desc()).limit(1)).first()
    return Checkpoint(last.seq, last.hash) if last else Checkpoint()


def moment_of(session: Session, seq: int) -> dt.datetime | None:
    """Return when a line was written; None where there is no such line."""
    return session.scalar(select(AuditRow.at).where(AuditRow.seq == seq))


def count(session: Session) -> int:
    """Return how many lines there are."""
    return session.scalar(select(func.count()).select_from(AuditRow)) or 0


def read_page(
    session: Session,
    filters: Sequence[ColumnElement[bool]] = (),
    before: int | None = None,
    limit: int = 50,
) -> list[AuditRow]:
    """Return lines that pass ``filters`` over ``AuditRow``, the latest first, below ``before``."""
    query = select(AuditRow).where(*filters).order_by(AuditRow.seq.desc()).limit(limit)
    if before is not None:
        query = query.where(AuditRow.seq < before)
    return list(session.scalars(query))


def read_between(
    session: Session, since: dt.datetime | None, until: dt.datetime | None
) -> list[ColumnElement[bool]]:
    """Return filters for the lines from ``since`` up to before ``until``.

    Lines are numbered as time goes, give or take a clock that was set right; so most of those outside
    are left out by their numbers, which a page of the latest lines is read by anyway.
    """
    found: list[ColumnElement[bool]] = []
    seq, at = AuditRow.seq, AuditRow.at
    if since is not None:
        near = select(func.min(seq)).where(at >= since - _CLOCKS, at < since + _CLOCKS)
        after = select(seq).where(at >= since).order_by(at).limit(1)
        found += [at >= since, seq >= (session.scalar(near) or session.scalar(after) or 0)]
    if until is not None:
        near = select(func.max(seq)).where(at >= until - _CLOCKS, at < until + _CLOCKS)
        before = select(seq).where(at < until).order_by(at.desc()).limit(1)
        found += [at < until, seq <= (session.scalar(near) or session.scalar(before) or 0)]
    return found
