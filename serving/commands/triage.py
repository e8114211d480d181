"""``fenban triage``: a backlog in, the same table with suggestions out."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING

from fenban.serving.commands.options import add_home, add_model
from fenban.serving.exits import DONE, say
from fenban.serving.home import model_folder_of
from fenban.serving.terminal import TerminalProgress

if TYPE_CHECKING:
    import argparse
    from collections import Counter

HELP = "add suggestions to every row of a backlog (.xlsx, .csv, .jsonl)"
EXAMPLE = "fenban triage backlog.xlsx suggested.xlsx --target-precision 0.95"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("source", metavar="IN", help=".xlsx, .csv or .jsonl")
    parser.add_argument("target", metavar="OUT", help=".xlsx, .csv or .jsonl; never the same file")
    parser.add_argument("--columns", metavar="MAP.toml", help="names the columns where headers are unusual")
    parser.add_argument("--jurisdiction", metavar="PATH", help="where texts come from, e.g. 南宁市/青秀区")
    parser.add_argument("--target-precision", type=float, default=None, metavar="P", help="default 0.95")
    add_model(parser)
    add_home(parser)


def run(arguments: argparse.Namespace) -> int:
    """Triage the table and say how the zones fell out."""
    from fenban.model.router import Router, check_target
    from fenban.serving.triage import Triage
    from fenban.training.columns import read_column_map

    check_target(arguments.target_precision)
    named = read_column_map(Path(arguments.columns)) if arguments.columns else None
    triage = Triage(Path(arguments.source), Path(arguments.target), named, arguments.jurisdiction)
    triage.check()
    router = Router.load(model_folder_of(arguments))
    with TerminalProgress() as progress:
        zones = triage.run(router, arguments.target_precision, progress)
    say(f"{sum(zones.values())} rows in {arguments.target}: {_summary(zones)}")
    return DONE


def _summary(zones: Counter[str]) -> str:
    from fenban.model.case import ZONE_NAMES

    parts = [f"{name} {zones[zone]}" for zone, name in ZONE_NAMES.items()]
    return ", ".join(itertools.chain(parts, [f"未能读取 {zones['unread']}"] if zones["unread"] else []))
