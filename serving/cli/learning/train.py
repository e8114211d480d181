"""``fenban train``."""

from __future__ import annotations

import argparse
from pathlib import Path

from ...jobs.encoders import add_encoder, dense_source, encoder_options, read_unlabelled
from ..exits import DONE, say
from ..home import home_of
from ..options import add_cases, add_home, read_cases_of
from ..terminal import TerminalProgress

HELP = "train a model folder on resolved cases (without --cases: on the shipped starter cases)"
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
    parser.add_argument("--seed", type=_seed, default=None, help="same cases and seed give the same folder")
    add_home(parser)


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) > _LARGEST_SEED:
        raise argparse.ArgumentTypeError(f"{text}: give a whole number from 0 to {_LARGEST_SEED}")
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    """Train and write the folder."""
    from fenban.model import TrainingError, artifact, check_target, shipped_directory
    from fenban.training import SEED, read_directory, starter_cases, train_model

    from ..outputs import check_model_target

    check_target(arguments.target_precision)
    options = encoder_options(arguments)
    out = Path(arguments.out).resolve()
    check_model_target(out)
    directory = read_directory(Path(arguments.directory)) if arguments.directory else None
    if arguments.cases:
        cases = read_cases_of(arguments)
    else:
        cases, directory = starter_cases(), directory or shipped_directory()
    seed = SEED if arguments.seed is None else arguments.seed
    unlabelled = read_unlabelled(arguments.unlabelled)
    with TerminalProgress() as progress:
        dense = dense_source(
            arguments.encoder,
            home_of(arguments),
            seed,
            progress,
            finetune=arguments.finetune,
            unlabelled=unlabelled,
            options=options,
        )
        content = train_model(
            cases,
            directory,
            seed=seed,
            target_precision=arguments.target_precision,
            dense=dense,
            memory=not arguments.forget_cases,
            progress=progress,
        )
    if not content.labels:
        raise TrainingError("the cases name no unit, function or topic: there is nothing to route by")
    version = artifact.save(content, out)
    measured = content.facts["metrics"]
    figures = [f"{label} {measured[label]['top1']:.1%}" for label in content.labels if label in measured]
    say(
        f"model {version} in {arguments.out}: {len(cases)} cases; "
        f"on unseen ones ({measured['measured_on']}): {', '.join(figures)}"
    )
    return DONE
