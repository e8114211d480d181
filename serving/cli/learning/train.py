"""``fenban train``."""

from __future__ import annotations

import argparse
from pathlib import Path

from ... import jobs
from ..exits import DONE, say
from ..home import home_of
from ..notices import tell
from ..options import add_cases, add_encoder, add_home, case_files_of, encoder_of, path_or_none
from ..terminal import TerminalProgress

EXAMPLE = "fenban train --cases 2024.xlsx 2025.xlsx --out model-2025"
_LARGEST_SEED = (1 << 32) - 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    add_cases(parser, required=False)
    parser.add_argument("--directory", metavar="FILE", help="departments, .xlsx, .csv or .jsonl, one a row")
    parser.add_argument("--out", metavar="DIR", required=True, help="the model folder to write")
    add_encoder(parser)
    parser.add_argument("--target-precision", type=float, default=0.95, metavar="P", help="default 0.95")
    parser.add_argument(
        "--forget-cases", action="store_true", help="keep no masked beginnings of cases to show similar ones"
    )
    parser.add_argument(
        "--seed", type=_parse_seed, default=None, help="same cases and seed give the same folder"
    )
    add_home(parser)


def _parse_seed(text: str) -> int:
    if not text.isdecimal() or int(text) > _LARGEST_SEED:
        raise argparse.ArgumentTypeError(f"{text}: give a whole number from 0 to {_LARGEST_SEED}")
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    """Train and write the folder."""
    with TerminalProgress() as progress:
        trained = jobs.train_from_files(
            Path(arguments.out).resolve(),
            home_of(arguments),
            case_files_of(arguments) if arguments.cases else None,
            directory=path_or_none(arguments.directory),
            encoder=encoder_of(arguments),
            target_precision=arguments.target_precision,
            memory=not arguments.forget_cases,
            seed=arguments.seed,
            progress=progress,
            notify=tell,
        )
    measured = trained.metrics
    figures = [f"{label} {measured[label]['top1']:.1%}" for label in trained.labels if label in measured]
    say(
        f"model {trained.version} in {arguments.out}: {trained.n_cases} cases; "
        f"on unseen ones ({measured['measured_on']}): {', '.join(figures)}"
    )
    return DONE
