"""``fenban purge``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...store import purging
from ...store.base import now
from ..databases import open_database
from ..exits import DONE, FAILED, say
from ..home import current_actor
from ..options import add_database, add_home

if TYPE_CHECKING:
    import argparse

EXAMPLE = "fenban purge --older-than 365d --dry-run"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "--older-than",
        metavar="TIME",
        required=True,
        help="days, such as 365d, or a date, such as 2024-01-01: what was closed before it",
    )
    parser.add_argument("--dry-run", action="store_true", help="say how many, and delete nothing")
    add_database(parser)
    add_home(parser)


def run(arguments: argparse.Namespace) -> int:
    """Delete, then write the store anew so that no bytes of it stay in the files."""
    older_than = purging.parse_age(arguments.older_than, now())
    with open_database(arguments, existing=True) as database:
        if arguments.dry_run:
            with database.reading() as session:
                due = purging.count_due(session, older_than)
            print(f"{due} raw texts with submitter and contact would be deleted (nothing was).")
            return DONE
        done = purging.purge(database, older_than, f"cli:{current_actor()}", _tell)
        print(
            f"Deleted: {done.texts} raw texts with submitter and contact, {done.answers} kept answers,"
            f" {done.sessions} ended sessions and invitations. Masked texts and all history stay."
        )
        if purging.compact(database):
            return DONE
    say(
        "deleted texts may still be in the write-ahead log, as somebody is reading:"
        " stop the service and purge again"
    )
    return FAILED


def _tell(texts: int) -> None:
    if texts:
        say(f"{texts} deleted")
