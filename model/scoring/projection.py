"""Short dense vectors of sparse rows: a random projection that needs nothing stored.

A feature's row of the projection matrix has four entries of +-1/2, one in each quarter of the
dimensions, at places and with signs that its slot alone decides (very sparse random projections:
Achlioptas, 2003, https://doi.org/10.1016/S0022-0000(03)00025-4; Li, Hastie & Church, 2006,
https://doi.org/10.1145/1150402.1150436; one entry a block: Kane & Nelson, 2014,
https://doi.org/10.1145/2559902). Products of rows are kept up to a noise of 1/sqrt(dimensions).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .features import mix_bits

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

    from .features import FeatureSpace

DIMENSIONS = 512  # at 256 the noise costs 5 points of the neighbours' vote on hotline orders
_ENTRIES = 4
_AT_ONCE = 1024  # rows, for the memory that the sums take
_SEED = 0x9E3779B97F4A7C15


class Projection:
    """Projects the rows of one feature space. Features of the least frequency are left out.

    A feature that one training text alone has can tell no two of them alike: it only adds noise.
    """

    def __init__(self, space: FeatureSpace) -> None:
        slots = space.slots.astype(np.uint64)
        block = DIMENSIONS // _ENTRIES
        self._cells = np.empty((_ENTRIES, len(slots)), dtype=np.int16)
        for entry in range(_ENTRIES):
            mix = mix_bits(slots * np.uint64(2 * _ENTRIES + 1) + np.uint64(2 * entry + 1) + np.uint64(_SEED))
            place = entry * block + (mix % np.uint64(block)).astype(np.int64)
            # two cells a dimension: what is added, what is taken away
            self._cells[entry] = 2 * place + (mix >> np.uint64(63)).astype(np.int64)
        rarest = float(space.idf.max()) if space.width else 0.0
        self._kept = space.idf < rarest if space.width and space.idf.min() < rarest else space.idf > -1

    def vectors(self, features: sparse.csr_matrix) -> NDArray[np.float32]:
        """Return the (texts, 512) unit vectors of (texts, width) rows; zeros for a row of nothing."""
        out = np.zeros((features.shape[0], DIMENSIONS), dtype=np.float32)
        for start in range(0, len(out), _AT_ONCE):
            out[start : start + _AT_ONCE] = self._sums(features[start : start + _AT_ONCE])
        return unit_rows(out)

    def _sums(self, features: sparse.csr_matrix) -> NDArray[np.float64]:
        n_texts = features.shape[0]
        kept = self._kept[features.indices]
        columns, values = features.indices[kept], features.data[kept]
        first_cell = np.repeat(np.arange(n_texts), np.diff(features.indptr))[kept] * (2 * DIMENSIONS)
        size = n_texts * 2 * DIMENSIONS
        sums = [np.bincount(first_cell + cells[columns], values, size) for cells in self._cells]
        pairs = np.sum(sums, axis=0).reshape(n_texts, DIMENSIONS, 2)
        difference: NDArray[np.float64] = pairs[:, :, 0] - pairs[:, :, 1]
        return difference


def unit_rows(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale every row of (n, d) vectors to length 1; rows of zeros stay as they are."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: NDArray[np.float32] = (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return scaled
