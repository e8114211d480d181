"""Options that several commands share."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from .exits import say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from sqlalchemy.engine import URL

    from fenban.model import Case
    from fenban.training import CaseReading, NamedColumns, Rejected

    from ..store.database import Database


def add_home(parser: argparse.ArgumentParser) -> None:
    """Add ``--home``."""
    parser.add_argument(
        "--home", metavar="DIR", help="registry, uploads, caches (default: FENBAN_HOME, else the data folder)"
    )


def add_model(parser: argparse.ArgumentParser, *, required: bool = False) -> None:
    """Add ``--model``."""
    default = "" if required else " (default: the registry's champion)"
    parser.add_argument("--model", metavar="DIR", required=required, help=f"model folder{default}")


def add_database(parser: argparse.ArgumentParser) -> None:
    """Add ``--database``."""
    parser.add_argument(
        "--database",
        metavar="URL",
        help="sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"
        " (default: FENBAN_DATABASE, else SQLite in the home folder)",
    )


@contextlib.contextmanager
def protected_database(arguments: argparse.Namespace) -> Iterator[Database]:
    """Open ``--database`` as it is, to be read alone: nothing is written, not even a newer schema.

    Raises:
        InputError: not a URL, or there is none.
    """
    from sqlalchemy.engine import make_url

    from ..store.database import Database
    from .home import database_of

    url = make_url(database_of(arguments))
    _check_existing(url)
    with contextlib.closing(Database(url, read_only=True)) as database:
        yield database


def _check_existing(url: URL) -> None:
    from fenban.model import InputError

    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise InputError(f"{url.database}: there is no store - name it with --database or --home")


@contextlib.contextmanager
def opened_database(arguments: argparse.Namespace, *, existing: bool = False) -> Iterator[Database]:
    """Open ``--database``, bring it to the present schema, and close it in the end.

    Args:
        arguments: with ``database`` and ``home``.
        existing: refuse to make a new SQLite file, where an empty one would be no answer.

    Raises:
        InputError: not a URL, or the database is from a newer version, or there is none.
    """
    from sqlalchemy.engine import make_url

    from fenban.training import make_private, tighten

    from ..store.database import Database
    from ..store.schema import migrate
    from .home import database_of, home_of

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


def add_cases(parser: argparse.ArgumentParser, *, required: bool) -> None:
    """Add ``--cases``, ``--columns`` and ``--rejected``."""
    parser.add_argument(
        "--cases",
        metavar="FILE",
        nargs="+",
        action="extend",
        required=required,
        help=".jsonl, .csv or .xlsx; several files and repeats add up",
    )
    add_columns(parser)


def add_columns(parser: argparse.ArgumentParser) -> None:
    """Add ``--columns`` and ``--rejected``."""
    parser.add_argument("--columns", metavar="MAP.toml", help="names the columns where headers are unusual")
    parser.add_argument(
        "--rejected", metavar="FILE", help="where unreadable rows go (default: NAME.rejected.csv here)"
    )


def columns_of(arguments: argparse.Namespace) -> NamedColumns | None:
    """Read ``--columns``, where it is given."""
    from fenban.training import read_column_map

    return read_column_map(Path(arguments.columns)) if arguments.columns else None


def read_cases_of(arguments: argparse.Namespace) -> list[Case]:
    """Read ``--cases``; set unreadable rows aside and say how many there were."""
    return read_with_rejects(arguments)[0]


def read_with_rejects(arguments: argparse.Namespace) -> tuple[list[Case], int]:
    """Read ``--cases``; return them and how many rows were set aside."""
    from fenban.training import read_cases

    check_rejected(arguments.cases, arguments.rejected)
    reading = read_cases(arguments.cases, columns_of(arguments))
    try:
        cases = list(reading)
    finally:
        # also where a later file cannot be read at all: its reason is told, what came before it kept
        _tell(reading, arguments)
    return cases, len(reading.rejected)


def _tell(reading: CaseReading, arguments: argparse.Namespace) -> None:
    for message, count in reading.warnings.items():
        say(f"{message} ({count} {'row' if count == 1 else 'rows'})")
    set_aside(arguments.cases, reading.rejected, arguments.rejected)


def check_rejected(files: Sequence[str], chosen: str | None) -> None:
    """Refuse a file for rejected rows that is one of the inputs.

    Raises:
        InputError: it would overwrite what is to be read.
    """
    from fenban.model import InputError

    target = Path(chosen) if chosen else None
    if target is not None and target.exists():
        for file in files:
            if Path(file).exists() and target.samefile(file):
                raise InputError(f"{target}: is one of the inputs - name another file with --rejected")


def set_aside(files: Sequence[str], rejected: Sequence[Rejected], chosen: str | None) -> None:
    """Write rejected rows, masked, to the working folder, never beside the input."""
    from fenban.model import mask
    from fenban.training import default_rejected_path, write_rejected

    if not rejected:
        return
    target = Path(chosen) if chosen else default_rejected_path(files[0])
    write_rejected(target, rejected, mask)
    first = rejected[0]
    column = f', column "{first.column}"' if first.column else ""
    how_many = "1 row was" if len(rejected) == 1 else f"{len(rejected)} rows were"
    say(f"{how_many} set aside in {target}; the first: {first.file} row {first.row}{column}: {first.reason}")
