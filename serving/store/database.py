"""The database: SQLite in the home folder, or PostgreSQL by URL; one way to read and one to write."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import column, create_engine, event, table, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.orm import Session, sessionmaker

from fenban.model import InputError
from fenban.training import close_to_others

from . import sealing
from .errors import StoreBusyError, StoreReadOnlyError, StoreUnwritableError
from .failures import is_read_only, naming_the_cause

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ColumnClause
    from sqlalchemy.engine import URL, Connection, Engine

logger = logging.getLogger(__name__)

FILE_NAME = "fenban.db"
_BUSY_MS = 10_000
THREADS = 16  # that work with the store at once in one process; two cores have no use for more
_WRITES = "fenban_writes"
_ALONE = "fenban_alone"
_DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}


def parse_database_url(given: str | None, home: Path) -> URL:
    """Return the URL of the database: as given, else SQLite in the home folder.

    Raises:
        InputError: not a URL, or of a database that is not supported.
    """
    if not given:
        return make_url(f"sqlite:///{home / FILE_NAME}")
    try:
        url = make_url(given)
    except ArgumentError as error:
        raise InputError(
            "--database: not a URL - give sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"
        ) from error
    url = url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise InputError(f"--database: {url.get_backend_name()} is not supported - use sqlite or postgresql")
    return url


class Database:
    """An engine, and sessions that either read or write.

    A writing session takes SQLite's write lock when it begins, so that two writers never find out
    at the end that one of them has worked on stale rows. Writers of one process queue for it here:
    SQLite itself makes them try again and again, each time later. On PostgreSQL rows are locked as
    they are read for update.

    Args:
        url: see ``parse_database_url``.
        read_only: opens SQLite's file without writing anything, also where nothing may be written.
    """

    def __init__(self, url: URL, *, read_only: bool = False) -> None:
        self.url = url
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self.engine = _engine(url, read_only)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        self._writers = sessionmaker(self.engine.execution_options(**{_WRITES: True}), expire_on_commit=False)
        event.listen(self._writers, "after_flush", sealing.note_written)
        event.listen(self._writers, "before_commit", sealing.refuse_unsealed)
        self._turn = threading.Lock()
        self._logged: type[StoreUnwritableError] | None = None

    @property
    def folder(self) -> Path | None:
        """Where SQLite's file lies; None of a server."""
        return Path(self.url.database or "").absolute().parent if self.is_sqlite else None

    @contextlib.contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session that is rolled back in the end.

        Raises:
            StoreUnreachableError: the database does not answer.
        """
        with self._naming(), self._sessions() as session:
            yield session

    @contextlib.contextmanager
    def writing(self) -> Iterator[Session]:
        """Give a session that is committed in the end, or rolled back if anything is raised.

        Raises:
            StoreBusyError: other writers held the lock for too long.
            StoreUnreachableError: the database does not answer.
        """
        with self._turn_to_write(), self._naming(), self._writers.begin() as session:
            yield session
        if self._logged:
            self._logged = None
            logger.warning("the store can be written again")

    @contextlib.contextmanager
    def _naming(self) -> Iterator[None]:
        """Name the cause of what fails; what lasts until somebody does something is logged once."""
        try:
            with naming_the_cause(self.folder):
                yield
        except StoreUnwritableError as error:
            if self._logged is not type(error):
                self._logged = type(error)
                logger.error("%s", error)
            raise

    @contextlib.contextmanager
    def _turn_to_write(self) -> Iterator[None]:
        if not self.is_sqlite:
            yield
            return
        if not self._turn.acquire(timeout=_BUSY_MS / 1000):
            raise StoreBusyError("other writers take too long")
        try:
            yield
        finally:
            self._turn.release()

    def check(self) -> None:
        """Ask the database for an answer, and write what stands there already, as a write may fail alone.

        Raises:
            StoreUnreachableError: there is no answer, or there are no tables.
            StoreUnwritableError: the disk is full, or may not be written.
        """
        version: ColumnClause[str] = column("version_num")
        try:
            with self.writing() as session:
                session.execute(update(table("alembic_version", version)).values(version_num=version))
        except StoreBusyError:  # others write
            pass

    @contextlib.contextmanager
    def alone(self) -> Iterator[Connection]:
        """Give a connection outside of any transaction, for what cannot be done inside one (VACUUM).

        Raises:
            StoreBusyError: others wrote for too long.
            StoreUnreachableError: the database does not answer.
        """
        options: dict[str, Any] = {_ALONE: True} if self.is_sqlite else {"isolation_level": "AUTOCOMMIT"}
        with self._naming(), self.engine.connect().execution_options(**options) as connection:
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def _engine(url: URL, read_only: bool) -> Engine:
    try:
        if url.get_backend_name() == "sqlite":
            return _protected_sqlite(url) if read_only else _sqlite(url)
        return create_engine(url, pool_pre_ping=True, pool_size=THREADS, max_overflow=THREADS)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise InputError("PostgreSQL needs an extra: pip install 'fenban[postgres]'") from error


def _protected_sqlite(url: URL) -> Engine:
    """Open a file to be read alone, such as a copy on a read-only disk.

    While somebody has the store open, a write-ahead log and its index lie beside the file, and SQLite
    reads through these. Otherwise, or where it may not write the index, the file is all there is: SQLite
    is told that it stays so, and leaves nothing behind.

    Raises:
        StoreReadOnlyError: there is a log, and no index of it may be made.
    """
    file = Path(url.database or "").absolute()
    address = f"{file.as_uri()}?mode=ro"
    log, index = (file.with_name(file.name + ending) for ending in ("-wal", "-shm"))
    logged = log.is_file() and log.stat().st_size > 0
    protected = not os.access(file.parent, os.W_OK) or is_read_only(file.parent)
    if logged and protected:
        raise StoreReadOnlyError
    if protected or not (logged or index.exists()):
        address += "&immutable=1"
    engine = create_engine(
        "sqlite://", creator=lambda: sqlite3.connect(address, uri=True, check_same_thread=False)
    )
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA query_only = ON"))
    return engine


def _make_private(file: str | None) -> None:
    """Let only its owner read the file and what SQLite puts beside it, which takes over the file's mode."""
    if not file or file.startswith((":", "file:")):
        return
    with contextlib.suppress(OSError):  # told when it is opened
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    for beside in ("", "-wal", "-shm"):
        close_to_others(Path(file + beside))


def _sqlite(url: URL) -> Engine:
    _make_private(url.database)
    engine = create_engine(
        url,
        connect_args={"timeout": _BUSY_MS / 1000, "check_same_thread": False},
        # as many as there are threads that answer requests: none waits, none opens the file anew
        pool_size=THREADS,
        max_overflow=THREADS,
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by itself
        cursor = connection.cursor()
        for pragma in (
            "journal_mode = WAL",
            "foreign_keys = ON",
            "recursive_triggers = ON",  # REPLACE deletes: triggers of deletion are to know of it
            f"busy_timeout = {_BUSY_MS}",
            "synchronous = FULL",  # what was acknowledged outlives a power cut too
            "cache_size = -4096",  # of each connection; what is read comes from the mapped file
            "mmap_size = 268435456",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if not options.get(_ALONE):
            connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get(_WRITES) else "BEGIN")

    return engine
