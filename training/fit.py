"""Fitting the linear heads: one-versus-rest support vector machines on one feature matrix."""

from __future__ import annotations

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from sklearn.svm import LinearSVC

from fenban.model.classifier import Head, LinearHeads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

REGULARISATION = 0.5
TOLERANCE = 1e-2
RARITY_WEIGHT = 0.5  # class weight ~ frequency ** -RARITY_WEIGHT: 0 is none, 1 is balanced
SMALLEST_WEIGHT = 0.01
SMALLEST_SIDE_WEIGHT = 0.03  # for what is shown beside the answer, and for what decides among few
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
    smallest_weight: float = SMALLEST_WEIGHT

    @property
    def classes(self) -> tuple[str, ...]:
        """The different labels, sorted."""
        if self.several:
            return tuple(sorted({label for labels in self.labels for label in labels}))
        return tuple(sorted(set(self.labels)))  # type: ignore[arg-type]

    def within(self, kept: NDArray[np.bool_]) -> Target:
        """Return the part of the target whose texts are kept."""
        chosen = np.flatnonzero(kept[self.rows])
        labels = tuple(self.labels[i] for i in chosen)
        return replace(self, rows=self.rows[chosen], labels=labels)


@dataclass(frozen=True, slots=True)
class Compact:
    """A feature matrix in which what occurs in one text only is one column a text.

    To a machine with an L2 penalty the features seen in a single text are one direction: their
    weights are proportional to their values. Replacing them by one column of their common length
    gives the same machine in a fraction of the time and memory; ``expand`` takes it apart again.
    """

    rows: sparse.csr_matrix
    shared: NDArray[np.int64]
    single: sparse.csr_matrix

    @classmethod
    def of(cls, features: sparse.csr_matrix) -> Compact:
        """Split the columns of (texts, width) features into shared and single ones."""
        n_texts, width = features.shape
        frequency = np.bincount(features.indices, minlength=width)
        shared = np.flatnonzero(frequency > 1)
        alone = frequency[features.indices] == 1
        owner = np.repeat(np.arange(n_texts), np.diff(features.indptr))[alone]
        value, column = features.data[alone], features.indices[alone]
        length = np.sqrt(np.bincount(owner, weights=value.astype(np.float64) ** 2, minlength=n_texts))
        share = (value / length[owner]).astype(np.float32)
        single = sparse.csr_matrix((share, (column, owner)), shape=(width, n_texts))
        rows = sparse.hstack([features[:, shared], sparse.diags(length.astype(np.float32))]).tocsr()
        return cls(rows, shared, single)

    def expand(self, weights: NDArray[np.float32], smallest: float) -> sparse.csr_matrix:
        """Return the (width, classes) weights of the whole matrix, those below ``smallest`` dropped."""
        n_shared = len(self.shared)
        whole = _large(weights[:n_shared], smallest).tocoo()
        parts = (self.single @ _large(weights[n_shared:], smallest)).tocoo()
        kept = np.abs(parts.data) >= smallest
        values = np.concatenate([whole.data, parts.data[kept]])
        rows = np.concatenate([self.shared[whole.row], parts.row[kept]])
        columns = np.concatenate([whole.col, parts.col[kept]])
        rounded = values.astype(np.float16).astype(np.float32)
        return sparse.csr_matrix((rounded, (rows, columns)), (self.single.shape[0], weights.shape[1]))


def fit_heads(features: sparse.csr_matrix, targets: Sequence[Target], seed: int) -> LinearHeads:
    """Fit one head per target.

    Args:
        features: (texts, width) rows.
        targets: what to learn; a target with a single class becomes a constant head.
        seed: of the solver's shuffling.
    """
    used = np.unique(np.concatenate([target.rows for target in targets]))
    compact = Compact.of(features[used])
    heads: list[Head] = []
    blocks: list[sparse.csr_matrix] = []
    intercepts: list[NDArray[np.float32]] = []
    start = 0
    for target in targets:
        rows = compact.rows[np.searchsorted(used, target.rows)]
        weights, intercept = _fit_one(rows, target, seed)
        heads.append(Head(target.name, target.classes, start))
        blocks.append(compact.expand(weights, target.smallest_weight))
        intercepts.append(intercept)
        start += len(target.classes)
    if start > MAX_COLUMNS:
        raise ValueError(f"{start} classes in all; at most {MAX_COLUMNS} can be stored")
    stacked = sparse.hstack(blocks).tocsr()
    stacked.sort_indices()
    return LinearHeads(tuple(heads), stacked, np.concatenate(intercepts))


def _fit_one(
    rows: sparse.csr_matrix, target: Target, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    classes = target.classes
    if len(classes) == 1 and not target.several:
        return np.zeros((rows.shape[1], 1), dtype=np.float32), np.zeros(1, dtype=np.float32)
    weights = {} if target.several else class_weights(target.labels)

    def against_the_rest(name: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        weighing = {0: 1.0, 1: weights.get(name, 1.0)}
        machine = LinearSVC(C=REGULARISATION, class_weight=weighing, random_state=seed, tol=TOLERANCE)
        machine.fit(rows, _holds(target, name))
        return machine.coef_[0].astype(np.float32), machine.intercept_.astype(np.float32)

    # liblinear lets go of the interpreter lock while it trains
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        fitted = list(threads.map(against_the_rest, classes))
    return np.column_stack([w for w, _ in fitted]), np.concatenate([b for _, b in fitted])


def _holds(target: Target, name: str) -> NDArray[np.int64]:
    if target.several:
        return np.array([name in labels for labels in target.labels], dtype=np.int64)
    return np.array([label == name for label in target.labels], dtype=np.int64)


def class_weights(labels: Sequence[object]) -> dict[object, float]:
    """Weigh rare classes up, keeping the average weight of a text at one."""
    counts = Counter(labels)
    raw = {name: (len(labels) / len(counts) / n) ** RARITY_WEIGHT for name, n in counts.items()}
    mean = sum(raw[name] * n for name, n in counts.items()) / len(labels)
    return {name: weight / mean for name, weight in raw.items()}


def _large(weights: NDArray[np.float32], smallest: float) -> sparse.csr_matrix:
    return sparse.csr_matrix(np.where(np.abs(weights) >= smallest, weights, np.float32(0)))
