"""How alike the texts of units are, estimated fairly for units with few cases."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from fenban.model import DocumentFrequencies, NgramHasher, Vectoriser, read_batch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from fenban.model import Case, Reading

_CHUNK = 2000
_LEAST_OWN = 0.01  # likeness of a unit's texts among themselves; an estimate from few may fall below
_FEWEST = 3  # cases of a group from which its texts say anything


class UnitTexts:
    """Inner products of the sums of all texts' feature rows, unit by unit."""

    def __init__(self, products: NDArray[np.float64], sizes: NDArray[np.float64]) -> None:
        """``products`` is (units, units), ``sizes`` (units,) the number of cases."""
        self._sizes = sizes
        shares = sizes / sizes.sum()
        means = products / np.outer(sizes, sizes)
        # a text is no evidence that its unit is like itself: unit rows have an inner product of one
        pairs = np.maximum(sizes * (sizes - 1), 1)
        own = (np.diag(products) - sizes) / pairs
        np.fill_diagonal(means, own)
        around = means @ shares
        self._centred = means - around[:, None] - around[None, :] + shares @ around

    @classmethod
    def of(cls, cases: Sequence[Case], units: Sequence[str]) -> UnitTexts:
        """Read the cases of ``units``; each needs one at least."""
        number = {name: i for i, name in enumerate(units)}
        known = [case for case in cases if case.lead_unit in number]
        frequencies = DocumentFrequencies()
        for reading in _readings(known):
            frequencies.add(reading.spans, len(reading))
        vectoriser = Vectoriser(frequencies.space())
        rows = [vectoriser.matrix(reading.spans, len(reading)) for reading in _readings(known)]
        owner = np.array([number[case.lead_unit or ""] for case in known])
        gather = sparse.csr_matrix(
            (np.ones(len(known)), (owner, np.arange(len(known)))), shape=(len(units), len(known))
        )
        sums = gather @ sparse.vstack(rows).tocsr()
        counts = Counter(owner.tolist())
        return cls(
            (sums @ sums.T).toarray(), np.array([counts[i] for i in range(len(units))], dtype=np.float64)
        )

    def likeness(self, ones: Sequence[int], others: Sequence[int]) -> float | None:
        """Return the cosine of two groups of units beyond what all texts share; None with too few cases."""
        if min(self._sizes[list(ones)].sum(), self._sizes[list(others)].sum()) < _FEWEST:
            return None
        own, other = (max(self._product(group, group), _LEAST_OWN) for group in (ones, others))
        return float(np.clip(self._product(ones, others) / np.sqrt(own * other), -1, 1))

    def _product(self, ones: Sequence[int], others: Sequence[int]) -> float:
        first, second = self._sizes[list(ones)], self._sizes[list(others)]
        block = self._centred[np.ix_(list(ones), list(others))]
        return float(first @ block @ second / (first.sum() * second.sum()))


def _readings(cases: Sequence[Case]) -> Iterator[Reading]:
    hasher = NgramHasher()
    for start in range(0, len(cases), _CHUNK):
        yield read_batch([case.submission for case in cases[start : start + _CHUNK]], hasher)
