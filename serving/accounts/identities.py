"""Who is behind a cookie or a token: looked up in the store, and remembered for a few seconds.

A page asks for a dozen things at once; without the memory each of them would cost a look-up. What
was ended is forgotten at once by the process that ended it, and by the others within ``KEPT_S``.
"""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from ..store.base import now
from ..store.errors import StoreError
from ..store.tables.accounts import SessionRow, TokenRow, UserRow
from .actor import Actor
from .digests import digest_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..store.database import Database
    from .sessions import Lifetime

KEPT_S = 5.0
_MOST_KEPT = 5000
_STAMPED_EVERY = dt.timedelta(minutes=5)  # each stamp is a write: once in a while is exact enough


@dataclass(frozen=True, slots=True)
class Identity:
    """Who was recognised. ``csrf`` and ``digest`` are empty for a token."""

    actor: Actor
    expires_at: dt.datetime
    csrf: str = ""
    digest: str = ""


class Identities:
    """Look-ups with a short memory.

    Args:
        database: where sessions and tokens are kept.
        lifetime: how long sessions last.
        clock: seconds, rising.
    """

    def __init__(
        self, database: Database, lifetime: Lifetime, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._lifetime = lifetime
        self._clock = clock
        self._kept: dict[tuple[str, str], tuple[float, Identity | None]] = {}

    def remembered(self, kind: str, secret: str) -> tuple[bool, Identity | None]:
        """Return whether the answer is known without the store, and the answer."""
        known = self._kept.get((kind, digest_of(secret)))
        if known is None or known[0] < self._clock():
            return False, None
        identity = known[1]
        if identity is not None and identity.expires_at <= now():
            return True, None
        return True, identity

    def look_up(self, kind: str, secret: str) -> Identity | None:
        """Ask the store who is behind a ``session`` or a ``token``; call it in a thread.

        Raises:
            StoreError: the store does not answer.
        """
        digest = digest_of(secret)
        began = self._clock()
        identity = self._session(digest) if kind == "session" else self._token(digest)
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()  # only a scan with random secrets fills it
        self._kept[kind, digest] = (began + KEPT_S, identity)
        return identity

    def forget(self) -> None:
        """Forget everything: something was ended or changed."""
        self._kept.clear()

    def _session(self, digest: str) -> Identity | None:
        moment = now()
        wanted = select(SessionRow, UserRow).join(UserRow, UserRow.id == SessionRow.user_id)
        with self._database.reading() as session:
            found = session.execute(wanted.where(SessionRow.id == digest)).first()
        if found is None:
            return None
        row, user = found
        if user.disabled or row.expires_at <= moment or row.created_at + self._lifetime.whole <= moment:
            return None
        expires_at = row.expires_at
        if moment - row.seen_at > min(_STAMPED_EVERY, self._lifetime.idle / 4):
            expires_at = self._lifetime.expiry(row.created_at, moment)
            stamp = update(SessionRow).where(SessionRow.id == digest)
            self._stamp(stamp.values(seen_at=moment, expires_at=expires_at))
        return Identity(_actor(user), expires_at, row.csrf, digest)

    def _token(self, digest: str) -> Identity | None:
        moment = now()
        wanted = select(TokenRow, UserRow).join(UserRow, UserRow.id == TokenRow.user_id)
        with self._database.reading() as session:
            found = session.execute(wanted.where(TokenRow.digest == digest)).first()
        if found is None:
            return None
        row, user = found
        if user.disabled or row.revoked_at is not None or row.expires_at <= moment:
            return None
        if row.used_at is None or moment - row.used_at > _STAMPED_EVERY:
            self._stamp(update(TokenRow).where(TokenRow.id == row.id).values(used_at=moment))
        return Identity(_actor(user, row), row.expires_at)

    def _stamp(self, statement: object) -> None:
        try:
            with self._database.writing() as session:
                session.execute(statement)  # type: ignore[call-overload]
        except StoreError:
            pass  # a stamp that is missed does no harm; the request goes on


def _actor(user: UserRow, token: TokenRow | None = None) -> Actor:
    return Actor(
        name=user.name,
        role=user.role,
        scopes=None if token is None else frozenset(token.scopes),
        user_id=user.id,
        token=token.name if token else None,
        display_name=user.display_name,
    )
