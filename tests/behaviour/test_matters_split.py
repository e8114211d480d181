"""Texts of several matters and long stories of one: the split is found, and only there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fenban.model import Router

pytestmark = pytest.mark.slow

TEXTS = [
    json.loads(line)
    for line in (Path(__file__).parent / "matters_split.jsonl").read_text("utf-8").splitlines()
]


def test_several_matters_are_told_from_one_long_story(starter_router: Router) -> None:
    suggestions = starter_router.suggest([text["text"] for text in TEXTS], evidence="none")
    split = [bool(suggestion.matters) for suggestion in suggestions]
    several = [text["several"] for text in TEXTS]
    found = sum(a and b for a, b in zip(split, several, strict=True))
    assert sum(several) >= 40
    assert len(TEXTS) - sum(several) >= 60
    assert found / sum(several) >= 0.82
    assert found / sum(split) >= 0.9
    for text, suggestion in zip(TEXTS, suggestions, strict=True):
        for matter in suggestion.matters:
            assert text["text"][matter.start : matter.end].strip()[:4] == matter.text[:4]
