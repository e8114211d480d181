"""``fenban directory import``: what a city's list changes, and taking it in."""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from ... import jobs
from ...desk.directory.changes import CHANGE_NAMES
from ...desk.directory.imports import EVERYWHERE, ImportOptions
from ..databases import open_database
from ..exits import DONE, say
from ..home import current_actor, home_of
from ..options import add_database

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...desk.directory.changes import Change
    from ...desk.directory.imports import Proposal
    from ...jobs import ImportPreview

HELP = "what a city's own list of departments changes in the directory; --apply takes it in"
EXAMPLE = 'fenban directory import 单位名录.xlsx --apply --note "2026 年机构改革"'
_SHOWN = 20  # changes of a kind, unless all are asked for


def add_arguments(verb: argparse.ArgumentParser) -> None:
    """Add the options."""
    verb.add_argument("file", metavar="FILE", help=".xlsx, .csv or .jsonl, one unit a row")
    verb.add_argument("--apply", action="store_true", help="write it (without: only show what would change)")
    verb.add_argument("--note", metavar="TEXT", help="kept with the version: where it comes from")
    verb.add_argument(
        "--additions-only",
        action="store_true",
        help="the list is not complete: end none of those it leaves out",
    )
    place = verb.add_mutually_exclusive_group()
    place.add_argument(
        "--within", metavar="PATH", help="the list is complete for this place (default: its one city)"
    )
    place.add_argument("--everywhere", action="store_true", help="the list is complete for all places")
    verb.add_argument(
        "--separate",
        metavar="UNIT",
        nargs="+",
        action="extend",
        default=[],
        help="new units that do not take over from the unit they look like",
    )
    verb.add_argument(
        "--on", metavar="DAY", type=_parse_day, help="counts from this day, e.g. 2026-07-01 (today)"
    )
    verb.add_argument("--all", action="store_true", help=f"show all changes, not {_SHOWN} of each kind")
    add_database(verb)


def _parse_day(text: str) -> dt.date:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day such as 2026-07-01") from error
    if not 2000 <= day.year <= 2100:
        raise argparse.ArgumentTypeError(f"{text}: must lie between 2000 and 2100")
    return day


def run(arguments: argparse.Namespace) -> int:
    """Show the changes; with ``--apply`` write them.

    Raises:
        InputError: the list cannot be read.
        StoreError: another version came in meanwhile.
    """
    options = ImportOptions(
        arguments.on or jobs.today(),
        complete=not arguments.additions_only,
        within=EVERYWHERE if arguments.everywhere else arguments.within,
        separate=frozenset(arguments.separate),
    )
    with open_database(arguments) as database:
        preview = jobs.preview_import(database, home_of(arguments), Path(arguments.file), options)
        _show(arguments, preview)
        if not arguments.apply or not preview.proposal.changes:
            say(_advise(arguments, preview.proposal))
            return DONE
        version = jobs.apply_import(database, preview, f"cli:{current_actor()}", arguments.note or "")
    say(f"Written as version {version.id}; a service that is running uses it at once.")
    return DONE


def _advise(arguments: argparse.Namespace, proposal: Proposal) -> str:
    if not proposal.changes:
        return "The list says what the directory says: there is nothing to write."
    return f"Nothing was written. When it is right: fenban directory import {arguments.file} --apply"


def _show(arguments: argparse.Namespace, preview: ImportPreview) -> None:
    proposal = preview.proposal
    if arguments.json:
        print(json.dumps(_as_json(preview), ensure_ascii=False, indent=1))
        return
    place = proposal.within or "all places"
    stay = f", {proposal.outside} units elsewhere stay" if proposal.outside else ""
    print(f"{arguments.file}: {preview.n_listed} units for {place}{stay}; counts from {proposal.on}")
    shown = None if arguments.all else _SHOWN
    for kind, changes in itertools.groupby(proposal.changes, key=lambda change: change.kind):
        _show_kind(kind, list(changes), proposal, shown)
    for note in proposal.notes[:shown]:
        print(f"  注意  row {note.row} {note.unit}: {note.text}")
    _tell_rest(len(proposal.notes), shown, "notes")
    for row in preview.unreadable:
        column = f', column "{row.column}"' if row.column else ""
        print(f"  未读  row {row.row}{column}: {row.reason}")


def _show_kind(kind: str, changes: list[Change], proposal: Proposal, shown: int | None) -> None:
    print(f"  {CHANGE_NAMES[changes[0].kind]} {len(changes)}")
    for change in changes[:shown]:
        guessed = (
            "  (a guess: see --separate)" if change.unit in proposal.guessed and kind == "renamed" else ""
        )
        moved = " → ".join(part or "无" for part in (change.was, change.now))
        said = {"added": change.now, "ended": change.was}.get(kind, moved)
        print(f"    {change.unit}  {said}{guessed}")
    _tell_rest(len(changes), shown, "changes")


def _tell_rest(total: int, shown: int | None, what: str) -> None:
    if shown is not None and total > shown:
        print(f"    … and {total - shown} more {what}; --all shows them")


def _as_json(preview: ImportPreview) -> dict[str, object]:
    proposal = preview.proposal
    return {
        "listed": preview.n_listed,
        "within": proposal.within,
        "outside": proposal.outside,
        "on": proposal.on.isoformat(),
        "fingerprint": proposal.fingerprint,
        "counts": _count_kinds(proposal.changes),
        "changes": [asdict(change) for change in proposal.changes],
        "guesses": dict(proposal.guessed),
        "notes": [asdict(note) for note in proposal.notes],
        "unreadable": [asdict(row) for row in preview.unreadable],
    }


def _count_kinds(changes: Iterable[Change]) -> dict[str, int]:
    return dict(Counter(change.kind for change in changes))
