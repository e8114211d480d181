"""``manifest.json``, ``directory.json`` and ``cases.jsonl``: what each record of a model folder must be."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ..memory.neighbours import ResolvedCase
from .shapes import Shape, by_name, either, known, list_of, number, optional, record, string, text

if TYPE_CHECKING:
    from collections.abc import Sequence


_words = optional(list_of(string))
_predecessors = optional(list_of(record({"name": text, "until": optional(text), "change": string})))
_function: dict[str, Shape] = {
    "short": string,
    "kind": string,
    "aliases": _words,
    "duties": _words,
    "predecessors": _predecessors,
    "since": optional(string),
}
_unit: dict[str, Shape] = {
    "function": optional(text),
    "jurisdiction": optional(text),
    "aliases": _words,
    "valid_from": optional(text),
    "valid_until": optional(text),
    "superior": optional(text),
    "predecessors": _predecessors,
}
DIRECTORY = record(
    {
        "functions": list_of(record({"name": text}, _function)),
        "units": list_of(record({"name": text}, _unit)),
    }
)
MANIFEST = known(
    {
        "files": by_name(text),
        "kind": text,
        "libraries": by_name(text),
        "seed": number(),
        "parent": optional(text),
        "data": known({"cases": number(0), "sha256": text}),
        "metrics": by_name(either(text, record({"n": number(0), "top1": number(0, 1)}))),
        "encoder": by_name(lambda value, where: None),
    }
)
CASE = record(
    {
        "text": string,
        "lead_unit": optional(string),
        "function": optional(string),
        "topic": optional(string),
        "received_at": optional(string),
    }
)


def case_lines(cases: Sequence[ResolvedCase]) -> str:
    """Return the cases as JSON, one a line."""
    return "".join(json.dumps(asdict(case), ensure_ascii=False, sort_keys=True) + "\n" for case in cases)


def cases_from(lines: str) -> list[ResolvedCase]:
    """Read ``case_lines`` back.

    Raises:
        ValueError: a line is no case.
    """
    values: list[Any] = [json.loads(line) for line in lines.split("\n") if line]
    for line, value in enumerate(values, start=1):
        CASE(value, f"case {line}")
    return [ResolvedCase(**value) for value in values]
