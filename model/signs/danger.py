"""Danger to life or limb: signs of it, and what the cases taught, in one score set for recall.

The words are in ``datasets/lexicons/danger.toml``; ``fenban.model.signs.finder`` says how they compose.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

from .. import shipped
from .finder import Sign, SignFinder


@functools.lru_cache(maxsize=1)
def shipped_hazards() -> SignFinder:
    """Return the finder of the shipped signs of danger."""
    return SignFinder(shipped.toml("lexicons/danger.toml"))


@dataclass(frozen=True, slots=True)
class DangerReading:
    """Whether a text speaks of danger, and the signs found in it (none: learnt words alone)."""

    danger: bool
    score: float
    signs: tuple[Sign, ...]


@dataclass(frozen=True, slots=True)
class _Weights:
    """Of a logistic regression on the starter cases, the learnt probability taken out of fold."""

    learnt: float
    any_hazard: float
    certain: float
    composed: float
    elsewhere: float
    settled: float
    length: float
    bias: float


_WITH_HEAD = _Weights(2.2, 1.8, 0.8, 0.6, 0.8, -0.5, -0.6, 5.0)
_ALONE = _Weights(0.0, 2.4, 1.1, 0.9, 0.8, -0.5, -1.0, -2.5)
_USUAL_LENGTH = 75  # characters: longer texts name more things in passing
_MOST = 3


def read_danger(text: str, learnt: float | None = None) -> DangerReading:
    """Judge a folded text by its hazards and, where the model has learnt it, P(danger).

    The bias is set for recall: one ordinary starter case in ten is flagged for nineteen of twenty
    dangerous ones.
    """
    found = shipped_hazards().find(text)
    hazards = found.signs
    current = tuple(hazard for hazard in hazards if hazard.current)
    certain = sum(hazard.certain for hazard in current)
    weights = _ALONE if learnt is None else _WITH_HEAD
    chance = 0.5 if learnt is None else min(max(learnt, 1e-4), 1 - 1e-4)
    score = (
        weights.bias
        + weights.learnt * math.log(chance / (1 - chance))
        + weights.any_hazard * bool(current)
        + weights.certain * min(certain, _MOST)
        + weights.composed * min(len(current) - certain, _MOST)
        + weights.elsewhere * min(len(hazards) - len(current), 2)
        + weights.settled * min(found.settled, _MOST)
        + weights.length * max(0.0, math.log(max(len(text), 1) / _USUAL_LENGTH))
    )
    return DangerReading(score > 0, score, current or hazards)
