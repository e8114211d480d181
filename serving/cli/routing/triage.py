"""``fenban triage``: a backlog in, the same table with suggestions out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..exits import DONE, say
from ..home import model_folder_of
from ..options import add_columns, add_home, add_model, check_rejected, columns_of, set_aside
from ..terminal import TerminalProgress

if TYPE_CHECKING:
    import argparse

    from ...jobs.triage import Outcome

HELP = "add suggestions to every row of a backlog (.xlsx, .csv, .jsonl)"
EXAMPLE = "fenban triage backlog.xlsx suggested.xlsx --target-precision 0.95"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("source", metavar="IN", help=".xlsx, .csv or .jsonl")
    parser.add_argument("target", metavar="OUT", help=".xlsx, .csv or .jsonl; never the same file")
    add_columns(parser)
    parser.add_argument("--jurisdiction", metavar="PATH", help="where texts come from, e.g. 南宁市/青秀区")
    parser.add_argument("--target-precision", type=float, default=None, metavar="P", help="default 0.95")
    parser.add_argument(
        "--thorough",
        action="store_true",
        help="ask the encoder for every text: slower, and more texts are sure enough to go out by themselves",
    )
    add_model(parser)
    add_home(parser)


def run(arguments: argparse.Namespace) -> int:
    """Triage the table and say how the zones fell out."""
    from fenban.model import check_target
    from fenban.training import load_router

    from ...jobs.triage import Triage

    check_target(arguments.target_precision)
    check_rejected([arguments.source], arguments.rejected)
    named = columns_of(arguments)
    source, target = Path(arguments.source), Path(arguments.target)
    triage = Triage(source, target, named, arguments.jurisdiction, arguments.thorough)
    triage.check()
    folder = model_folder_of(arguments)
    router = load_router(folder)
    with TerminalProgress() as progress:
        outcome = triage.run(router, arguments.target_precision, progress, folder)
    say(f"{outcome.n_rows} rows in {arguments.target}: {_summary(outcome)}")
    if outcome.n_cut:
        cells = "1 cell is" if outcome.n_cut == 1 else f"{outcome.n_cut} cells are"
        say(f"{cells} longer than Excel takes and cut short - a .csv keeps everything")
    set_aside([arguments.source], outcome.rejected, arguments.rejected)
    return DONE


def _summary(outcome: Outcome) -> str:
    from fenban.model import ZONE_NAMES

    parts = [f"{name} {outcome.zones[zone]}" for zone, name in ZONE_NAMES.items()]
    parts += [f"未能读取 {len(outcome.rejected)}"] if outcome.rejected else []
    parts += [f"空行 {outcome.n_blank}"] if outcome.n_blank else []
    return ", ".join(parts)
