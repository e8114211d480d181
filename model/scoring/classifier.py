"""Linear classifiers ("heads") that read one feature matrix together.

All heads are columns of one sparse weight matrix, so that a batch costs a single product.
Weights come from one-versus-rest support vector machines; those too small to matter are dropped
when training, which keeps a model of hundreds of labels in a few megabytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


_DENSE_FROM = 0.15  # share of classes with a weight from which a row is kept dense
_MOST_DENSE = 20_000  # rows; at 300 classes 24 MB


@dataclass(frozen=True, slots=True)
class Head:
    """One classifier: its classes are the columns ``start`` to ``start + len(classes)``."""

    name: str
    classes: tuple[str, ...]
    start: int

    @property
    def columns(self) -> slice:
        """The columns of this head in the score matrix."""
        return slice(self.start, self.start + len(self.classes))


class LinearHeads:
    """Heads over one feature space: ``weights`` is (features, classes of all heads).

    A common word has a weight in almost every class, a rare one in a few. Rows of the first kind
    are kept dense as well, which makes the product several times faster than a sparse one.
    """

    def __init__(
        self, heads: tuple[Head, ...], weights: sparse.csr_matrix, intercept: NDArray[np.float32]
    ) -> None:
        self.heads: Mapping[str, Head] = {head.name: head for head in heads}
        self.weights = weights
        self.intercept = intercept
        self._by_class = weights.tocsc()
        self._by_class.sort_indices()
        filled = np.diff(weights.indptr)
        dense = np.flatnonzero(filled >= max(_DENSE_FROM * weights.shape[1], 1))
        dense = np.sort(dense[np.argsort(-filled[dense], kind="stable")[:_MOST_DENSE]])
        self._dense = np.ascontiguousarray(weights[dense].toarray())
        self._dense_row = np.full(weights.shape[0], -1, dtype=np.int32)
        self._dense_row[dense] = np.arange(len(dense), dtype=np.int32)

    def __contains__(self, name: str) -> bool:
        return name in self.heads

    def scores(self, features: sparse.csr_matrix) -> NDArray[np.float32]:
        """Return the (texts, classes of all heads) margins."""
        rows = self._dense_row[features.indices]
        common = rows >= 0
        n_texts = features.shape[0]
        passed = np.concatenate(([0], np.cumsum(common)))[features.indptr]
        of_common = sparse.csr_matrix(
            (features.data[common], rows[common], passed), shape=(n_texts, len(self._dense))
        )
        of_rare = sparse.csr_matrix(
            (features.data[~common], features.indices[~common], features.indptr - passed),
            shape=features.shape,
        )
        margins: NDArray[np.float32] = np.asarray(of_common @ self._dense, dtype=np.float32)
        margins += (of_rare @ self.weights).toarray()
        margins += self.intercept
        return margins

    def of(self, name: str, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the columns of ``scores`` that belong to the head ``name``."""
        return scores[:, self.heads[name].columns]

    def class_weights(self, name: str, index: int, columns: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return the weights of the features ``columns`` for class ``index`` of head ``name``."""
        column = self.heads[name].start + index
        low, high = self._by_class.indptr[column], self._by_class.indptr[column + 1]
        known = self._by_class.indices[low:high]
        if not len(known):
            return np.zeros(len(columns), dtype=np.float32)
        position = np.minimum(np.searchsorted(known, columns), len(known) - 1)
        values: NDArray[np.float32] = self._by_class.data[low:high][position]
        return np.where(known[position] == columns, values, np.float32(0))
