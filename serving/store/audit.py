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

from sqlalchemy import Integer, String, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from fenban.serving.store.base import Base, now

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

FIRST = "0" * 64
_LOCK = 0x66656E62616E  # "fenban": PostgreSQL's advisory lock that keeps the lines in one row
_PAGE = 1000


class AuditRow(Base):
    """A line: who did what to what. ``detail`` holds no personal data."""

    __tablename__ = "audit"

    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[dt.datetime]
    actor: Mapped[str] = mapped_column(String(100), index=True)
    action: Mapped[str] = mapped_column(String(50), index=True)
    subject: Mapped[str] = mapped_column(String(100), index=True)
    detail: Mapped[dict[str, Any]]
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


def hash_of(line: AuditRow) -> str:
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
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def record(session: Session, actor: str, action: str, subject: str, **detail: Any) -> AuditRow:
    """Add a line in the transaction of ``session``; call it last, as it makes other writers wait.

    Args:
        session: a writing session.
        actor: login name of a person, or ``token:NAME``, or ``cli:NAME``.
        action: a verb with its kind, such as ``submission.decide``.
        subject: what it was done to, such as ``submission:12``.
        detail: JSON values without personal data.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    last = session.execute(select(AuditRow.seq, AuditRow.hash).order_by(AuditRow.seq.desc()).limit(1)).first()
    line = AuditRow(
        seq=last.seq + 1 if last else 1,
        at=now(),
        actor=actor,
        action=action,
        subject=subject,
        detail=detail,
        previous=last.hash if last else FIRST,
    )
    line.hash = hash_of(line)
    session.add(line)
    session.flush()
    return line


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verifying found: how many lines hold, and the first that does not, with the reason."""

    lines: int
    head: str
    broken_at: int | None = None
    reason: str | None = None


def verify(session: Session, head: str | None = None) -> Verdict:
    """Follow the chain from its beginning.

    Args:
        session: a reading session.
        head: the hash of a line noted earlier, elsewhere; it must still be in the chain.
    """
    expected_seq, previous, seen_head = 1, FIRST, head is None
    for line in _lines(session):
        reason = _flaw(line, expected_seq, previous)
        if reason:
            return Verdict(expected_seq - 1, previous, expected_seq, reason)
        expected_seq, previous = line.seq + 1, line.hash
        seen_head = seen_head or line.hash == head
    if not seen_head:
        return Verdict(expected_seq - 1, previous, expected_seq, "the noted head is not in the chain")
    return Verdict(expected_seq - 1, previous)


def _flaw(line: AuditRow, expected_seq: int, previous: str) -> str | None:
    if line.seq != expected_seq:
        return f"line {expected_seq} is missing"
    if line.previous != previous:
        return f"line {line.seq} does not follow the line before it"
    if line.hash != hash_of(line):
        return f"line {line.seq} was altered"
    return None


def _lines(session: Session) -> Iterator[AuditRow]:
    last = 0
    while True:
        rows = list(
            session.scalars(select(AuditRow).where(AuditRow.seq > last).order_by(AuditRow.seq).limit(_PAGE))
        )
        yield from rows
        if not rows:
            return
        last = rows[-1].seq
        session.expunge_all()


def count(session: Session) -> int:
    """Return how many lines there are."""
    return session.scalar(select(func.count()).select_from(AuditRow)) or 0
