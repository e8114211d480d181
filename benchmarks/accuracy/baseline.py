"""One baseline on one set and one label, in this process; prints its figures as one JSON object.

``python -m fenban.benchmarks.accuracy.baseline linearsvc --train FILE --score FILE --label function``
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fenban.model.errors import FenbanError
from fenban.training.fitting.splits import FOLDS

from .bags import FastText, TfidfLinearSvc
from .labelled import LABELS, read_labelled
from .scoring import measure
from .transformer import EPOCHS, RATE, PlainFineTune, Recipe

if TYPE_CHECKING:
    from collections.abc import Callable

    from .scoring import Baseline

BASELINES = ("fasttext", "linearsvc", "transformer")


def main(arguments: list[str] | None = None) -> int:
    """Measure; return 1 with one line where it cannot be done."""
    parser = argparse.ArgumentParser(
        prog="python -m fenban.benchmarks.accuracy.baseline", description=__doc__
    )
    parser.add_argument("name", choices=BASELINES)
    parser.add_argument("--train", type=Path, required=True, metavar="FILE")
    parser.add_argument("--score", type=Path, required=True, metavar="FILE")
    parser.add_argument("--label", choices=LABELS, required=True)
    parser.add_argument("--limit", type=int, metavar="N", help="read N texts of each file: a trial")
    parser.add_argument("--checkpoint", type=Path, metavar="FOLDER")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--train-words", action="store_true", help="train the word embeddings too: slower")
    chosen = parser.parse_args(arguments)
    try:
        print(json.dumps(_figures(chosen), ensure_ascii=False))
    except FenbanError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _figures(chosen: argparse.Namespace) -> dict[str, Any]:
    make, rounds, settings = _maker(chosen)
    train = read_labelled(chosen.train, chosen.label, chosen.limit)
    score = read_labelled(chosen.score, chosen.label, chosen.limit)
    if not len(train) or not len(score):
        raise FenbanError(f"no text with a {chosen.label}: there is nothing to measure")
    return settings | measure(make, train, score, rounds)


def _maker(chosen: argparse.Namespace) -> tuple[Callable[[], Baseline], int, dict[str, Any]]:
    """Return what makes the baseline, how many folds it can afford, and its settings for the record."""
    if chosen.name == "fasttext":
        return FastText, FOLDS, {}
    if chosen.name == "linearsvc":
        return TfidfLinearSvc, FOLDS, {}
    if chosen.checkpoint is None or not (chosen.checkpoint / "config.json").is_file():
        raise FenbanError(f"no checkpoint in {chosen.checkpoint}: give a folder with --checkpoint")
    recipe = Recipe(chosen.checkpoint, chosen.epochs, chosen.rate, frozen_words=not chosen.train_words)
    settings = {key: value for key, value in asdict(recipe).items() if key != "checkpoint"}
    return (lambda: PlainFineTune(recipe)), 1, {"recipe": settings}


if __name__ == "__main__":
    sys.exit(main())
