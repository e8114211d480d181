"""The brake on guessing."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from fenban.serving.accounts import failures
from fenban.serving.accounts.errors import LockedError
from fenban.serving.store.base import now
from fenban.serving.store.tables.accounts import FailureRow

if TYPE_CHECKING:
    from fenban.serving.store.database import Database

HERE = "10.1.2.3"


def fail(database: Database, name: str, times: int, address: str = HERE) -> list[bool]:
    locked = []
    for _ in range(times):
        with database.writing() as session:
            locked.append(failures.note(session, name, address))
    return locked


def is_locked(database: Database, name: str, address: str = HERE) -> bool:
    with database.reading() as session:
        try:
            failures.check(session, name, address)
        except LockedError as error:
            return 0 < error.retry_after <= 15 * 60 and "分钟" in error.reason
        return False


def later(database: Database, minutes: int) -> None:
    with database.writing() as session:
        for row in session.query(FailureRow):
            row.since -= dt.timedelta(minutes=minutes)
            if row.locked_until:
                row.locked_until -= dt.timedelta(minutes=minutes)


def test_the_fifth_failure_locks_a_name_for_a_quarter_of_an_hour(database: Database) -> None:
    assert fail(database, "zhangsan", 4) == [False] * 4
    assert not is_locked(database, "zhangsan")
    assert fail(database, "zhangsan", 1) == [True]
    assert is_locked(database, "zhangsan", "10.9.9.9")
    assert not is_locked(database, "lisi")
    later(database, 14)
    assert is_locked(database, "zhangsan")
    later(database, 2)
    assert not is_locked(database, "zhangsan")
    assert fail(database, "zhangsan", 4) == [False] * 4, "it begins anew"


def test_failures_long_ago_do_not_add_up(database: Database) -> None:
    fail(database, "zhangsan", 4)
    later(database, 16)
    assert fail(database, "zhangsan", 1) == [False]


def test_an_address_is_locked_whatever_the_names(database: Database) -> None:
    for i in range(failures.ADDRESS_FAILURES):
        assert not is_locked(database, f"name{i}")
        fail(database, f"name{i}", 1)
    assert is_locked(database, "another")
    assert not is_locked(database, "another", "10.1.2.4")


def test_success_forgets_the_name_and_old_rows_go(database: Database) -> None:
    fail(database, "zhangsan", 5)
    with database.writing() as session:
        failures.forget(session, "zhangsan")
    assert not is_locked(database, "zhangsan")
    later(database, 25 * 60)
    fail(database, "lisi", 1, "10.0.0.1")
    with database.reading() as session:
        assert session.query(FailureRow).count() == 2


def test_a_locked_address_is_told_apart_with_what_to_do(database: Database) -> None:
    for i in range(failures.ADDRESS_FAILURES):
        fail(database, f"somebody-{i}", 1)
    with database.reading() as session, pytest.raises(LockedError) as locked:
        failures.check(session, "another", HERE)
    assert "反向代理" in locked.value.reason
    fail(database, "wang", failures.NAME_FAILURES, address="10.9.9.9")
    with database.reading() as session, pytest.raises(LockedError) as locked:
        failures.check(session, "wang", "10.8.8.8")
    assert "代理" not in locked.value.reason


def test_neither_names_nor_addresses_are_kept(database: Database) -> None:
    fail(database, "zhangsan", 1)
    with database.reading() as session:
        keys = [row.key for row in session.query(FailureRow)]
        assert all(len(key) == 64 and row_is_hex(key) for key in keys)
        assert session.query(FailureRow).filter(FailureRow.since > now()).count() == 0


def row_is_hex(key: str) -> bool:
    return set(key) <= set("0123456789abcdef")


def test_the_brake_is_told_without_a_name() -> None:
    error = failures.locked_error(dt.timedelta(seconds=61))
    assert (error.reason, error.retry_after) == ("登录失败的次数太多，请 2 分钟后再试。", 61)
    with pytest.raises(LockedError):
        raise error
