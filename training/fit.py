"""Fitting the linear heads: one-versus-rest support vector machines on one feature matrix."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from sklearn.svm import LinearSVC

from fenban.model.classifier import Head, LinearHeads

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

REGULARISATION = 0.5
RARITY_WEIGHT = 0.5  # class weight ~ frequency ** -RARITY_WEIGHT: 0 is none, 1 is balanced
SMALLEST_WEIGHT = 0.01
MAX_COLUMNS = 1 << 16  # class numbers are stored as 16-bit integers


@dataclass(frozen=True, slots=True)
class Target:
    """Labels for one head. ``rows[i]`` is the text that ``labels[i]`` belongs to.

    With ``several`` a text may carry any number of labels (``labels`` are tuples).
    """

    name: str
    rows: NDArray[np.int64]
    labels: tuple[str | tuple[str, ...], ...]
    several: bool = False

    @property
    def classes(self) -> tuple[str, ...]:
        if self.several:
            return tuple(sorted({label for labels in self.labels for label in labels}))
        return tuple(sorted(set(self.labels)))  # type: ignore[arg-type]

    def within(self, kept: NDArray[np.bool_]) -> Target:
        """Return the part of the target whose texts are kept."""
        chosen = np.flatnonzero(kept[self.rows])
        return Target(self.name, self.rows[chosen], tuple(self.labels[i] for i in chosen), self.several)


def fit_heads(features: sparse.csr_matrix, targets: Sequence[Target], seed: int) -> LinearHeads:
    """Fit one head per target.

    Args:
        features: (texts, width) rows.
        targets: what to learn; a target with fewer than two classes becomes a constant head.
        seed: of the solver's shuffling.
    """
    heads: list[Head] = []
    blocks: list[sparse.csr_matrix] = []
    intercepts: list[NDArray[np.float32]] = []
    start = 0
    for target in targets:
        weights, intercept = _fit_one(features, target, seed)
        heads.append(Head(target.name, target.classes, start))
        blocks.append(weights)
        intercepts.append(intercept)
        start += len(target.classes)
    if start > MAX_COLUMNS:
        raise ValueError(f"{start} classes in all; at most {MAX_COLUMNS} can be stored")
    stacked = sparse.hstack(blocks).tocsr()
    stacked.sort_indices()
    return LinearHeads(tuple(heads), stacked, np.concatenate(intercepts))


def _fit_one(
    features: sparse.csr_matrix, target: Target, seed: int
) -> tuple[sparse.csr_matrix, NDArray[np.float32]]:
    classes = target.classes
    rows = features[target.rows]
    if target.several:
        fitted = [_margins(rows, _holds(target, name), None, seed) for name in classes]
        return _sparsify(np.hstack([w for w, _ in fitted])), np.concatenate([b for _, b in fitted])
    if len(classes) == 1:
        empty = sparse.csr_matrix((features.shape[1], 1), dtype=np.float32)
        return empty, np.zeros(1, dtype=np.float32)
    labels = np.array(target.labels)
    weights, intercept = _margins(rows, labels, class_weights(target.labels), seed)
    if len(classes) == 2:
        weights, intercept = np.hstack([-weights, weights]) / 2, np.array([-intercept[0], intercept[0]]) / 2
    return _sparsify(weights), intercept.astype(np.float32)


def _holds(target: Target, name: str) -> NDArray[np.int64]:
    return np.array([name in labels for labels in target.labels], dtype=np.int64)


def _margins(
    rows: sparse.csr_matrix, labels: NDArray[np.generic], weights: Mapping[str, float] | None, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    machine = LinearSVC(C=REGULARISATION, class_weight=weights, random_state=seed, tol=1e-3)
    machine.fit(rows, labels)
    return machine.coef_.T.astype(np.float32), machine.intercept_.astype(np.float32)


def class_weights(labels: Sequence[object]) -> dict[object, float]:
    """Weigh rare classes up, keeping the average weight of a text at one."""
    counts = Counter(labels)
    raw = {name: (len(labels) / len(counts) / n) ** RARITY_WEIGHT for name, n in counts.items()}
    mean = sum(raw[name] * n for name, n in counts.items()) / len(labels)
    return {name: weight / mean for name, weight in raw.items()}


def _sparsify(weights: NDArray[np.float32]) -> sparse.csr_matrix:
    kept = np.where(np.abs(weights) >= SMALLEST_WEIGHT, weights, np.float32(0))
    return sparse.csr_matrix(kept.astype(np.float16).astype(np.float32))
