"""People: adding, changing, inviting and disabling them. Every change leaves a line in the audit."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select, update

from ..store import audit
from ..store.base import now
from ..store.errors import ChangedMeanwhileError, NotFoundError, RefusedError
from ..store.tables.accounts import InvitationRow, UserRow
from . import failures, passwords, sessions, tokens
from .digests import digest_of, new_secret
from .errors import InvitationError
from .permissions import ROLES

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from .actor import Actor

FIRST_ADMIN = "admin"
INVITED_FOR = dt.timedelta(days=3)
FIRST_INVITED_FOR = dt.timedelta(hours=24)
_NAME = re.compile(r"[a-z0-9\u4e00-\u9fff][a-z0-9\u4e00-\u9fff._-]{1,39}")
_LONGEST_DISPLAY = 100


def normal_name(name: str) -> str:
    """Return a login name as it is kept: NFKC, lower case, no blanks around."""
    return unicodedata.normalize("NFKC", name).casefold().strip()


def _checked_name(session: Session, name: str) -> str:
    normal = normal_name(name)
    if not _NAME.fullmatch(normal):
        raise RefusedError("登录名要有 2 至 40 个字，只能用字母、数字、汉字和 . _ -")
    if session.scalar(select(UserRow.id).where(UserRow.name == normal)) is not None:
        raise RefusedError("已经有人用这个登录名")
    return normal


def _checked_display(name: str) -> str:
    display = " ".join(name.split())
    if not display or len(display) > _LONGEST_DISPLAY or not display.isprintable():
        raise RefusedError(f"姓名要有 1 至 {_LONGEST_DISPLAY} 个字")
    return display


def get(session: Session, user_id: int) -> UserRow:
    """Return a person. Raises NotFoundError."""
    user = session.get(UserRow, user_id)
    if user is None:
        raise NotFoundError("账户")
    return user


def find_by_name(session: Session, name: str) -> UserRow | None:
    """Return the person of a login name as it was typed, or None."""
    normal = normal_name(name)
    if not _NAME.fullmatch(normal):  # PostgreSQL would not even take some of these as a text
        return None
    return session.scalar(select(UserRow).where(UserRow.name == normal))


def get_by_name(session: Session, name: str) -> UserRow:
    """Return the person of a login name. Raises NotFoundError."""
    user = find_by_name(session, name)
    if user is None:
        raise NotFoundError("账户")
    return user


def state_of(user: UserRow) -> str:
    """Return ``active``, ``invited`` (has no way in yet) or ``disabled``."""
    if user.disabled:
        return "disabled"
    return "active" if user.password_hash or user.oidc_subject else "invited"


def list_people(session: Session, limit: int, after: int = 0) -> list[UserRow]:
    """Return people by row number, from after ``after`` on."""
    chosen = select(UserRow).where(UserRow.id > after).order_by(UserRow.id).limit(limit)
    return list(session.scalars(chosen))


def count(session: Session) -> int:
    """Return how many people there are."""
    return session.scalar(select(func.count()).select_from(UserRow)) or 0


def add(session: Session, maker: Actor, name: str, display_name: str, role: str) -> UserRow:
    """Add a person, who cannot come in before an invitation was accepted (or by the provider).

    Raises:
        RefusedError: the name is taken or not allowed, or there is no such role.
        BeyondOwnError: the role may do more than the maker.
    """
    _check_role(role)
    maker.check_covers(role)
    user = UserRow(name=_checked_name(session, name), display_name=_checked_display(display_name), role=role)
    session.add(user)
    session.flush()
    audit.record(session, maker.label, "user.add", f"user:{user.id}", role=role)
    return user


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise RefusedError(f"没有这个角色：可用的有 {'、'.join(ROLES)}")


def change(
    session: Session,
    maker: Actor,
    user_id: int,
    version: int | None = None,
    *,
    display_name: str | None = None,
    role: str | None = None,
    disabled: bool | None = None,
) -> UserRow:
    """Change what is given; disabling ends the person's sessions and with them the tokens' use.

    Args:
        session: a writing session.
        maker: who does it.
        user_id: the person.
        version: what the caller saw; None skips the check (command line).
        display_name: how the person is called; None leaves it.
        role: see ``permissions.ROLES``; None leaves it.
        disabled: whether the person is kept out; None leaves it.

    Raises:
        NotFoundError, ChangedMeanwhileError: as said there.
        RefusedError: nobody would be left who can manage accounts.
        BeyondOwnError: the person may do more than the maker, or would.
    """
    user = session.get(UserRow, user_id, with_for_update=True)
    if user is None:
        raise NotFoundError("账户")
    if role is not None:
        _check_role(role)
    maker.check_covers(user.role, role or user.role)
    if version is not None and version != user.version:
        raise ChangedMeanwhileError(user.version)
    is_an_admin = user.role == "admin" and state_of(user) == "active"
    if is_an_admin and (disabled or role not in (None, "admin")):
        _keep_an_admin(session, user)
    if display_name is not None:
        user.display_name = _checked_display(display_name)
    if role is not None:
        user.role = role
    if disabled is not None:
        user.disabled = disabled
        if disabled:
            sessions.end_all(session, user.id)
        else:
            failures.forget(session, user.name)
    user.version += 1
    session.flush()
    audit.record(
        session, maker.label, "user.change", f"user:{user.id}", role=user.role, disabled=user.disabled
    )
    return user


def _keep_an_admin(session: Session, leaving: UserRow) -> None:
    others = select(UserRow.id).where(UserRow.role == "admin", UserRow.id != leaving.id, *_CAN_LOG_IN)
    if session.scalar(others.with_for_update().limit(1)) is None:
        raise RefusedError("至少要保留一名可以登录的管理员")


_CAN_LOG_IN = (
    UserRow.disabled.is_(False),
    or_(UserRow.password_hash.is_not(None), UserRow.oidc_subject.is_not(None)),
)


def an_admin_can_log_in(session: Session) -> bool:
    """Whether there is an administrator who has a way in."""
    found = select(UserRow.id).where(UserRow.role == "admin", *_CAN_LOG_IN).limit(1)
    return session.scalar(found) is not None


def invite(
    session: Session, maker: Actor, user: UserRow, lasting: dt.timedelta = INVITED_FOR
) -> tuple[str, dt.datetime]:
    """Return the secret of a link that sets the password once, and when it expires.

    Earlier links of the person, the password, the sessions and the tokens end here: whoever is invited
    anew has forgotten the password, or somebody else knows it.

    Raises:
        BeyondOwnError: the person may do more than the maker.
    """
    maker.check_covers(user.role)
    moment = now()
    earlier = update(InvitationRow).where(InvitationRow.user_id == user.id, InvitationRow.used_at.is_(None))
    session.execute(earlier.values(used_at=moment))
    secret = new_secret()
    expires_at = moment + lasting
    session.add(InvitationRow(digest=digest_of(secret), user_id=user.id, expires_at=expires_at))
    user.password_hash = None
    user.version += 1
    sessions.end_all(session, user.id)
    failures.forget(session, user.name)
    session.flush()
    tokens.revoke_all(session, maker, user.id)
    audit.record(session, maker.label, "user.invite", f"user:{user.id}")
    return secret, expires_at


def first_invitation(session: Session, maker: Actor) -> str | None:
    """Return the secret of a link for the first administrator.

    None where an administrator can log in already, or another one holds a link that is still good.
    """
    if an_admin_can_log_in(session):
        return None
    admins = select(UserRow).where(UserRow.role == "admin").order_by(UserRow.id)
    pending = select(InvitationRow.user_id).where(
        InvitationRow.used_at.is_(None), InvitationRow.expires_at > now()
    )
    others = admins.where(UserRow.name != FIRST_ADMIN, UserRow.id.in_(pending), UserRow.disabled.is_(False))
    if session.scalar(others.limit(1)) is not None:
        return None
    admin = session.scalar(admins.limit(1)) or add(session, maker, FIRST_ADMIN, "管理员", "admin")
    admin.disabled = False
    return invite(session, maker, admin, FIRST_INVITED_FOR)[0]


def person_invited_by(session: Session, secret: str) -> UserRow:
    """Return whom a link is for.

    Raises:
        InvitationError: it was used, has expired or never was one.
    """
    return get(session, _valid(session, secret).user_id)


def _valid(session: Session, secret: str) -> InvitationRow:
    row = session.get(InvitationRow, digest_of(secret), with_for_update=True)
    if row is None or row.used_at is not None or row.expires_at <= now():
        raise InvitationError
    if get(session, row.user_id).disabled:
        raise InvitationError
    return row


def accept(session: Session, secret: str, display_name: str, password_hash: str) -> UserRow:
    """Use a link up: the person gets the password and the name as typed.

    Args:
        session: a writing session.
        secret: of the link.
        display_name: how the person is called.
        password_hash: see ``passwords.hash_password``; made outside the transaction, as it takes long.

    Raises:
        InvitationError: see ``person_invited_by``.
    """
    row = _valid(session, secret)
    user = get(session, row.user_id)
    row.used_at = now()
    user.display_name = _checked_display(display_name)
    user.password_hash = password_hash
    user.version += 1
    sessions.end_all(session, user.id)
    session.flush()
    audit.record(session, user.name, "user.accept", f"user:{user.id}")
    return user


def set_password(session: Session, user: UserRow, password_hash: str) -> None:
    """Replace the password; every session of the person ends."""
    user.password_hash = password_hash
    user.version += 1
    sessions.end_all(session, user.id)
    session.flush()
    audit.record(session, user.name, "user.password", f"user:{user.id}")


def check_password(user: UserRow, password: str) -> None:
    """Refuse a new password that is easily guessed. Raises RefusedError."""
    passwords.check_new(password, user.name, user.display_name)
