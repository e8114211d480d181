"""``fenban triage``: a backlog in, the same table with suggestions out."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fenban.model import ZONE_NAMES

from ... import jobs
from ..exits import DONE, say
from ..home import current_actor, home_of
from ..notices import tell, tell_set_aside
from ..options import add_cascade, add_columns, add_home, add_model, path_or_none
from ..terminal import TerminalProgress

if TYPE_CHECKING:
    from ...jobs import Outcome

EXAMPLE = "fenban triage backlog.xlsx suggested.xlsx --target-precision 0.95"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("source", metavar="IN", help=".xlsx, .csv or .jsonl")
    parser.add_argument("target", metavar="OUT", help=".xlsx, .csv or .jsonl; never the same file")
    add_columns(parser)
    parser.add_argument("--jurisdiction", metavar="PATH", help="where texts come from, e.g. 南宁市/青秀区")
    parser.add_argument("--target-precision", type=float, default=None, metavar="P", help="default 0.95")
    add_cascade(parser, default=True, usually="on")
    parser.add_argument("--thorough", dest="cascade", action=_Thorough, nargs=0, help=argparse.SUPPRESS)
    add_model(parser)
    add_home(parser)


class _Thorough(argparse.Action):
    """The earlier name of ``--no-cascade``, understood until 0.3."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, *_: Any) -> None:
        say("--thorough is now called --no-cascade, and will be gone in 0.3")
        namespace.cascade = False


def run(arguments: argparse.Namespace) -> int:
    """Triage the table and say how the zones fell out."""
    with TerminalProgress() as progress:
        outcome = jobs.triage_table(
            Path(arguments.source),
            Path(arguments.target),
            home_of(arguments),
            current_actor(),
            model=path_or_none(arguments.model),
            columns=path_or_none(arguments.columns),
            jurisdiction=arguments.jurisdiction,
            target_precision=arguments.target_precision,
            cascade=arguments.cascade,
            rejected=path_or_none(arguments.rejected),
            progress=progress,
            notify=tell,
        )
    say(f"{outcome.n_rows} rows in {arguments.target}: {_summarise(outcome)}")
    if outcome.n_cut:
        cells = "1 cell is" if outcome.n_cut == 1 else f"{outcome.n_cut} cells are"
        say(f"{cells} longer than Excel takes and cut short - a .csv keeps everything")
    tell_set_aside(outcome.set_aside)
    return DONE


def _summarise(outcome: Outcome) -> str:
    parts = [f"{name} {outcome.zones[zone]}" for zone, name in ZONE_NAMES.items()]
    parts += [f"未能读取 {len(outcome.rejected)}"] if outcome.rejected else []
    parts += [f"空行 {outcome.n_blank}"] if outcome.n_blank else []
    return ", ".join(parts)
