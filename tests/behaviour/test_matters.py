"""Blind matters, written by somebody who had not seen the starter cases: eleven a first-level topic."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fenban.model import shipped

if TYPE_CHECKING:
    from fenban.model import Router

pytestmark = pytest.mark.slow

MATTERS = [
    json.loads(line) for line in (Path(__file__).parent / "matters.jsonl").read_text("utf-8").splitlines()
]


def test_every_topic_is_there() -> None:
    known = {f"{row['first']}/{row['second']}" for row in shipped.table("topics.csv")}
    assert {matter["topic"] for matter in MATTERS} <= known
    firsts = Counter(matter["topic"].split("/")[0] for matter in MATTERS)
    assert len(firsts) == 22
    assert min(firsts.values()) >= 10


def test_none_of_them_is_a_starter_case() -> None:
    learnt = {record["text"] for name in shipped.starter_files() for record in shipped.json_lines(name)}
    assert not learnt & {matter["text"] for matter in MATTERS}


def test_an_acceptable_function_is_in_the_first_three(starter_router: Router) -> None:
    suggestions = starter_router.suggest([matter["text"] for matter in MATTERS], evidence="none")
    hits = [
        any(function.function in matter["functions"] for function in suggestion.functions)
        for matter, suggestion in zip(MATTERS, suggestions, strict=True)
    ]
    assert sum(hits) / len(hits) >= 0.85
