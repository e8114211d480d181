"""What a database driver says went wrong, as an error of the store that names the cause."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError, OperationalError

from .errors import (
    StoreBusyError,
    StoreDamagedError,
    StoreError,
    StoreFullError,
    StoreReadOnlyError,
    StoreUnreachableError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# SQLite's primary result codes, and PostgreSQL's SQLSTATE
_SQLITE: dict[int, type[StoreError]] = {
    5: StoreBusyError,
    6: StoreBusyError,
    8: StoreReadOnlyError,
    10: StoreDamagedError,
    11: StoreDamagedError,
    13: StoreFullError,
    14: StoreUnreachableError,
    26: StoreDamagedError,
}
_OF_THE_DISK = (10, 14)  # input or output failed; a file cannot be opened
_LEAST_FREE = 1 << 17  # bytes: the index that SQLite keeps beside a file takes 32 KiB at a time
_POSTGRESQL: dict[str, type[StoreError]] = {
    "25006": StoreReadOnlyError,
    "53100": StoreFullError,
    "58030": StoreDamagedError,
    "40P01": StoreBusyError,
    "55P03": StoreBusyError,
}
_SYSTEM: dict[int, type[StoreError]] = {
    errno.ENOSPC: StoreFullError,
    errno.EDQUOT: StoreFullError,
    errno.EROFS: StoreReadOnlyError,
}


def store_error_of(error: BaseException, folder: Path | None = None) -> StoreError | None:
    """Return what an error of the driver or of the system means for the store; None: it is another matter.

    Args:
        error: as it was raised.
        folder: where SQLite's file lies: it says the same of a disk that fails, is full or is read-only,
            where it cannot put its index beside the file; the disk itself says which.
    """
    if isinstance(error, OSError):
        kind = _SYSTEM.get(error.errno or 0)
        return kind() if kind else None
    if not isinstance(error, DBAPIError):
        return None
    code = getattr(error.orig, "sqlite_errorcode", None)
    state = getattr(error.orig, "sqlstate", None)
    if isinstance(code, int) and code & 0xFF in _OF_THE_DISK and folder and (cause := _cause(folder)):
        return cause()
    kind = _SQLITE.get(code & 0xFF) if isinstance(code, int) else _POSTGRESQL.get(state or "")
    if kind is None and isinstance(error, OperationalError):
        kind = StoreUnreachableError
    return kind() if kind else None


def _cause(folder: Path) -> type[StoreError] | None:
    try:
        if is_read_only(folder) or not os.access(folder, os.W_OK):
            return StoreReadOnlyError
        return StoreFullError if shutil.disk_usage(folder).free < _LEAST_FREE else None
    except OSError:  # the folder itself is not there
        return None


def is_read_only(folder: Path) -> bool:
    """Whether the file system of a folder is mounted to be read alone."""
    return hasattr(os, "statvfs") and bool(os.statvfs(folder).f_flag & os.ST_RDONLY)


@contextlib.contextmanager
def naming_the_cause(folder: Path | None) -> Iterator[None]:
    """Raise what the driver raises as an error of the store, where it is one; see ``store_error_of``.

    Raises:
        StoreError: see ``store_error_of``.
    """
    try:
        yield
    except DBAPIError as error:
        found = store_error_of(error, folder)
        if found is None:
            raise
        raise found from error
