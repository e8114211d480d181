"""``fenban audit``."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from fenban.model import InputError

from ...store import audit, verification
from ..databases import open_protected_database
from ..exits import DONE, FAILED
from ..options import add_database, add_home

if TYPE_CHECKING:
    import argparse

EXAMPLE = "fenban audit verify --head 6c1f..."
_DIGEST = 64


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verbs of this command."""
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name, text in (
        (
            "verify",
            "follow the chain, and the history under it: exit code 0 where all holds, 1 where it does not",
        ),
        ("head", "print the number, the hash and the time of the last line, to be noted elsewhere"),
    ):
        verb = verbs.add_parser(name, help=text, description=text, epilog=f"example: fenban audit {name}")
        if name == "verify":
            verb.add_argument(
                "--head", metavar="HASH", help="hash of a line noted earlier: finds lines cut off at the end"
            )
        verb.add_argument("--json", action="store_true", help="print JSON and nothing else")
        add_database(verb)
        add_home(verb)


def run(arguments: argparse.Namespace) -> int:
    """Verify the chain, or print its head."""
    return _head(arguments) if arguments.verb == "head" else _verify(arguments)


def _head(arguments: argparse.Namespace) -> int:
    with open_protected_database(arguments) as database, database.reading() as session:
        head = audit.read_head(session)
        moment = audit.moment_of(session, head.seq)
    at = moment.isoformat(timespec="seconds") if moment else None
    if arguments.json:
        print(json.dumps({"line": head.seq, "hash": head.hash, "at": at}))
    else:
        print(f"{head.seq} {head.hash} {at or '-'}")
    return DONE


def _verify(arguments: argparse.Namespace) -> int:
    noted = arguments.head.strip().lower() if arguments.head else None
    if noted and (len(noted) != _DIGEST or not set(noted) <= set("0123456789abcdef")):
        raise InputError(f"--head {arguments.head}: give the whole hash, as 'fenban audit head' printed it")
    with open_protected_database(arguments) as database, database.reading() as session:
        verdict = verification.verify(session, noted)
        total = audit.count(session)
    if arguments.json:
        print(json.dumps({**asdict(verdict), "reason": verdict.reason, "total": total}))
    elif verdict.flaw is None:
        print(f"The audit holds: {verdict.lines} lines, with the history under them.\nhead {verdict.head}")
        if verdict.unsealed:
            print(f"{verdict.unsealed} rows of history are older than their seals: nothing is known of those")
    else:
        print(
            f"The audit is BROKEN: {verdict.reason}.\n"
            f"{verdict.lines} of {total} lines hold, up to the hash {verdict.head}"
        )
    return DONE if verdict.flaw is None else FAILED
