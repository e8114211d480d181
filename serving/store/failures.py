"""What a database driver says went wrong, as an error of the store that names the cause."""

from __future__ import annotations

import contextlib
import errno
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


def store_error_of(error: BaseException) -> StoreError | None:
    """Return what an error of the driver or of the system means for the store; None: it is another matter."""
    if isinstance(error, OSError):
        kind = _SYSTEM.get(error.errno or 0)
        return kind() if kind else None
    if not isinstance(error, DBAPIError):
        return None
    code = getattr(error.orig, "sqlite_errorcode", None)
    state = getattr(error.orig, "sqlstate", None)
    kind = _SQLITE.get(code & 0xFF) if isinstance(code, int) else _POSTGRESQL.get(state or "")
    if kind is None and isinstance(error, OperationalError):
        kind = StoreUnreachableError
    return kind() if kind else None


@contextlib.contextmanager
def naming_the_cause() -> Iterator[None]:
    """Raise what the driver raises as an error of the store, where it is one.

    Raises:
        StoreError: see ``store_error_of``.
    """
    try:
        yield
    except DBAPIError as error:
        found = store_error_of(error)
        if found is None:
            raise
        raise found from error
