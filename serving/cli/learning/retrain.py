"""``fenban retrain``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ... import jobs
from ..exits import DONE, say
from ..home import current_actor, home_of
from ..notices import tell
from ..options import add_cases, add_encoder, add_home, case_files_of, encoder_of, path_or_none
from ..terminal import TerminalProgress

if TYPE_CHECKING:
    import argparse

EXAMPLE = "fenban retrain --cases resolved-2026-10.xlsx"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    add_cases(parser, required=True)
    parser.add_argument("--directory", metavar="FILE", help="departments (default: the champion's own)")
    add_encoder(parser)
    add_home(parser)


def run(arguments: argparse.Namespace) -> int:
    """Retrain, compare, promote or refuse, and say why."""
    with TerminalProgress() as progress:
        result = jobs.retrain_from_files(
            case_files_of(arguments),
            home_of(arguments),
            current_actor(),
            directory=path_or_none(arguments.directory),
            encoder=encoder_of(arguments),
            progress=progress,
            notify=tell,
        )
    say(f"{result.n_new} new cases ({result.n_known_before} of those given were known).")
    print(result.why)
    say(f"champion: {result.champion}; challenger: {result.challenger}")
    return DONE
