"""The brake on guessing: failed logins under one name and from one address lock them for a while."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite

from ..store.base import now
from ..store.tables.accounts import FailureRow
from .digests import digest_of
from .errors import LockedError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

NAME_FAILURES = 5
ADDRESS_FAILURES = 50  # an office may share one address
WINDOW = dt.timedelta(minutes=15)
_FORGOTTEN = dt.timedelta(days=1)


def _address_key(address: str) -> str:
    return digest_of(f"address:{address}")


def _keys(name: str, address: str) -> dict[str, int]:
    return {
        digest_of(f"name:{name}"): NAME_FAILURES,
        _address_key(address): ADDRESS_FAILURES,
    }


def check(session: Session, name: str, address: str) -> None:
    """Refuse to go on while the name or the address is locked.

    Raises:
        LockedError: with the minutes in Chinese; the same whether or not the name exists.
    """
    moment = now()
    of_address = _address_key(address)
    for key in _keys(name, address):
        row = session.get(FailureRow, key)
        if row and row.locked_until and row.locked_until > moment:
            raise locked_error(row.locked_until - moment, of_address=key == of_address)


def locked_error(left: dt.timedelta, *, of_address: bool = False) -> LockedError:
    """Return the error that tells how long and, where an address is locked, what to do about it."""
    minutes = max(1, math.ceil(left.total_seconds() / 60))
    told = f"登录失败的次数太多，请 {minutes} 分钟后再试。"
    if of_address:
        told = (
            f"您所在的网络地址登录失败的次数太多，请 {minutes} 分钟后再试。"
            "若全单位都无法登录，请管理员检查反向代理的设置（--proxy）。"
        )
    return LockedError(told, math.ceil(left.total_seconds()))


def note(session: Session, name: str, address: str) -> bool:
    """Count a failure; return whether it locked the name or the address."""
    moment = now()
    locked = False
    session.execute(delete(FailureRow).where(FailureRow.since < moment - _FORGOTTEN))
    for key, most in _keys(name, address).items():
        row = _row(session, key)
        if moment - row.since > WINDOW:
            row.failures, row.since, row.locked_until = 0, moment, None
        row.failures += 1
        if row.failures >= most:
            row.failures, row.locked_until = 0, moment + WINDOW
            locked = True
    session.flush()
    return locked


def _row(session: Session, key: str) -> FailureRow:
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    # two failures at the same moment must not both find no row and both add one
    session.execute(insert(FailureRow).values(key=key, failures=0, since=now()).on_conflict_do_nothing())
    return session.get_one(FailureRow, key, with_for_update=True)


def forget(session: Session, name: str) -> None:
    """Forget the failures under a name: its person has come in, or an administrator says so."""
    row = session.get(FailureRow, digest_of(f"name:{name}"))
    if row is not None:
        session.delete(row)
