"""``fenban models``."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from fenban.model import artifact
from fenban.training import Registry

from ..exits import DONE
from ..home import current_actor, home_of
from ..options import add_home

if TYPE_CHECKING:
    import argparse

EXAMPLE = 'fenban models promote 3f2a1b --why "checked on the January backlog"'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verbs of this command."""
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name, text in (
        ("list", "all models, oldest first; * marks the champion"),
        ("show", "one model: its data, its metrics, its history"),
        ("promote", "make a model champion"),
        ("rollback", "make the champion before this one champion again"),
    ):
        verb = verbs.add_parser(
            name,
            help=text,
            description=text,
            epilog=f"example: fenban models {name}" + (" 3f2a1b" if name in ("show", "promote") else ""),
        )
        if name in ("show", "promote"):
            verb.add_argument("version", metavar="VERSION", help="its beginning is enough")
        if name in ("promote", "rollback"):
            verb.add_argument("--why", default="by hand", help="the reason, for the history")
        if name in ("list", "show"):
            verb.add_argument("--json", action="store_true", help="print JSON and nothing else")
        add_home(verb)


def run(arguments: argparse.Namespace) -> int:
    """List, show, promote or roll back, as the verb says."""
    registry = Registry(home_of(arguments))
    if arguments.verb == "list":
        _list(registry, arguments.json)
    elif arguments.verb == "show":
        _show(registry, arguments.version, arguments.json)
    elif arguments.verb == "promote":
        print(f"champion: {registry.promote(arguments.version, current_actor(), arguments.why)}")
    else:
        print(f"champion: {registry.rollback(current_actor(), arguments.why)}")
    return DONE


def _list(registry: Registry, as_json: bool) -> None:
    entries = registry.entries()
    if as_json:
        print(json.dumps([asdict(entry) for entry in entries], ensure_ascii=False, indent=1))
        return
    if not entries:
        print(f"no model in {registry.folder} yet - 'fenban serve' or 'fenban retrain' makes the first")
    for entry in entries:
        measured = [(label, values) for label, values in entry.metrics.items() if isinstance(values, dict)]
        figures = ", ".join(f"{label} {values['top1']:.1%}" for label, values in measured)
        mark = "*" if entry.champion else " "
        print(
            f"{mark} {entry.version}  {entry.added or '?'}  {entry.cases} cases  {entry.problem or figures}"
        )


def _show(registry: Registry, version: str, as_json: bool) -> None:
    folder = registry.model_folder(version)
    history = [line for line in registry.history() if line["version"] == folder.name]
    manifest = artifact.read_manifest(folder)
    shown = {"version": folder.name, "folder": str(folder), **manifest, "history": history}
    if as_json:
        print(json.dumps(shown, ensure_ascii=False, indent=1))
        return
    for key in ("version", "folder", "kind", "parent", "seed", "data", "metrics", "libraries"):
        print(f"{key:10} {json.dumps(shown.get(key), ensure_ascii=False)}")
    for line in history:
        print(f"{line['at']}  {line['action']} by {line['actor']}: {line['why']}")
