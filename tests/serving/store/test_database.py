"""Sessions that read or write, and writers that queue."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from fenban.serving.store import audit, verification
from fenban.serving.store import database as databases
from fenban.serving.store.database import Database
from fenban.serving.store.errors import StoreBusyError
from fenban.serving.store.numbers import take_next_number
from fenban.serving.store.tables.matters import NumberRow

if TYPE_CHECKING:
    import datetime as dt

THREADS, EACH = 16, 5


def test_many_writers_at_once_all_write_in_turn(database: Database) -> None:
    def write(name: str) -> list[str]:
        found = []
        for _ in range(EACH):
            with database.writing() as session:
                line = audit.record(session, name, "test.write", "test:1")
                found.append(take_next_number(session, line.at))
        return found

    with ThreadPoolExecutor(THREADS) as pool:
        numbers = [one for some in pool.map(write, map(str, range(THREADS))) for one in some]
    assert len(set(numbers)) == THREADS * EACH
    with database.reading() as session:
        assert verification.verify(session).lines == THREADS * EACH


def test_who_waits_too_long_is_told_that_the_store_is_busy(
    tmp_path, migrated_file, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "_BUSY_MS", 50)
    url = databases.parse_database_url(f"sqlite:///{migrated_file}", tmp_path)
    here, there = Database(url), Database(url)  # as two processes have them
    with here.writing() as session:
        session.connection()
        for waiting in (here, there):
            with pytest.raises(StoreBusyError), waiting.writing() as late:
                late.connection()
    here.close()
    there.close()


def test_what_raises_is_not_written(database: Database) -> None:
    def fail(at: dt.datetime) -> None:
        with database.writing() as session:
            take_next_number(session, at)
            raise KeyError

    with database.writing() as session:
        line = audit.record(session, "one", "test.write", "test:1")
    with pytest.raises(KeyError):
        fail(line.at)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(NumberRow)) == 0
