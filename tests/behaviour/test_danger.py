"""Danger to life or limb on messages by somebody who had not seen the words: recall first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fenban.model import Router

pytestmark = pytest.mark.slow

BLIND = [
    json.loads(line) for line in (Path(__file__).parent / "danger.jsonl").read_text("utf-8").splitlines()
]


def shares(flagged: list[bool]) -> tuple[float, float]:
    """Return recall and the share of false alarms."""
    hits = [hit for hit, case in zip(flagged, BLIND, strict=True) if case["danger"]]
    alarms = [hit for hit, case in zip(flagged, BLIND, strict=True) if not case["danger"]]
    return sum(hits) / len(hits), sum(alarms) / len(alarms)


def test_danger_is_seen_whatever_the_words(starter_router: Router) -> None:
    suggestions = starter_router.suggest([case["text"] for case in BLIND], evidence="none")
    recall, false_alarms = shares(["danger" in suggestion.flags for suggestion in suggestions])
    assert recall >= 0.9
    assert false_alarms <= 0.2
    assert all(s.zone != "auto" and s.hints for s in suggestions if "danger" in s.flags)
