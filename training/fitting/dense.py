"""The dense part of a training: what an encoder's vectors say, learnt beside the sparse features."""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from fenban.model import LABELS, DenseHeads, Head, Neighbours, ResolvedCase, log_shares, unit_vectors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fenban.model import OnnxEncoder

    from ..encoder.embedding_cache import EmbeddingCache
    from ..progress import Progress
    from .classifiers import Target
    from .splits import Split

_NOBODY = ResolvedCase("", None, None, None, None)  # votes need labels alone, not the cases
PRIOR_POWER = 0.5  # of a class's frequency: 1 is its prior as counted, 0 none
_UNSEEN = -12.0  # margin of a class that the round's training part does not hold


@dataclass(frozen=True, slots=True)
class Unseen:
    """Margins of the unseen texts, round after round, by head: of the heads, and of the neighbours."""

    heads: dict[str, NDArray[np.float32]]
    votes: dict[str, NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Dense:
    """What is learnt from all texts, and their vectors of length one, (texts, dimension)."""

    heads: DenseHeads
    encoder: OnnxEncoder
    vectors: NDArray[np.float32]


class DensePart(Protocol):
    """Learns heads over vectors of one list of texts."""

    def observe(self, targets: Sequence[Target], rounds: Sequence[Split]) -> Unseen:
        """Learn from each round's training part and look at its unseen part."""
        ...

    def fit(self, targets: Sequence[Target]) -> Dense:
        """Learn from all texts."""
        ...

    def facts(self) -> dict[str, Any]:
        """Return what the manifest says of the encoder."""
        ...


class DenseSource(Protocol):
    """Makes the dense part of a training, once its texts are known."""

    @property
    def tunes(self) -> bool:
        """Whether the encoder itself is trained."""
        ...

    def part(self, texts: Sequence[str], progress: Progress) -> DensePart:
        """Return the dense part for folded texts."""
        ...


@dataclass(frozen=True, slots=True)
class FrozenSource:
    """An encoder as it is, its vectors kept in a cache."""

    encoder: OnnxEncoder
    cache: EmbeddingCache
    tunes: bool = False

    def part(self, texts: Sequence[str], progress: Progress) -> DensePart:
        """Embed the texts that the cache does not hold."""
        return FrozenPart(self.encoder, self.cache.embed(self.encoder, texts, progress))


@dataclass(frozen=True, slots=True)
class FrozenPart:
    """Linear discriminants over (texts, dimension) vectors that do not change.

    With the covariance shrunk by Ledoit & Wolf (2004) they need no tuning, take a second, and make
    far more of a frozen encoder than a logistic regression does: see docs/experiments.md.
    """

    encoder: OnnxEncoder
    vectors: NDArray[np.float32]

    def observe(self, targets: Sequence[Target], rounds: Sequence[Split]) -> Unseen:
        """Learn from each round's training part and look at its unseen part."""
        found: dict[str, list[NDArray[np.float32]]] = {target.name: [] for target in _learnt(targets)}
        votes: list[dict[str, NDArray[np.float32]]] = []
        for split in rounds:
            unseen = np.flatnonzero(split.unseen)
            centre = self.vectors[split.train].mean(axis=0)
            votes.append(votes_of(unit_vectors(self.vectors, centre), split, targets))
            for target in _learnt(targets):
                heads = self._fit([target.within(split.train)], centre)
                margins = np.full((len(unseen), len(target.classes)), _UNSEEN, dtype=np.float32)
                if heads.heads:
                    number = {name: i for i, name in enumerate(target.classes)}
                    known = [number[name] for name in heads.heads[0].classes]
                    margins[:, known] = heads.scores(self.vectors[unseen])[target.name]
                found[target.name].append(margins)
        return Unseen(
            {name: np.vstack(parts) for name, parts in found.items()},
            {name: np.vstack([part[name] for part in votes]) for name in votes[0]},
        )

    def fit(self, targets: Sequence[Target]) -> Dense:
        """Learn from all texts."""
        heads = self._fit(_learnt(targets), self.vectors.mean(axis=0))
        return Dense(heads, self.encoder, heads.unit_vectors(self.vectors))

    def facts(self) -> dict[str, Any]:
        """Return the settings and the fingerprint of the encoder."""
        return {**asdict(self.encoder.settings), "fingerprint": self.encoder.fingerprint, "tuned": False}

    def _fit(self, targets: Sequence[Target], centre: NDArray[np.float32]) -> DenseHeads:
        inputs = unit_vectors(self.vectors, centre)
        heads, weights, intercepts, start = [], [], [], 0
        for target in targets:
            if len(target.classes) < 2:
                continue
            weight, intercept = _discriminants(inputs[target.rows], target)
            heads.append(Head(target.name, target.classes, start))
            weights.append(weight)
            intercepts.append(intercept)
            start += len(target.classes)
        return DenseHeads(
            tuple(heads),
            np.hstack(weights).astype(np.float32) if weights else np.zeros((inputs.shape[1], 0), np.float32),
            np.concatenate(intercepts).astype(np.float32) if intercepts else np.zeros(0, np.float32),
            centre.astype(np.float32),
        )


def votes_of(
    vectors: NDArray[np.float32], split: Split, targets: Sequence[Target]
) -> dict[str, NDArray[np.float32]]:
    """Return how the training texts nearest to the unseen ones vote: (unseen texts, classes) by head.

    ``vectors`` are those of all texts, of length one.
    """
    known = np.flatnonzero(split.train)
    memory = Neighbours.build(vectors[known], [_NOBODY] * len(known))
    numbers, similarities = memory.search(vectors[split.unseen])
    found = {}
    for target in targets:
        if target.name in LABELS and not target.several:
            class_of = {name: i for i, name in enumerate(target.classes)}
            labels = np.full(len(vectors), -1, dtype=np.int64)
            labels[target.rows] = [class_of[label] for label in target.labels]  # type: ignore[index]
            found[target.name] = log_shares(numbers, similarities, labels[known], len(class_of))
    return found


def _learnt(targets: Sequence[Target]) -> list[Target]:
    return [target for target in targets if not target.several and len(target.classes) > 1]


def _discriminants(
    inputs: NDArray[np.float32], target: Target
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (dimension, classes) weights and the intercepts, the classes in the target's order."""
    counts = Counter(target.labels)
    if len(counts) == len(target.labels):  # a text a class: nothing tells how those of a class differ
        alone = inputs[np.argsort(np.array(target.labels))].astype(np.float64)
        return alone.T, -(alone**2).sum(axis=1) / 2
    raw = np.array([counts[name] ** PRIOR_POWER for name in target.classes])
    machine = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto", priors=raw / raw.sum())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of classes with a single text
        machine.fit(inputs.astype(np.float64), np.array(target.labels))
    weights, intercept = machine.coef_.T, machine.intercept_
    if len(target.classes) == 2:  # scikit-learn gives one column for two classes
        weights = np.hstack([-weights / 2, weights / 2])
        intercept = np.array([-intercept[0] / 2, intercept[0] / 2])
    return weights, intercept
