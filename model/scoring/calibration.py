"""From margins to probabilities that can be taken at their word, and from those to zones.

Temperature scaling (Guo et al., 2017, "On Calibration of Modern Neural Networks") turns margins
into probabilities; beta calibration (Kull et al., 2017) then corrects the probability of the best
answer, which is what people act on: near-identical texts went to different offices before, so even
a margin that looks certain is not. The threshold of the ``auto`` zone is the lowest at which
the precision measured on texts the model had not seen is at least the target by a one-sided
Clopper-Pearson bound.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ..case import Zone

MANUAL_BELOW = 0.60  # first three answers together
DEFAULT_TARGET = 0.95
NEVER = 2.0  # a threshold no probability reaches
_MIN_SUPPORT = 30
_MIN_OF_ONE = 8  # answers of one kind from which its own precision can be judged
_SURE_TO_BREAK = 0.9
_TINY = 1e-6


def softmax(margins: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """Return rows of probabilities; a higher ``temperature`` is a flatter row."""
    scaled = margins / np.float32(temperature)
    scaled = scaled - scaled.max(axis=1, keepdims=True)
    powers = np.exp(scaled)
    probabilities: NDArray[np.float32] = powers / powers.sum(axis=1, keepdims=True)
    return probabilities


@dataclass(frozen=True, slots=True)
class TopCalibration:
    """Beta calibration of the best answer: logit q = a log p - b log(1 - p) + c, with a, b >= 0.

    ``by_class`` is added for the class that is the best answer, where there is one for every class: an
    answer that is often right is worth more than one that is seldom given, at the same probability.
    """

    a: float = 1.0
    b: float = 1.0
    c: float = 0.0
    by_class: tuple[float, ...] = ()

    def of_top(self, top: NDArray[np.float32], best: NDArray[np.int64] | None = None) -> NDArray[np.float32]:
        """Return the corrected probabilities of best answers, element by element.

        ``best`` are their class numbers; without them no class is told from another.
        """
        p = np.clip(top.astype(np.float64), _TINY, 1 - _TINY)
        logit = self.a * np.log(p) - self.b * np.log1p(-p) + self.c
        if self.by_class and best is not None:
            logit = logit + np.asarray(self.by_class)[best]
        corrected: NDArray[np.float32] = (1 / (1 + np.exp(-logit))).astype(np.float32)
        return corrected

    def apply(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Correct the best answer of every row and share what is left among the others as before.

        The order of the answers never changes: the best keeps at least as much as the second.
        """
        if rows.shape[1] < 2:
            return rows
        n = np.arange(len(rows))
        best = rows.argmax(axis=1)
        top = rows[n, best]
        total = rows.sum(axis=1)
        rest = np.maximum(total - top, _TINY)
        second = np.partition(rows, -2, axis=1)[:, -2] / rest
        corrected = np.maximum(self.of_top(top, best), second / (1 + second))
        scaled = rows * ((np.maximum(total, corrected) - corrected) / rest)[:, None]
        scaled[n, best] = corrected
        result: NDArray[np.float32] = scaled.astype(np.float32)
        return result


@dataclass(frozen=True, slots=True)
class PrecisionCurve:
    """Top-1 confidence and correctness on unseen texts, most confident first.

    ``answer`` are numbers into ``names``: what was answered.
    """

    confidence: NDArray[np.float32]
    correct: NDArray[np.uint8]
    answer: NDArray[np.int32] | None = None
    names: tuple[str, ...] = ()

    @classmethod
    def measure(
        cls,
        confidence: NDArray[np.float32],
        correct: NDArray[np.bool_],
        answers: Sequence[str] | None = None,
    ) -> PrecisionCurve:
        """Sort the observations; ties keep their order, so that the result is reproducible."""
        order = np.argsort(-confidence, kind="stable")
        sorted_ = confidence[order].astype(np.float32), correct[order].astype(np.uint8)
        if answers is None:
            return cls(*sorted_)
        names = tuple(sorted(set(answers)))
        number = {name: i for i, name in enumerate(names)}
        return cls(*sorted_, np.array([number[answers[i]] for i in order], dtype=np.int32), names)

    def threshold(self, target: float = DEFAULT_TARGET, assurance: float = 0.75) -> float:
        """Return the lowest confidence whose measured precision is at least ``target``.

        ``assurance`` is the one-sided confidence of the bound. Where too few texts were seen to
        promise anything, the threshold is out of reach and nothing is ``auto``.
        """
        from scipy.special import betaincinv  # scipy.stats would take half a second to load

        n = np.arange(1, len(self.confidence) + 1)
        right = np.cumsum(self.correct, dtype=np.int64)
        with np.errstate(invalid="ignore"):
            bound = np.where(right > 0, betaincinv(right, n - right + 1, 1 - assurance), 0.0)
        ends_tie = np.append(self.confidence[1:] != self.confidence[:-1], True)
        reached = np.flatnonzero((bound >= target) & ends_tie & (n >= _MIN_SUPPORT))
        if not len(reached):
            return NEVER
        # answers carry four digits: a threshold must not lie a hair above its own tie
        return math.floor(float(self.confidence[reached[-1]]) * 10_000) / 10_000

    def floors(self, target: float = DEFAULT_TARGET) -> dict[str, float]:
        """Return a higher threshold for every answer that breaks the promise at the common one.

        An answer breaks it where it was given often enough above the common threshold and even the
        upper bound of its precision there (90 %, Clopper-Pearson) is below ``target``. Its floor is
        the lowest confidence from which it kept the target by itself, out of reach if there is none.
        """
        from scipy.special import betaincinv

        start = self.threshold(target)
        found: dict[str, float] = {}
        for number in range(len(self.names)) if self.answer is not None else ():
            own = np.flatnonzero(self.answer == number)
            above = own[self.confidence[own] >= start]
            right, n = int(self.correct[above].sum()), len(above)
            if n < _MIN_OF_ONE or right == n or betaincinv(right + 1, n - right, _SURE_TO_BREAK) >= target:
                continue
            counts = np.arange(1, n + 1)
            kept = np.flatnonzero(
                (np.cumsum(self.correct[above]) / counts >= target) & (counts >= _MIN_OF_ONE)
            )
            floor = float(self.confidence[above[kept[-1]]]) if len(kept) else NEVER
            found[self.names[number]] = math.floor(floor * 10_000) / 10_000
        return found


def zone_of(probabilities: NDArray[np.float32] | list[float], threshold: float) -> Zone:
    """Return the zone of one text from its probabilities, best first."""
    if len(probabilities) and probabilities[0] >= threshold:
        return "auto"
    return "manual" if sum(probabilities[:3]) < MANUAL_BELOW else "confirm"
