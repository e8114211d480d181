"""``fenban trial``."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from ... import jobs
from ..exits import DONE, say
from ..home import current_actor, home_of
from ..options import add_home

if TYPE_CHECKING:
    import argparse

    from fenban.model import Trial

EXAMPLE = (
    'fenban trial add --unit 南宁市低空经济管理局 --jurisdiction 南宁市 --duties "无人机飞行管理"'
    " --examples examples.txt"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verbs of this command."""
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    add = verbs.add_parser(
        "add",
        help="put a unit on trial",
        description="put a unit on trial: it is suggested at once, until the next training",
        epilog=f"example: {EXAMPLE}",
    )
    add.add_argument("--unit", metavar="NAME", required=True, help="the unit's full name")
    add.add_argument("--function", metavar="NAME", help="the kind of department, in the directory's words")
    add.add_argument("--jurisdiction", metavar="PATH", help="its place, e.g. 南宁市/青秀区")
    add.add_argument(
        "--duties", metavar="TEXT", required=True, nargs="+", action="extend", help="clauses; may be repeated"
    )
    add.add_argument(
        "--examples", metavar="FILE", required=True, help="3 to 10 texts: .txt, .jsonl, .csv, .xlsx"
    )
    shown = verbs.add_parser(
        "list",
        help="the units on trial",
        description="list the units on trial",
        epilog="example: fenban trial list",
    )
    shown.add_argument("--json", action="store_true", help="print JSON and nothing else")
    ended = verbs.add_parser(
        "remove",
        help="end a trial",
        description="end a trial: the unit is suggested no longer",
        epilog="example: fenban trial remove 南宁市低空经济管理局",
    )
    ended.add_argument("unit", metavar="NAME", help="the unit's name")
    for verb in (add, shown, ended):
        add_home(verb)


def run(arguments: argparse.Namespace) -> int:
    """Add, list or remove a trial, as the verb says."""
    home = home_of(arguments)
    if arguments.verb == "add":
        _add(home, arguments)
    elif arguments.verb == "remove":
        jobs.remove_trial(home, current_actor(), arguments.unit)
        print(f"no longer on trial: {arguments.unit}")
    else:
        _list(jobs.list_trials(home), arguments.json)
    return DONE


def _add(home: Path, arguments: argparse.Namespace) -> None:
    kept = jobs.add_trial(
        home,
        current_actor(),
        arguments.unit,
        arguments.duties,
        Path(arguments.examples),
        function=arguments.function,
        jurisdiction=arguments.jurisdiction,
    )
    print(f"on trial: {kept.unit} ({len(kept.examples)} examples)")
    say("A service that is running sees it after a restart.")


def _list(trials: tuple[Trial, ...], as_json: bool) -> None:
    if as_json:
        print(json.dumps([asdict(trial) for trial in trials], ensure_ascii=False, indent=1))
        return
    if not trials:
        print("no unit is on trial")
    for trial in trials:
        where = " ".join(part for part in (trial.function, trial.jurisdiction) if part)
        print(f"{trial.unit}  {where}  {len(trial.examples)} examples  {trial.added_at} by {trial.actor}")
