"""A disk that is full, a store that may not be written: each is named, logged once, and seen by /readyz."""

from __future__ import annotations

import errno
import logging
import shutil
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from fenban.serving.cli.main import main
from fenban.serving.store import audit, failures
from fenban.serving.store import database as databases
from fenban.serving.store.database import Database, parse_database_url
from fenban.serving.store.errors import (
    StoreDamagedError,
    StoreFullError,
    StoreReadOnlyError,
    StoreUnreachableError,
)
from fenban.serving.store.failures import store_error_of
from fenban.serving.store.schema import migrate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path, migrated_file: Path) -> Database:
    file = tmp_path / "fenban.db"
    file.write_bytes(migrated_file.read_bytes())
    return Database(parse_database_url(None, tmp_path))


def fill_disk(database: Database) -> None:
    """Let the file not grow any more: SQLite says the same of a full disk."""
    with database.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    database.engine.dispose()
    event.listen(
        database.engine,
        "connect",
        lambda connection, _: connection.execute(f"PRAGMA max_page_count = {pages}"),
    )


def write_much(database: Database) -> None:
    with database.writing() as session:
        audit.record(session, "li", "test", "test:1", much="长" * 200_000)


def test_a_full_disk_is_named_and_logged_once(store: Database, caplog: pytest.LogCaptureFixture) -> None:
    fill_disk(store)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            with pytest.raises(StoreFullError, match="disk that holds the store is full"):
                write_much(store)
        assert [record.levelname for record in caplog.records] == ["ERROR"]
        with store.writing() as session:
            audit.record(session, "li", "test", "test:1")
    assert "can be written again" in caplog.records[-1].message
    store.close()


def test_a_store_that_may_not_be_written_is_named(store: Database) -> None:
    event.listen(store.engine, "connect", lambda connection, _: connection.execute("PRAGMA query_only = ON"))
    with store.reading() as session:
        assert audit.count(session) == 0
    with pytest.raises(StoreReadOnlyError, match="may not be written"):
        store.check()
    store.close()


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "fenban.db").write_bytes(b"something else entirely" * 100)
    database = Database(parse_database_url(None, tmp_path))
    with pytest.raises(StoreDamagedError):
        migrate(database)
    database.close()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    database = Database(parse_database_url(None, tmp_path / "nowhere"))
    with pytest.raises(StoreUnreachableError, match="cannot be opened"):
        migrate(database)
    database.close()


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), StoreFullError),
        (OSError(errno.EROFS, "Read-only file system"), StoreReadOnlyError),
        (OSError(errno.ENOENT, "No such file"), type(None)),
        (OperationalError("", {}, Exception("no code")), StoreUnreachableError),
        (ValueError("x"), type(None)),
    ],
)
def test_causes_are_told_apart(error: Exception, expected: type) -> None:
    assert type(store_error_of(error)) is expected


class SqliteSaidError(Exception):
    """What the driver raises, with SQLite's extended code."""

    def __init__(self, code: int) -> None:
        super().__init__("disk I/O error")
        self.sqlite_errorcode = code


@pytest.mark.parametrize(
    "code", [sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR_WRITE]
)
def test_the_disk_says_why_a_file_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    error = OperationalError("", {}, SqliteSaidError(code))
    usual = StoreUnreachableError if code == sqlite3.SQLITE_CANTOPEN else StoreDamagedError
    assert type(store_error_of(error, tmp_path)) is usual
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=0))
    assert type(store_error_of(error, tmp_path)) is StoreFullError
    monkeypatch.setattr(failures, "is_read_only", lambda _: True)
    assert type(store_error_of(error, tmp_path)) is StoreReadOnlyError


def test_a_service_that_cannot_write_is_not_ready(
    client: Any, is_problem: Callable[..., dict[str, Any]]
) -> None:
    assert client.get("/readyz").status_code == 200
    engine = client.app.state.service.database.engine
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA query_only = ON"))
    engine.dispose()
    told = is_problem(client.get("/readyz"), 503)
    assert told["type"] == "urn:fenban:problem:store-read-only"
    matter = {"text": "路灯不亮，请尽快维修"}
    told = is_problem(client.post("/api/v1/submissions", json=matter), 503)
    assert (told["title"], "没有保存" in told["detail"]) == ("数据库不能写入", True)


def test_the_audit_of_a_protected_copy_is_verified_without_a_trace(
    tmp_path: Path,
    store: Database,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with store.writing() as session:
        audit.record(session, "li", "test", "test:1")
    store.close()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    for protected in (False, True):
        monkeypatch.setattr(databases, "is_read_only", lambda _, it=protected: it)
        for verb in ("verify", "head"):
            assert main(["audit", verb, "--home", str(tmp_path)]) == 0
        assert "1 lines" in capsys.readouterr().out
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_protected_copy_with_a_log_that_cannot_be_read_is_told(
    tmp_path: Path, store: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with store.writing() as session:
        audit.record(session, "li", "test", "test:1")
    monkeypatch.setattr(databases, "is_read_only", lambda _: True)
    assert main(["audit", "verify", "--home", str(tmp_path)]) == 1
    assert "may not be written" in capsys.readouterr().err
    store.close()


def test_a_protected_copy_takes_no_writes(store: Database) -> None:
    protected = Database(store.url, read_only=True)
    with pytest.raises(StoreReadOnlyError), protected.writing() as session:
        session.execute(text("CREATE TABLE x (y)"))
    protected.close()
    store.close()


def test_a_code_of_the_driver_is_what_it_is() -> None:
    assert (sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR) == (13, 8, 10)
