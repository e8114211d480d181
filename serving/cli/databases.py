"""The store that a command works on."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import make_url

from fenban.model import InputError
from fenban.training import make_private, tighten

from ..store.database import Database, parse_database_url
from ..store.errors import NotFoundError, RefusedError
from ..store.schema import migrate
from .home import home_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from sqlalchemy.engine import URL


def database_of(arguments: argparse.Namespace) -> str:
    """Return the URL of the store: ``--database``, else ``FENBAN_DATABASE``, else SQLite in the home folder.

    Raises:
        InputError: it is no URL, or of a database that is not supported.
    """
    given = arguments.database or os.environ.get("FENBAN_DATABASE")
    return parse_database_url(given, home_of(arguments)).render_as_string(hide_password=False)


@contextlib.contextmanager
def open_database(arguments: argparse.Namespace, *, existing: bool = False) -> Iterator[Database]:
    """Open ``--database``, bring it to the present schema, and close it in the end.

    Args:
        arguments: with ``database`` and ``home``.
        existing: refuse to make a new SQLite file, where an empty one would be no answer.

    Raises:
        InputError: not a URL, or the database is from a newer version, or there is none.
    """
    url = make_url(database_of(arguments))
    if existing:
        _check_existing(url)
    make_private(home_of(arguments))
    tighten(home_of(arguments))
    database = Database(url)
    try:
        migrate(database)
        yield database
    finally:
        database.close()


@contextlib.contextmanager
def open_protected_database(arguments: argparse.Namespace) -> Iterator[Database]:
    """Open ``--database`` as it is, to be read alone: nothing is written, not even a newer schema.

    Raises:
        InputError: not a URL, or there is none.
    """
    url = make_url(database_of(arguments))
    _check_existing(url)
    with contextlib.closing(Database(url, read_only=True)) as database:
        yield database


def _check_existing(url: URL) -> None:
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise InputError(f"{url.database}: there is no store - name it with --database or --home")


@contextlib.contextmanager
def translate_refusals() -> Iterator[None]:
    """Turn what the store refuses into wrong input.

    Raises:
        InputError: with the reason.
    """
    try:
        yield
    except NotFoundError as error:
        raise InputError("there is nobody and nothing of that name") from error
    except RefusedError as error:
        raise InputError(f"refused: {error.reason}") from error
