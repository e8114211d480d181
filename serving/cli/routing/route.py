"""``fenban route``."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from fenban.model import MISSING_NAMES, SIGNAL_NAMES, ZONE_NAMES, InputError, Submission

from ... import jobs
from ..exits import DONE, say
from ..home import model_folder_of
from ..notices import tell_set_aside
from ..options import add_cascade, add_columns, add_home, add_model, path_or_none

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from fenban.model import Evidence, Suggestion

EXAMPLE = 'fenban route "青秀区民族大道的路灯三天没亮了"'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("text", metavar="TEXT", nargs="?", help="the text; - or nothing reads standard input")
    parser.add_argument("--file", metavar="FILE", help=".txt (one text a line), .jsonl, .csv or .xlsx")
    add_columns(parser)
    parser.add_argument("--jurisdiction", metavar="PATH", help="where texts come from, e.g. 南宁市/青秀区")
    parser.add_argument("--top", type=int, default=3, choices=range(1, 11), metavar="K", help="default 3")
    parser.add_argument("--json", action="store_true", help="print JSON and nothing else")
    add_cascade(parser, default=None, usually="on for a --file of more than 256 texts, else off")
    add_model(parser)
    add_home(parser)


def run(arguments: argparse.Namespace) -> int:
    """Route and print."""
    if arguments.file and arguments.text is not None:
        raise InputError("give TEXT or --file FILE, not both")
    many = bool(arguments.file)
    submissions = _read_file(arguments) if many else [_read_text(arguments)]
    folder = model_folder_of(arguments)
    suggestions = jobs.route_texts(folder, submissions, arguments.top, cascade=arguments.cascade)
    if arguments.json:
        values = [suggestion.as_dict() for suggestion in suggestions]
        print(json.dumps(values if many else values[0], ensure_ascii=False, indent=1))
        return DONE
    for submission, suggestion in zip(submissions, suggestions, strict=True):
        print("\n".join(_describe(submission, suggestion)), end="\n\n" if many else "\n")
    return DONE


def _read_text(arguments: argparse.Namespace) -> Submission:
    text = _read_stdin() if arguments.text in (None, "-") else _decode(os.fsencode(arguments.text))
    if not text.strip():
        raise InputError("there is no text to route - give it in quotes, or --file FILE")
    return Submission(text, jurisdiction=arguments.jurisdiction)


def _read_stdin() -> str:
    if sys.stdin is None:
        raise InputError("there is no standard input to read a text from - give it in quotes")
    if sys.stdin.isatty():
        say("Type or paste the text; end it with Ctrl+D (on Windows Ctrl+Z and Enter).")
    return _decode(sys.stdin.buffer.read())


def _decode(text: bytes) -> str:
    """Read UTF-8, else GB18030, as other Chinese programs hand it on."""
    for coding in ("utf-8-sig", "gb18030"):
        try:
            return text.decode(coding)
        except UnicodeDecodeError:
            continue
    raise InputError("the text is neither UTF-8 nor GB18030 - save it as UTF-8 and give it with --file")


def _read_file(arguments: argparse.Namespace) -> list[Submission]:
    """Return one submission per row, in order; a row that cannot be read counts as an empty text."""
    submissions, unreadable = jobs.read_submissions(
        Path(arguments.file),
        path_or_none(arguments.columns),
        arguments.jurisdiction,
        path_or_none(arguments.rejected),
    )
    tell_set_aside(unreadable)
    return submissions


def _describe(submission: Submission, suggestion: Suggestion) -> Iterator[str]:
    text = " ".join(submission.text.split())
    yield (text[:60] + "…") if len(text) > 60 else text or "（没有文字）"
    yield f"  分区  {ZONE_NAMES[suggestion.zone]}"
    for unit in suggestion.lead_units:
        yield f"  主办  {unit.probability:6.1%}  {unit.unit}{'（试用）' if unit.trial else ''}"
    if not suggestion.lead_units:
        for function in suggestion.functions:
            yield f"  职能  {function.probability:6.1%}  {function.function}"
    for unit in suggestion.co_units:
        yield f"  协办  {unit.probability:6.1%}  {unit.unit}"
    for topic in suggestion.topics[:2]:
        yield f"  主题  {topic.probability:6.1%}  {topic.path}"
    if suggestion.lane:
        yield f"  通道  {suggestion.lane.name}（{suggestion.lane.reason}）"
    for number, matter in enumerate(suggestion.matters, start=1):
        best = matter.functions[0]
        yield f"  第{number}件 {best.probability:6.1%}  {best.function}：{' '.join(matter.text.split())[:40]}"
    notes = [SIGNAL_NAMES[flag] for flag in suggestion.flags]
    notes += [MISSING_NAMES[name] for name in suggestion.missing]
    if notes:
        yield f"  注意  {'；'.join(notes)}"
    for hint in suggestion.hints:
        yield f"        {hint}"
    yield from _describe_evidence(suggestion.evidence)


def _describe_evidence(evidence: Evidence) -> Iterator[str]:
    words = list(dict.fromkeys(word.text for word in evidence.words))
    if words:
        yield f"  依据  {'、'.join(words)}"
    if evidence.duties:
        yield f"  职责  {evidence.duties}"
    for case in evidence.similar:
        label = case.lead_unit or case.function or case.topic
        yield f"  相似  {case.similarity:6.1%}  {label}：{case.text[:40]}"
    for change in evidence.changes:
        yield f"  若改  {change.text}"
