"""``fenban evaluate``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from ..exits import DONE, say
from ..options import add_cases, add_home, add_model, read_with_rejects
from ..terminal import TerminalProgress

if TYPE_CHECKING:
    import argparse

HELP = "measure a model on resolved cases it has not seen"
EXAMPLE = "fenban evaluate --model model-2025 --cases 2026-01.xlsx --report report.html"
_LABELS = ("lead_unit", "function", "topic")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    add_model(parser, required=True)
    add_cases(parser, required=True)
    parser.add_argument("--topic-map", metavar="MAP.toml", help="maps topics to other labels: [map] table")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.add_argument("--report", metavar="OUT.html", help="write an HTML report")
    parser.add_argument(
        "--cascade", action="store_true", help="ask the encoder only where the sparse part is unsure"
    )
    add_home(parser)


def run(arguments: argparse.Namespace) -> int:
    """Evaluate and print the figures."""
    from fenban.model import Router
    from fenban.training import evaluate_model, read_topic_map

    from ..outputs import check_writable

    if arguments.report:
        check_writable(Path(arguments.report))
    router = Router.load(arguments.model)
    topic_map = read_topic_map(Path(arguments.topic_map)) if arguments.topic_map else None
    cases, n_rejected = read_with_rejects(arguments)
    with TerminalProgress() as progress:
        evaluation = evaluate_model(router, cases, topic_map, progress, thorough=not arguments.cascade)
    if arguments.report:
        from fenban.training import Source, write_report

        write_report(Path(arguments.report), evaluation, router, Source(arguments.cases, n_rejected))
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
