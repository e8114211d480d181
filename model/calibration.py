"""From margins to probabilities that can be taken at their word, and from those to zones.

Temperature scaling (Guo et al., 2017, "On Calibration of Modern Neural Networks") turns margins
into probabilities; the threshold of the ``auto`` zone is the lowest at which the precision measured
on texts the model had not seen is at least the target by a one-sided Clopper-Pearson bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fenban.model.case import Zone

MANUAL_BELOW = 0.60  # first three answers together
DEFAULT_TARGET = 0.95
NEVER = 2.0  # a threshold no probability reaches
_MIN_SUPPORT = 30


def softmax(margins: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """Return rows of probabilities; a higher ``temperature`` is a flatter row."""
    scaled = margins / np.float32(temperature)
    scaled = scaled - scaled.max(axis=1, keepdims=True)
    powers = np.exp(scaled)
    probabilities: NDArray[np.float32] = powers / powers.sum(axis=1, keepdims=True)
    return probabilities


@dataclass(frozen=True, slots=True)
class PrecisionCurve:
    """Top-1 confidence and correctness on unseen texts, most confident first."""

    confidence: NDArray[np.float32]
    correct: NDArray[np.uint8]

    @classmethod
    def measure(cls, confidence: NDArray[np.float32], correct: NDArray[np.bool_]) -> PrecisionCurve:
        """Sort the observations; ties keep their order, so that the result is reproducible."""
        order = np.argsort(-confidence, kind="stable")
        return cls(confidence[order].astype(np.float32), correct[order].astype(np.uint8))

    def threshold(self, target: float = DEFAULT_TARGET, assurance: float = 0.75) -> float:
        """Return the lowest confidence whose measured precision is at least ``target``.

        ``assurance`` is the one-sided confidence of the bound. Where too few texts were seen to
        promise anything, the threshold is out of reach and nothing is ``auto``.
        """
        from scipy.stats import beta

        n = np.arange(1, len(self.confidence) + 1)
        right = np.cumsum(self.correct, dtype=np.int64)
        with np.errstate(invalid="ignore"):
            bound = np.where(right > 0, beta.ppf(1 - assurance, right, n - right + 1), 0.0)
        ends_tie = np.append(self.confidence[1:] != self.confidence[:-1], True)
        reached = np.flatnonzero((bound >= target) & ends_tie & (n >= _MIN_SUPPORT))
        return float(self.confidence[reached[-1]]) if len(reached) else NEVER


def zone_of(probabilities: NDArray[np.float32] | list[float], threshold: float) -> Zone:
    """Return the zone of one text from its probabilities, best first."""
    if len(probabilities) and probabilities[0] >= threshold:
        return "auto"
    return "manual" if sum(probabilities[:3]) < MANUAL_BELOW else "confirm"
