"""Measuring a baseline by fenban's own rules: the same slice, the same threshold, the same figures."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from fenban.model.scoring.calibration import PrecisionCurve
from fenban.training.evaluation.evaluate import RANKED, LabelEvaluation, Outcomes
from fenban.training.evaluation.metrics import NO_ANSWER
from fenban.training.fitting.splits import hold_back
from fenban.training.train import SEED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from .labelled import Labelled


@dataclass(frozen=True, slots=True)
class Ranked:
    """Answers to ``n`` texts: three names at most, best first, and the confidence in the first, (n,)."""

    names: list[list[str]]
    confidence: NDArray[np.float64]


class Baseline(Protocol):
    """A text classifier as somebody would put it together from one library."""

    probabilities: bool

    def fit(self, texts: Sequence[str], labels: Sequence[str]) -> None:
        """Learn from texts and their labels, one each."""
        ...

    def rank(self, texts: Sequence[str]) -> Ranked:
        """Answer texts, from the raw text on."""
        ...


def best_of(scores: NDArray[Any], classes: Sequence[str], confidence: NDArray[Any] | None = None) -> Ranked:
    """Rank by ``scores``, (n, classes); the confidence is the best score where none is given."""
    order = np.argsort(-scores, axis=1, kind="stable")[:, :RANKED]
    best = np.take_along_axis(scores, order[:, :1], axis=1)[:, 0] if confidence is None else confidence
    return Ranked([[classes[i] for i in row] for row in order.tolist()], best.astype(np.float64))


def measure(make: Callable[[], Baseline], train: Labelled, score: Labelled, rounds: int) -> dict[str, Any]:
    """Choose the threshold on texts held back from ``train``, learn from all of it, score the rest.

    Args:
        make: makes a baseline that has learnt nothing.
        train: what to learn from; its latest slice, or folds where it has no dates, is held back
            exactly as fenban's training does it.
        score: what to score; none of it is looked at before.
        rounds: how many folds at most (where there are dates there is one slice).

    Returns:
        Seconds (``held_back_s``, ``fit_s``; ``train_s`` is both), ``texts_per_second`` and the
        figures that ``fenban evaluate`` gives; ``ece`` is None where there are no probabilities.
    """
    started = time.perf_counter()
    threshold = _threshold(make, train, rounds)
    held_back = time.perf_counter()
    baseline = make()
    baseline.fit(train.texts, train.labels)
    fitted = time.perf_counter()
    answers = baseline.rank(score.texts)
    answered = time.perf_counter()
    figures = LabelEvaluation.measure(outcomes(score.labels, answers), threshold).as_dict()
    if not baseline.probabilities:
        figures["ece"] = None
    return {
        "train_s": round(fitted - started, 1),
        "held_back_s": round(held_back - started, 1),
        "fit_s": round(fitted - held_back, 1),
        "texts_per_second": round(len(score) / (answered - fitted), 1),
        **figures,
    }


def _threshold(make: Callable[[], Baseline], train: Labelled, rounds: int) -> float:
    confidence, correct = [], []
    for split in hold_back(train.dates, SEED)[:rounds]:
        known, held = train.where(split.train), train.where(split.unseen)
        baseline = make()
        baseline.fit(known.texts, known.labels)
        answers = baseline.rank(held.texts)
        confidence.append(answers.confidence)
        correct.append(outcomes(held.labels, answers).correct)
    curve = PrecisionCurve.measure(np.concatenate(confidence).astype(np.float32), np.concatenate(correct))
    return curve.threshold()


def outcomes(gold: Sequence[str], answers: Ranked) -> Outcomes:
    """Put labels and answers into numbers, as the figures want them."""
    numbers: dict[str, int] = {}

    def number(name: str) -> int:
        return numbers.setdefault(name, len(numbers))

    labels = np.array([number(name) for name in gold], dtype=np.int32)
    ranked = np.full((len(gold), RANKED), NO_ANSWER, dtype=np.int32)
    for i, names in enumerate(answers.names):
        ranked[i, : len(names)] = [number(name) for name in names]
    return Outcomes(tuple(numbers), labels, ranked, answers.confidence)
