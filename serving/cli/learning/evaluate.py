"""``fenban evaluate``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from ... import jobs
from ..exits import DONE, say
from ..notices import tell
from ..options import add_cascade, add_cases, add_home, add_model, case_files_of, path_or_none
from ..terminal import TerminalProgress

if TYPE_CHECKING:
    import argparse

EXAMPLE = "fenban evaluate --model model-2025 --cases 2026-01.xlsx --report report.html"
_LABELS = ("lead_unit", "function", "topic")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    add_model(parser, required=True)
    add_cases(parser, required=True)
    parser.add_argument("--topic-map", metavar="MAP.toml", help="maps topics to other labels: [map] table")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.add_argument("--report", metavar="OUT.html", help="write an HTML report")
    add_cascade(parser, default=False, usually="off")
    add_home(parser)


def run(arguments: argparse.Namespace) -> int:
    """Evaluate and print the figures."""
    with TerminalProgress() as progress:
        evaluation = jobs.evaluate_files(
            Path(arguments.model),
            case_files_of(arguments),
            topic_map=path_or_none(arguments.topic_map),
            report=path_or_none(arguments.report),
            cascade=arguments.cascade,
            progress=progress,
            notify=tell,
        )
    if arguments.report:
        say(f"report in {arguments.report}")
    figures = evaluation.as_dict()
    if not any(label in figures for label in _LABELS):
        say("the cases carry no label that this model has learnt: there is nothing to compare")
    if arguments.json:
        print(json.dumps(figures, ensure_ascii=False, indent=1))
    else:
        _print_table(figures)
    return DONE


def _print_table(figures: dict[str, object]) -> None:
    print(f"{figures['n']} texts, {figures['texts_per_second']} texts/s")
    for label in _LABELS:
        values = figures.get(label)
        if isinstance(values, dict):
            print(f"{label:10}", "  ".join(f"{name} {value}" for name, value in values.items()))
