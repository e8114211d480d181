"""Logging in and out. The same answer, after the same time, for a wrong password and an unknown name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..store import audit
from ..store.errors import RefusedError
from ..store.tables.accounts import UserRow
from . import failures, passwords, sessions, tokens, users
from .errors import LoginError

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy.orm import Session

    from ..store.database import Database
    from .actor import Actor

NOBODY = "-"  # what the audit says where nobody is known
_WRONG = (
    f"登录名或密码不对。连续 {failures.NAME_FAILURES} 次不对，会停用登录"
    f" {int(failures.WINDOW.total_seconds() // 60)} 分钟。"
)


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that has begun: what the cookie holds (``secret``), and what pages need."""

    secret: str
    csrf: str
    expires_at: dt.datetime
    user_id: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody typed, and from where. ``cookie`` is what the browser's cookie held before."""

    name: str
    password: str
    address: str
    cookie: str = ""


@dataclass(frozen=True, slots=True)
class PasswordChange:
    """The password as it is, the new one, and whether the person's tokens end with it."""

    current: str
    new: str
    revoke_tokens: bool = False


def log_in(database: Database, attempt: Attempt, lifetime: sessions.Lifetime) -> Opened:
    """Check a name and a password and begin a session; takes a tenth of a second, see ``Gate``.

    Raises:
        LockedError: too many failures.
        LoginError: wrong, unknown, disabled or not accepted yet: which of these is not told.
    """
    name = users.normal_name(attempt.name[:200])
    with database.reading() as session:
        failures.check(session, name, attempt.address)
        user = users.find_by_name(session, name)
    encoded = user.password_hash if user else None
    accepted = passwords.verify(attempt.password, encoded)
    again = passwords.hash_password(attempt.password) if _wants_rehash(accepted, encoded) else None
    with database.writing() as session:
        # what others did while the hash was computed counts
        failures.check(session, name, attempt.address)
        user = session.get(UserRow, user.id, with_for_update=True, populate_existing=True) if user else None
        if user and accepted and not user.disabled and user.password_hash == encoded:
            user.password_hash = again or encoded
            return open_session(session, user, lifetime, attempt.cookie)
        locked = failures.note(session, name, attempt.address)
        subject = f"user:{user.id}" if user else "user:-"
        audit.record(session, NOBODY, "session.refuse", subject, locked=locked)
    raise LoginError(_WRONG)


def _wants_rehash(accepted: bool, encoded: str | None) -> bool:
    return accepted and encoded is not None and passwords.is_outdated(encoded)


def open_session(
    session: Session, user: UserRow, lifetime: sessions.Lifetime, cookie: str = "", way: str = "password"
) -> Opened:
    """Begin the session of a person who has proved to be one, by ``way``; failures are forgotten."""
    failures.forget(session, user.name)
    secret, row = sessions.start(session, user, lifetime, cookie)
    audit.record(session, user.name, "session.start", f"user:{user.id}", way=way)
    return Opened(secret, row.csrf, row.expires_at, user.id)


def log_out(database: Database, digest: str, name: str, user_id: int) -> None:
    """End a session."""
    with database.writing() as session:
        sessions.end(session, digest)
        audit.record(session, name, "session.end", f"user:{user_id}")


def change_password(
    database: Database, actor: Actor, change: PasswordChange, lifetime: sessions.Lifetime, address: str
) -> Opened:
    """Replace the password of the person who acts; all sessions end and a fresh one begins.

    Raises:
        LockedError: too many failures.
        RefusedError: the current password is wrong, which counts as a failed login, or the new one is
            easily guessed.
    """
    assert actor.user_id is not None, "only people have passwords"
    with database.reading() as session:
        user = users.get(session, actor.user_id)
        failures.check(session, user.name, address)
    users.check_password(user, change.new)
    if not passwords.verify(change.current, user.password_hash):
        with database.writing() as session:
            locked = failures.note(session, user.name, address)
            audit.record(session, user.name, "session.refuse", f"user:{user.id}", locked=locked)
        raise RefusedError("现在的密码不对")
    encoded = passwords.hash_password(change.new)
    with database.writing() as session:
        user = users.get(session, user.id)
        users.set_password(session, user, encoded)
        if change.revoke_tokens:
            tokens.revoke_all(session, actor, user.id)
        return open_session(session, user, lifetime, way="password")


def accept_invitation(
    database: Database, secret: str, display_name: str, password: str, lifetime: sessions.Lifetime
) -> Opened:
    """Use an invitation up and begin the first session.

    Raises:
        InvitationError: it was used, has expired or never was one.
        RefusedError: the password is easily guessed, or the name is not allowed.
    """
    with database.reading() as session:
        user = users.person_invited_by(session, secret)
    users.check_password(user, password)
    encoded = passwords.hash_password(password)
    with database.writing() as session:
        user = users.accept(session, secret, display_name, encoded)
        return open_session(session, user, lifetime, way="invitation")
