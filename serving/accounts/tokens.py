"""Tokens of programs: shown once, limited to scopes, valid until a day, revoked for good."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

from sqlalchemy import select

from ..store import audit
from ..store.base import now
from ..store.errors import NotFoundError, RefusedError
from ..store.tables.accounts import TokenRow, UserRow
from .digests import digest_of, new_secret
from .permissions import PERMISSIONS, in_order, permissions_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from .actor import Actor

PREFIX = "fenban_"
MOST_DAYS = 366
_NAME = re.compile(r"[\w.-]{1,60}")


def create(
    session: Session, maker: Actor, owner: UserRow, name: str, scopes: Iterable[str], days: int
) -> tuple[str, TokenRow]:
    """Add a token; return its secret, which is kept nowhere, and its row.

    Args:
        session: a writing session.
        maker: who makes it; the scopes are no more than what the maker may do.
        owner: in whose name programs act with it.
        name: what history calls it; never given twice.
        scopes: permissions.
        days: how long it is valid, 1 to MOST_DAYS.

    Raises:
        RefusedError: a scope is unknown or not the maker's to give, or the name is taken.
    """
    wanted = frozenset(scopes)
    _check_scopes(wanted, maker, owner)
    if not _NAME.fullmatch(name):
        raise RefusedError("令牌名称要有 1 至 60 个字，只能用字母、数字、汉字和 . _ -")
    if session.scalar(select(TokenRow.id).where(TokenRow.name == name)) is not None:
        raise RefusedError("已经有过这个名称的令牌；历史记录靠名称区分令牌，请换一个")
    if not 1 <= days <= MOST_DAYS:
        raise RefusedError(f"有效期要在 1 至 {MOST_DAYS} 天之间")
    secret = new_secret(PREFIX)
    row = TokenRow(
        name=name,
        user_id=owner.id,
        digest=digest_of(secret),
        scopes=in_order(wanted),
        expires_at=now() + dt.timedelta(days=days),
    )
    session.add(row)
    session.flush()
    audit.record(session, maker.label, "token.create", f"token:{row.id}", scopes=row.scopes, days=days)
    return secret, row


def _check_scopes(wanted: frozenset[str], maker: Actor, owner: UserRow) -> None:
    if not wanted:
        raise RefusedError("请至少选一项权限")
    unknown = sorted(wanted - PERMISSIONS.keys())
    if unknown:
        raise RefusedError(f"没有这项权限：{'、'.join(unknown)[:100]}")
    beyond = in_order(wanted - (maker.permissions & permissions_of(owner.role)))
    if beyond:
        raise RefusedError(f"令牌不能有账户没有的权限：{'、'.join(PERMISSIONS[name] for name in beyond)}")


def list_tokens(session: Session, limit: int, after: int = 0, owner: int | None = None) -> list[TokenRow]:
    """Return tokens by row number, of one person or of all, from after ``after`` on."""
    chosen = select(TokenRow).where(TokenRow.id > after).order_by(TokenRow.id).limit(limit)
    return list(session.scalars(chosen if owner is None else chosen.where(TokenRow.user_id == owner)))


def get_by_name(session: Session, name: str) -> TokenRow:
    """Return the token of a name. Raises NotFoundError."""
    row = session.scalar(select(TokenRow).where(TokenRow.name == name))
    if row is None:
        raise NotFoundError("令牌")
    return row


def revoke(session: Session, maker: Actor, token_id: int) -> TokenRow:
    """Revoke a token; doing so twice changes nothing.

    Raises:
        NotFoundError: there is none, or it is somebody else's and the maker does not manage people.
        BeyondOwnError: its owner may do more than the maker.
    """
    row = session.get(TokenRow, token_id, with_for_update=True)
    if row is None or not (row.user_id == maker.user_id or maker.may("users.manage")):
        raise NotFoundError("令牌")
    if row.user_id != maker.user_id:
        maker.check_covers(session.get_one(UserRow, row.user_id).role)
    _end(session, maker.label, row)
    return row


def revoke_all(session: Session, maker: Actor, owner: int) -> int:
    """Revoke every token of a person; return how many there were that still worked."""
    chosen = select(TokenRow).where(TokenRow.user_id == owner, TokenRow.revoked_at.is_(None))
    rows = list(session.scalars(chosen.order_by(TokenRow.id).with_for_update()))
    for row in rows:
        _end(session, maker.label, row)
    return len(rows)


def _end(session: Session, by: str, row: TokenRow) -> None:
    if row.revoked_at is None:
        row.revoked_at = now()
        session.flush()
        audit.record(session, by, "token.revoke", f"token:{row.id}")
