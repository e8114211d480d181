"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fenban.serving.exits import say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from fenban.model.case import Case


def add_home(parser: argparse.ArgumentParser) -> None:
    """Add ``--home``."""
    parser.add_argument(
        "--home", metavar="DIR", help="registry, uploads, caches (default: FENBAN_HOME, else the data folder)"
    )


def add_model(parser: argparse.ArgumentParser, *, required: bool = False) -> None:
    """Add ``--model``."""
    default = "" if required else " (default: the registry's champion)"
    parser.add_argument("--model", metavar="DIR", required=required, help=f"model folder{default}")


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
    parser.add_argument("--columns", metavar="MAP.toml", help="names the columns where headers are unusual")
    parser.add_argument(
        "--rejected", metavar="FILE", help="where unreadable rows go (default: NAME.rejected.csv here)"
    )


def read_cases_of(arguments: argparse.Namespace) -> list[Case]:
    """Read ``--cases``; set unreadable rows aside and say how many there were."""
    from fenban.training.columns import read_column_map
    from fenban.training.tables import read_cases

    named = read_column_map(Path(arguments.columns)) if arguments.columns else None
    reading = read_cases(arguments.cases, named)
    cases = list(reading)
    for message, count in reading.warnings.items():
        say(f"{message} ({count} rows)")
    set_aside(arguments.cases, reading.rejected, arguments.rejected)
    return cases


def set_aside(files: Sequence[str], rejected: Sequence[object], chosen: str | None) -> None:
    """Write rejected rows, masked, to the working folder, never beside the input."""
    from fenban.model.privacy import mask
    from fenban.training.tables import Rejected, default_rejected_path, write_rejected

    rows = [row for row in rejected if isinstance(row, Rejected)]
    if not rows:
        return
    target = Path(chosen) if chosen else default_rejected_path(files[0])
    write_rejected(target, rows, mask)
    first = rows[0]
    column = f', column "{first.column}"' if first.column else ""
    say(f"{len(rows)} rows set aside in {target}; the first: {first.file} row {first.row}{column}: {first.reason}")
