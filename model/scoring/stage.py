"""How the margins of the parts become probabilities: one stage for the sparse part alone, one for all.

The parts' margins are added up, each with a weight of its own for every head, and a softmax makes
them probabilities: a product of experts (Hinton, 2002, "Training Products of Experts by Minimizing
Contrastive Divergence") whose weights are learnt on texts that no part has seen. How much a part
counts for may change with how sure it is of itself (a gate; Jacobs et al., 1991, "Adaptive Mixtures of
Local Experts"). A single part's weight is one over its temperature (Guo et al., 2017).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from .calibration import softmax

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from .calibration import PrecisionCurve, TopCalibration
    from .composition import UnitComposer

TOPIC_LEVELS = ("topic_first", "topic")
NOT_EXCLUSIVE = ("unit", "involved")  # heads whose margins are no distribution of their own


@dataclass(frozen=True, slots=True)
class Gate:
    """What the margins of a part count for, from ``unsure`` to ``certain``.

    Between the two the weight changes with the largest share of a softmax over the part's own
    margins, multiplied by ``scale``.
    """

    unsure: float
    certain: float
    scale: float = 1.0

    def weigh(self, margins: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the weighted (texts, classes) margins."""
        if self.unsure == self.certain:
            return margins * np.float32(self.unsure)
        growth = np.float32(self.certain - self.unsure) * compute_sureness(margins, self.scale)
        return margins * (np.float32(self.unsure) + growth)


def compute_sureness(margins: NDArray[np.float32], scale: float) -> NDArray[np.float32]:
    """Return the largest share of a softmax over each row of ``scale`` times the margins, (texts, 1)."""
    shares = softmax(margins * np.float32(scale), 1.0)
    largest: NDArray[np.float32] = shares.max(axis=1, keepdims=True)
    return largest


SILENT = Gate(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Weights:
    """What the margins of each part count for in one head; a part without a say is silent."""

    sparse: Gate
    dense: Gate = SILENT
    votes: Gate = SILENT

    @classmethod
    def fixed(cls, *weights: float) -> Weights:
        """Return weights that do not depend on how sure a part is, in the order of the parts."""
        return cls(*(Gate(weight, weight) for weight in weights))

    def mix(self, parts: Parts, head: str) -> NDArray[np.float32]:
        """Return the (texts, classes) sum of weighted margins of one head."""
        mixed = self.sparse.weigh(parts.sparse[head])
        for gate, margins in ((self.dense, parts.dense), (self.votes, parts.votes)):
            if gate != SILENT and head in margins:
                mixed = mixed + gate.weigh(margins[head])
        return mixed


@dataclass(frozen=True, slots=True)
class Parts:
    """The margins of the same texts by every part and head, each (texts, classes)."""

    sparse: Mapping[str, NDArray[np.float32]]
    dense: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    votes: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)

    def of(self, head: str) -> list[NDArray[np.float32]]:
        """Return the margins of one head, part by part, where the part knows it."""
        return [margins[head] for margins in (self.sparse, self.dense, self.votes) if head in margins]


@dataclass(frozen=True, slots=True)
class Stage:
    """Weights by head, calibration and precision by label, and the composer of units."""

    weights: Mapping[str, Weights]
    tops: Mapping[str, TopCalibration]
    curves: Mapping[str, PrecisionCurve]
    composer: UnitComposer | None = None

    def probabilities(self, parts: Parts, groups: NDArray[np.int64] | None) -> dict[str, NDArray[np.float32]]:
        """Return calibrated (texts, classes) probabilities of every head that excludes its others.

        ``groups`` says which first level each topic belongs to; None where topics have one level.
        """
        found = {
            name: softmax(weights.mix(parts, name), 1.0)
            for name, weights in self.weights.items()
            if name not in NOT_EXCLUSIVE
        }
        if groups is not None and all(level in found for level in TOPIC_LEVELS):
            found["topic"] = combine_levels(found["topic_first"], found["topic"], groups)
        for label, calibration in self.tops.items():
            found[label] = calibration.apply(found[label])
        return found


@dataclass(frozen=True, slots=True)
class Cascade:
    """When the sparse part is sure enough for the encoder not to be asked.

    ``enough`` is a confidence in the answer that the zone speaks of, learnt on unseen texts so that
    the accuracy of the whole falls by no more than ``allowed_loss``; ``share`` of those texts
    reached it.
    """

    enough: float
    share: float = 0.0
    allowed_loss: float = field(default=0.002)


def combine_levels(
    first: NDArray[np.float32], second: NDArray[np.float32], groups: NDArray[np.int64]
) -> NDArray[np.float32]:
    """P(path) = P(first level) x P(path | first level), row by row."""
    sums = np.zeros_like(first)
    for group in range(first.shape[1]):
        sums[:, group] = second[:, groups == group].sum(axis=1)
    share = second / np.maximum(sums, np.float32(1e-9))[:, groups]
    return (share * first[:, groups]).astype(np.float32)
