"""Versions of the directory (单位名录) in the store: each kept whole, the latest counts."""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select, text

from fenban.model import Directory

from . import audit
from .errors import ChangedMeanwhileError, NotFoundError, StoreDamagedError, StoreError
from .tables.directory import DirectoryVersionRow

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from .database import Database

_LOCK = 0x64697265  # "dire": PostgreSQL's advisory lock, so that two imports do not pass each other
_COLUMNS = (
    DirectoryVersionRow.id,
    DirectoryVersionRow.at,
    DirectoryVersionRow.by,
    DirectoryVersionRow.note,
    DirectoryVersionRow.fingerprint,
)


@dataclass(frozen=True, slots=True)
class Version:
    """A version without its units: who brought it in, when, and the SHA-256 of what it says."""

    id: int
    at: dt.datetime
    by: str
    note: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Effective:
    """The directory that counts. ``version`` is None where it is still the model's own."""

    directory: Directory
    fingerprint: str
    version: Version | None = None


def fingerprint_of(directory: Directory) -> str:
    """Return the SHA-256 of a directory's records, as canonical JSON."""
    return _digest_of(directory.records())


def _digest_of(records: object) -> str:
    canonical = json.dumps(records, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def find_latest(session: Session) -> Version | None:
    """Return the version that counts, without its units; None where nothing was ever imported."""
    row = session.execute(select(*_COLUMNS).order_by(DirectoryVersionRow.id.desc()).limit(1)).first()
    return Version(*row) if row else None


def load(session: Session, version: int) -> Directory:
    """Return the directory of a version.

    Raises:
        NotFoundError: there is no such version.
        StoreDamagedError: its records are not those that were written.
    """
    query = select(DirectoryVersionRow.records, DirectoryVersionRow.fingerprint)
    row = session.execute(query.where(DirectoryVersionRow.id == version)).first()
    if row is None:
        raise NotFoundError("名录版本")
    if _digest_of(row.records) != row.fingerprint:
        raise StoreDamagedError
    return Directory.from_records(row.records)


def load_current(session: Session) -> Effective | None:
    """Return the directory of the latest version; None where nothing was ever imported."""
    found = find_latest(session)
    return Effective(load(session, found.id), found.fingerprint, found) if found else None


def find_version_before(session: Session, version: int) -> int | None:
    """Return the id of the version before ``version``; None for the first."""
    return session.scalar(select(func.max(DirectoryVersionRow.id)).where(DirectoryVersionRow.id < version))


def list_versions(session: Session, limit: int = 50, before: int | None = None) -> Sequence[Version]:
    """Return versions, the latest first; ``before`` goes on below that id."""
    query = select(*_COLUMNS).order_by(DirectoryVersionRow.id.desc()).limit(limit)
    if before is not None:
        query = query.where(DirectoryVersionRow.id < before)
    return [Version(*row) for row in session.execute(query)]


def count(session: Session) -> int:
    """Return how many versions there are."""
    return session.scalar(select(func.count()).select_from(DirectoryVersionRow)) or 0


def add(
    session: Session,
    directory: Directory,
    by: str,
    note: str = "",
    *,
    expected: str | None = None,
    detail: dict[str, int] | None = None,
) -> Version:
    """Make ``directory`` the one that counts, and write the line of the audit.

    Args:
        session: a writing session.
        directory: the new directory, whole.
        by: the actor's label.
        note: where it comes from, for people.
        expected: fingerprint of the version the caller changed; None does not ask.
        detail: counts for the audit, such as of units added.

    Raises:
        ChangedMeanwhileError: another version came in meanwhile.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    before = find_latest(session)
    if expected is not None and before is not None and before.fingerprint != expected:
        raise ChangedMeanwhileError(before.id)
    row = DirectoryVersionRow(
        by=by, note=note, fingerprint=fingerprint_of(directory), records=directory.records()
    )
    session.add(row)
    session.flush()
    facts = {"fingerprint": row.fingerprint, "units": len(directory.units), **(detail or {})}
    audit.record(session, by, "directory.import", f"directory:{row.id}", **facts)
    return Version(row.id, row.at, row.by, row.note, row.fingerprint)


class LiveDirectory:
    """The directory that counts, kept in memory until another process brings in a version.

    Args:
        database: the store; None where there is none.
        fallback: the model's directory, which counts until a version is in the store.
    """

    def __init__(self, database: Database | None, fallback: Directory | None) -> None:
        self._database = database
        directory = fallback or Directory((), ())
        self._fallback = Effective(directory, fingerprint_of(directory))
        self._held = self._fallback
        self._lock = threading.Lock()

    @property
    def fallback(self) -> Directory:
        """The model's directory."""
        return self._fallback.directory

    def get(self) -> Effective:
        """Return it; asks the store each time whether there is a later version (one indexed row).

        Raises:
            StoreUnreachableError: the database does not answer.
        """
        if self._database is None:
            return self._fallback
        with self._database.reading() as session:
            return self.seen_by(session)

    def imported(self) -> Directory | None:
        """Return the latest version's directory; None where none came in, or the store does not answer."""
        try:
            found = self.get()
        except StoreError:
            return None
        return found.directory if found.version else None

    def seen_by(self, session: Session) -> Effective:
        """Return the directory as a session sees it."""
        found = find_latest(session)
        if found is None:
            return self._fallback
        with self._lock:
            if self._held.version is None or self._held.version.id != found.id:
                self._held = Effective(load(session, found.id), found.fingerprint, found)
            return self._held
