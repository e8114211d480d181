"""How likely two matters are one and the same: shared names of places, shared words, time, meaning.

A rare word or name in both texts says more than a common one: it weighs the logarithm of how seldom
matters have it (idf; Sparck Jones, 1972, https://doi.org/10.1108/eb026526). Two small logistic
regressions turn what is shared into a probability, one for words alone and one with an encoder's
cosine; their weights were fitted on 246 pairs of real messages that were read and judged by hand.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from .fingerprint import Fingerprint

SAME_TEXT = 0.8  # share of the hashes of both texts that are in both
SAME_MATTER = 0.55  # probability; what precision this gives stands in BENCHMARKS.md
_EMPTY = np.zeros(0, dtype=np.uint32)
_NOTHING = 0.02  # added to a cosine before its logarithm is taken
_LONGEST = 5.5  # ln(1 + features): from here on a longer text is no further evidence
_CHUNK = 50_000
_ALWAYS = 30  # matters that may share a word, however few there are


@dataclass(frozen=True, slots=True, eq=False)
class Comparable:
    """A matter as it is compared: fingerprint, day (ordinal), paths of its places, vector or None.

    Vectors are centred, of length one, and only compared where both matters have one.
    """

    print: Fingerprint
    day: int
    places: tuple[str, ...] = ()
    vector: NDArray[np.float32] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Rarity:
    """In how many of ``matters`` each hash occurs; ``hashes`` are sorted."""

    hashes: NDArray[np.uint32]
    counts: NDArray[np.int64]
    matters: int

    @classmethod
    def of(cls, prints: Iterable[Fingerprint]) -> Rarity:
        """Count over some matters."""
        parts: list[NDArray[np.uint32]] = [_EMPTY]
        matters = 0
        for one in prints:
            matters += 1
            parts += [one.words, one.pairs, one.names]
        hashes, counts = np.unique(np.concatenate(parts), return_counts=True)
        return cls(hashes, counts, matters)

    def weights(self, hashes: NDArray[np.uint32]) -> NDArray[np.float32]:
        """Return the idf of each hash; one never seen weighs as much as one seen once."""
        weights: NDArray[np.float32] = np.log((self.matters + 1) / np.maximum(self._counts_of(hashes), 1))
        return weights.astype(np.float32)

    def shares(self, hashes: NDArray[np.uint32]) -> NDArray[np.float64]:
        """Return in which share of the matters each hash occurs."""
        shares: NDArray[np.float64] = self._counts_of(hashes) / max(self.matters, 1)
        return shares

    def _counts_of(self, hashes: NDArray[np.uint32]) -> NDArray[np.int64]:
        if not len(self.hashes):
            return np.zeros(len(hashes), dtype=np.int64)
        at = np.minimum(np.searchsorted(self.hashes, hashes), len(self.hashes) - 1)
        return np.where(self.hashes[at] == hashes, self.counts[at], 0)


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """Pair by pair: ``overlap`` of the texts (Jaccard), probability to be the same ``matter``."""

    overlap: NDArray[np.float32]
    matter: NDArray[np.float32]


class Comparison:
    """Some matters ready to be compared with each other.

    Args:
        matters: at most some ten thousand.
        rarity: how rare words are in general.
    """

    def __init__(self, matters: Sequence[Comparable], rarity: Rarity) -> None:
        self._matters = matters
        self._words = _matrix([m.print.words for m in matters], rarity)
        self._pairs = _matrix([m.print.pairs for m in matters], rarity)
        self._names = _matrix([m.print.names for m in matters], rarity)
        self._days = np.array([m.day for m in matters], dtype=np.int64)
        sizes = sum(np.diff(part.indptr) for part in (self._words, self._pairs, self._names))
        self._sizes = np.asarray(sizes, dtype=np.float32)
        self._said = _squares(self._words) + _squares(self._pairs)
        self._named = _squares(self._names)
        self._vectors = _stack_vectors(matters)

    def __len__(self) -> int:
        return len(self._matters)

    def propose_pairs(
        self, common: float, least: float, days: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the pairs (i < j) worth comparing: those that share rare words or names.

        Args:
            common: words in more than this share of the matters propose nothing; names may be in
                ten times as many, since of what happens at one place many may write.
            least: cosine over the others that a pair must reach.
            days: how far apart in time they may be.
        """
        parts = ((self._words, common), (self._pairs, common), (self._names, 10 * common))
        rare = sparse.hstack([self._drop_common(part, share) for part, share in parts]).tocsr()
        lengths = np.sqrt(self._said + self._named + 1)
        shared = sparse.triu(rare @ rare.T, k=1).tocoo()
        i, j = shared.row.astype(np.int64), shared.col.astype(np.int64)
        near = np.abs(self._days[i] - self._days[j]) <= days
        near &= shared.data >= least * lengths[i] * lengths[j]
        return i[near], j[near]

    def _drop_common(self, part: sparse.csr_matrix, share: float) -> sparse.csc_matrix:
        columns = part.tocsc()
        return columns[:, np.diff(columns.indptr) <= max(share * len(self), _ALWAYS)]

    def likeness(self, i: NDArray[np.int64], j: NDArray[np.int64]) -> Likeness:
        """Compare matter ``i[k]`` with matter ``j[k]`` for every k."""
        parts = [
            self._compare_chunk(i[at : at + _CHUNK], j[at : at + _CHUNK]) for at in range(0, len(i), _CHUNK)
        ]
        if not parts:
            return Likeness(np.zeros(0, dtype=np.float32), np.zeros(0, dtype=np.float32))
        return Likeness(
            np.concatenate([part.overlap for part in parts]), np.concatenate([part.matter for part in parts])
        )

    def _compare_chunk(self, i: NDArray[np.int64], j: NDArray[np.int64]) -> Likeness:
        (words, n_words), (pairs, n_pairs) = (
            _overlap_of_pairs(self._words, i, j),
            _overlap_of_pairs(self._pairs, i, j),
        )
        named, n_names = _overlap_of_pairs(self._names, i, j)
        both = n_words + n_pairs + n_names
        overlap = both / np.maximum(self._sizes[i] + self._sizes[j] - both, 1)
        evidence = _Evidence(
            names=np.log1p(named),
            alike_names=named / np.sqrt(self._named[i] * self._named[j] + 1),
            alike_words=(words + pairs) / np.sqrt(self._said[i] * self._said[j] + 1),
            length=np.minimum(np.log1p(np.minimum(self._sizes[i], self._sizes[j])), _LONGEST),
            days=np.log1p(np.abs(self._days[i] - self._days[j])).astype(np.float32),
            elsewhere=self._differ_in_place(i, j),
        )
        matter = evidence.by_words()
        if self._vectors is not None:
            vectors, has = self._vectors
            cosines = np.einsum("nd,nd->n", vectors[i], vectors[j])
            matter = np.where(has[i] & has[j], evidence.by_meaning(cosines), matter)
        return Likeness(overlap.astype(np.float32), (1 / (1 + np.exp(-matter))).astype(np.float32))

    def _differ_in_place(self, i: NDArray[np.int64], j: NDArray[np.int64]) -> NDArray[np.float32]:
        places = [m.places for m in self._matters]
        return np.fromiter(
            (places_differ(places[a], places[b]) for a, b in zip(i, j, strict=True)), np.float32, len(i)
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Evidence:
    names: NDArray[np.float32]
    alike_names: NDArray[np.float32]
    alike_words: NDArray[np.float32]
    length: NDArray[np.float32]
    days: NDArray[np.float32]
    elsewhere: NDArray[np.float32]

    def by_words(self) -> NDArray[np.float32]:
        """Return log-odds without a vector."""
        names = 0.57 * self.names + 0.33 * np.log(self.alike_names + _NOTHING)
        words = 0.87 * np.log(self.alike_words + _NOTHING) + 0.65 * self.length
        odds: NDArray[np.float32] = names + words - 0.27 * self.days - 1.5 * self.elsewhere - 2.2
        return odds

    def by_meaning(self, cosines: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return log-odds with the cosine of the two vectors."""
        near = -0.1 * self.days - 0.5 * self.elsewhere
        odds: NDArray[np.float32] = 0.5 * self.names + 1.3 * self.length + 11 * cosines + near - 12.8
        return odds


def places_differ(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether both name places and none of the one lies at, in or around one of the other."""
    if not one or not other:
        return False
    return not any(f"{a}/".startswith(f"{b}/") or f"{b}/".startswith(f"{a}/") for a in one for b in other)


def _matrix(rows: Sequence[NDArray[np.uint32]], rarity: Rarity) -> sparse.csr_matrix:
    bounds = np.cumsum([0, *map(len, rows)])
    hashes, columns = np.unique(np.concatenate([_EMPTY, *rows]), return_inverse=True)
    weights = rarity.weights(hashes)[columns]
    return sparse.csr_matrix((weights, columns, bounds), shape=(len(rows), len(hashes)))


def _squares(matrix: sparse.csr_matrix) -> NDArray[np.float32]:
    return np.asarray(matrix.multiply(matrix).sum(axis=1), dtype=np.float32).ravel()


def _overlap_of_pairs(
    matrix: sparse.csr_matrix, i: NDArray[np.int64], j: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return for each pair the sum of squared weights of what is in both, and how many these are."""
    both = matrix[i].multiply(matrix[j]).tocsr()
    counts = np.diff(both.indptr).astype(np.float32)
    return np.asarray(both.sum(axis=1), dtype=np.float32).ravel(), counts


def _stack_vectors(matters: Sequence[Comparable]) -> tuple[NDArray[np.float32], NDArray[np.bool_]] | None:
    width = next((len(m.vector) for m in matters if m.vector is not None), 0)
    if not width:
        return None
    has = np.array([m.vector is not None and len(m.vector) == width for m in matters])
    vectors = np.zeros((len(matters), width), dtype=np.float32)
    vectors[has] = [m.vector for m, given in zip(matters, has, strict=True) if given]
    return vectors, has
