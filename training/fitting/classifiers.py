"""Fitting the linear heads: one-versus-rest support vector machines on one feature matrix."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import joblib
import numpy as np
from scipy import sparse
from sklearn.svm import LinearSVC

from fenban.model import Head, LinearHeads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

REGULARISATION = 0.5
TOLERANCE = 1e-2
RARITY_WEIGHT = 0.5  # class weight ~ frequency ** -RARITY_WEIGHT: 0 is none, 1 is balanced
SMALLEST_WEIGHT = 0.01
SMALLEST_SIDE_WEIGHT = 0.03  # for what is shown beside the answer, and for what decides among few
CLASSES_AT_ONCE = 16
WORTH_PROCESSES = 20_000_000  # values read: below, starting processes costs more than it saves
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

    def expand(self, weights: sparse.csr_matrix, smallest: float) -> sparse.csr_matrix:
        """Return the (width, classes) weights of the whole matrix, those below ``smallest`` dropped."""
        n_shared = len(self.shared)
        whole = weights[:n_shared].tocoo()
        parts = (self.single @ weights[n_shared:]).tocoo()
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
    problems = [
        p for target in targets for p in _split_into_problems(target, np.searchsorted(used, target.rows))
    ]
    solved = _solve(compact.rows, problems, seed)
    heads: list[Head] = []
    blocks: list[sparse.csr_matrix] = []
    start = 0
    for target in targets:
        parts = [
            weights for problem, (weights, _) in zip(problems, solved, strict=True) if problem.of is target
        ]
        heads.append(Head(target.name, target.classes, start))
        blocks.append(compact.expand(sparse.hstack(parts).tocsr(), target.smallest_weight))
        start += len(target.classes)
    if start > MAX_COLUMNS:
        raise ValueError(f"{start} classes in all; at most {MAX_COLUMNS} can be stored")
    stacked = sparse.hstack(blocks).tocsr()
    stacked.sort_indices()
    return LinearHeads(tuple(heads), stacked, np.concatenate([intercept for _, intercept in solved]))


@dataclass(frozen=True, slots=True)
class Problem:
    """Some classes of a target, each against the rest; ``holds`` is (texts of the target, classes)."""

    of: Target
    rows: NDArray[np.int64]
    holds: NDArray[np.bool_]
    weights: tuple[float, ...]


def _split_into_problems(target: Target, rows: NDArray[np.int64]) -> list[Problem]:
    weights = {} if target.several else class_weights(target.labels)
    found = []
    for start in range(0, len(target.classes), CLASSES_AT_ONCE):
        names = target.classes[start : start + CLASSES_AT_ONCE]
        if target.several:
            holds = np.array([[name in labels for name in names] for labels in target.labels])
        else:
            holds = np.array(target.labels)[:, None] == np.array(names)
        found.append(Problem(target, rows, holds, tuple(weights.get(name, 1.0) for name in names)))
    return found


def _solve(
    rows: sparse.csr_matrix, problems: Sequence[Problem], seed: int
) -> list[tuple[sparse.csr_matrix, NDArray[np.float32]]]:
    """Solve all problems, in processes where that pays.

    Not in threads: the solver draws from one random generator a process, and the same cases must
    give the same model.
    """
    tasks = [
        (rows, problem.rows, problem.holds, problem.weights, problem.of.smallest_weight, seed)
        for problem in problems
    ]
    effort = rows.nnz * sum(problem.holds.shape[1] for problem in problems)
    if effort < WORTH_PROCESSES or (os.cpu_count() or 1) == 1:
        return [_fit_machines(*task) for task in tasks]
    with joblib.Parallel(n_jobs=os.cpu_count()) as parallel:
        return list(parallel(joblib.delayed(_fit_machines)(*task) for task in tasks))


def _fit_machines(
    rows: sparse.csr_matrix,
    chosen: NDArray[np.int64],
    holds: NDArray[np.bool_],
    weights: Sequence[float],
    smallest: float,
    seed: int,
) -> tuple[sparse.csr_matrix, NDArray[np.float32]]:
    """Return the weights (width, classes), those below ``smallest`` dropped, and the intercepts."""
    texts = rows[chosen]
    columns = np.zeros((texts.shape[1], holds.shape[1]), dtype=np.float32)
    intercept = np.zeros(holds.shape[1], dtype=np.float32)
    for i, weight in enumerate(weights):
        if holds[:, i].all():
            continue  # the only class there is: any constant will do
        machine = LinearSVC(
            C=REGULARISATION, class_weight={False: 1.0, True: weight}, random_state=seed, tol=TOLERANCE
        )
        machine.fit(texts, holds[:, i])
        columns[:, i] = machine.coef_[0]
        intercept[i] = machine.intercept_[0]
    columns[np.abs(columns) < smallest] = 0
    return sparse.csr_matrix(columns), intercept


def class_weights(labels: Sequence[object]) -> dict[object, float]:
    """Weigh rare classes up, keeping the average weight of a text at one."""
    counts = Counter(labels)
    raw = {name: (len(labels) / len(counts) / n) ** RARITY_WEIGHT for name, n in counts.items()}
    mean = sum(raw[name] * n for name, n in counts.items()) / len(labels)
    return {name: weight / mean for name, weight in raw.items()}
