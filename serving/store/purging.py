"""Deleting personal data when they are no longer needed (retention), and leaving a record of it.

The masked text of a matter stays, with everything that was decided. Deleting a row alone would leave
its bytes in the file until something else is written there; ``compact`` writes the file anew.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, func, or_, select
from sqlalchemy.orm import aliased

from fenban.model import InputError

from . import audit
from .base import CHINA, now
from .states import CLOSED
from .tables.accounts import InvitationRow, SessionRow
from .tables.matters import IdempotencyRow, SubmissionRow, SubmissionTextRow
from .tables.purges import PurgeRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from .database import Database

BATCH = 1000
_ANSWERS_KEPT = dt.timedelta(days=1)
_PURGED_TABLES = ("submission_texts", "idempotency_keys", "sessions", "invitations")


@dataclass(frozen=True, slots=True)
class Purged:
    """What was deleted: raw texts of matters, kept answers, and sessions and invitations that had ended."""

    texts: int
    answers: int
    sessions: int


def parse_age(given: str, at: dt.datetime) -> dt.datetime:
    """Return the moment that ``365d`` or ``2024-01-01`` names (a day begins in China).

    Raises:
        InputError: it is neither, or not in the past.
    """
    try:
        if days := re.fullmatch(r"(\d{1,5})d", given.strip()):
            found = at - dt.timedelta(days=int(days[1]))
        else:
            found = dt.datetime.combine(dt.date.fromisoformat(given.strip()), dt.time(), CHINA)
    except (ValueError, OverflowError) as error:
        raise InputError(
            f"--older-than {given}: give days, such as 365d, or a date, such as 2024-01-01"
        ) from error
    if found > at:
        raise InputError(f"--older-than {given}: lies in the future")
    return found.astimezone(dt.UTC)


def select_due(older_than: dt.datetime) -> Select[int]:
    """Return a query of the matters whose raw text may go: closed before, with all they were merged into.

    Who sent in a matter that was merged is answered when the other one is closed; so long the contact
    is needed.
    """
    into = aliased(SubmissionRow)
    return (
        select(SubmissionTextRow.submission_id)
        .join(SubmissionRow, SubmissionRow.id == SubmissionTextRow.submission_id)
        .outerjoin(into, into.id == SubmissionRow.merged_into)
        .where(
            SubmissionRow.state.in_(sorted(CLOSED)),
            SubmissionRow.closed_at < older_than,
            or_(into.id.is_(None), and_(into.state.in_(sorted(CLOSED)), into.closed_at < older_than)),
        )
    )


def count_due(session: Session, older_than: dt.datetime) -> int:
    """Return how many raw texts would be deleted."""
    return session.scalar(select(func.count()).select_from(select_due(older_than).subquery())) or 0


def purge(
    database: Database, older_than: dt.datetime, by: str, progress: Callable[[int], None] = lambda _: None
) -> Purged:
    """Delete what is older, in batches, so that nobody at the desk waits for long.

    Each batch leaves its row in ``purges`` and its line in the audit in the transaction that deletes;
    whenever this is interrupted, what is gone is recorded, and the next call goes on.

    Args:
        database: the store.
        older_than: matters closed before this moment lose their raw text, submitter and contact.
        by: who does it, as the audit says it.
        progress: told after each batch how many texts are gone.

    Raises:
        StoreBusyError: others wrote for too long; what was deleted so far is recorded.
    """
    at = now()
    texts = 0
    while True:
        with database.writing() as session:
            gone = _delete_texts(session, older_than)
            if gone or not texts:
                _leave_record(session, older_than, by, gone)
        texts += gone
        progress(texts)
        if gone < BATCH:
            break
    with database.writing() as session:
        answers = _count_deleted(
            session, delete(IdempotencyRow).where(IdempotencyRow.at < at - _ANSWERS_KEPT)
        )
        ended = _count_deleted(session, delete(SessionRow).where(SessionRow.expires_at < at))
        ended += _count_deleted(session, delete(InvitationRow).where(InvitationRow.expires_at < at))
        if answers or ended:
            audit.record(session, by, "store.tidy", "store", answers=answers, sessions=ended)
    return Purged(texts, answers, ended)


def _delete_texts(session: Session, older_than: dt.datetime) -> int:
    ids = list(session.scalars(select_due(older_than).limit(BATCH)))
    return _count_deleted(session, delete(SubmissionTextRow).where(SubmissionTextRow.submission_id.in_(ids)))


def _count_deleted(session: Session, statement: object) -> int:
    return int(session.execute(statement).rowcount)  # type: ignore[call-overload]


def _leave_record(session: Session, older_than: dt.datetime, by: str, submissions: int) -> None:
    row = PurgeRow(by=by, older_than=older_than, submissions=submissions)
    session.add(row)
    session.flush()
    detail = {"older_than": older_than.isoformat(), "submissions": submissions}
    audit.record(session, by, "store.purge", f"purge:{row.id}", **detail)


def compact(database: Database) -> bool:
    """Write the store anew without what was deleted; return whether nothing of it is left in the files.

    On SQLite the whole file is copied (as much free disk as the store takes) and the write-ahead log
    emptied, for which no reader may be in the middle of something. On PostgreSQL the purged tables are
    rewritten; its own log and backups are the administrator's.

    Raises:
        StoreBusyError: others wrote for too long.
    """
    with database.alone() as connection:
        if not database.is_sqlite:
            for table in _PURGED_TABLES:
                connection.exec_driver_sql(f"VACUUM (FULL) {table}")
            return True
        connection.exec_driver_sql("VACUUM")
        busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
        return not busy
