"""Sessions of browsers: they begin at a login, slide with use and end for good after a day."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete

from ..store.base import now
from ..store.tables.accounts import SessionRow
from .digests import digest_of, new_secret

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ..store.tables.accounts import UserRow


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a session lasts without use, and altogether."""

    idle: dt.timedelta = dt.timedelta(hours=12)
    whole: dt.timedelta = dt.timedelta(hours=24)

    def expiry(self, created_at: dt.datetime, seen_at: dt.datetime) -> dt.datetime:
        """Return when a session ends that was last used at ``seen_at``."""
        return min(seen_at + self.idle, created_at + self.whole)


def start(session: Session, user: UserRow, lifetime: Lifetime, replaced: str = "") -> tuple[str, SessionRow]:
    """Begin a session; return what the cookie holds and the row.

    Args:
        session: a writing session.
        user: who has logged in.
        lifetime: how long it lasts.
        replaced: what the browser's cookie held before: that session ends, so that nobody who
            planted it comes in with it (session fixation).
    """
    moment = now()
    session.execute(delete(SessionRow).where(SessionRow.expires_at <= moment))
    if replaced:
        end(session, digest_of(replaced))
    secret = new_secret()
    row = SessionRow(
        id=digest_of(secret),
        user_id=user.id,
        csrf=new_secret(),
        created_at=moment,
        seen_at=moment,
        expires_at=lifetime.expiry(moment, moment),
    )
    user.seen_at = moment
    session.add(row)
    session.flush()
    return secret, row


def end(session: Session, digest: str) -> None:
    """End a session, whether or not it is there."""
    session.execute(delete(SessionRow).where(SessionRow.id == digest))


def end_all(session: Session, user_id: int) -> None:
    """End every session of a person."""
    session.execute(delete(SessionRow).where(SessionRow.user_id == user_id))
