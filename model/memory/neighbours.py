"""Similar resolved cases: approximate nearest neighbours in a small world graph.

Vectors are kept as 8-bit integers in an HNSW index (Malkov & Yashunin, 2020,
https://doi.org/10.1109/TPAMI.2018.2889473) of usearch, which holds them and the graph in one
block of bytes: it is stored as it is, and loading it builds nothing. Built in one thread, the same
vectors give the same bytes.
"""

from __future__ import annotations

import functools
import itertools
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .small_world import is_sound, read_vectors
from .usearch_index import BatchMatches, Index, MetricKind, ScalarKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

VOTERS = 20
LONGEST = 120  # characters of a case that are kept
MOST_CASES = 50_000
_CONNECTIVITY, _EFFORT_BUILDING, _EFFORT_SEARCHING = 16, 128, 64
_SHARPNESS = 4.0
_SAME = 0.93  # similarity from which two cases tell a reader the same
_MOST_PAIRS = 20_000


@dataclass(frozen=True, slots=True)
class ResolvedCase:
    """What is kept of a resolved case; ``text`` is masked and short, ``received_at`` an ISO date."""

    text: str
    lead_unit: str | None = None
    function: str | None = None
    topic: str | None = None
    received_at: str | None = None


class Neighbours:
    """The resolved cases of a model, to be found by their vectors.

    Similarities are cosines on a scale where 0 is what two cases picked at random have on average
    (``chance``) and 1 the same vector; what is less alike than that is 0 too.
    """

    def __init__(self, index: Index, cases: Sequence[ResolvedCase], chance: float) -> None:
        self.cases = tuple(cases)
        self.chance = chance
        self._index = index
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self.cases)

    @classmethod
    def build(cls, vectors: NDArray[np.float32], cases: Sequence[ResolvedCase]) -> Neighbours:
        """Index the (n, d) ``vectors``, one for each of the ``cases``."""
        if len(vectors) != len(cases):
            raise ValueError(f"{len(vectors)} vectors of {len(cases)} cases")
        return cls(_index_of(_round_to_bytes(vectors)), cases, _chance(vectors))

    @classmethod
    def restore(cls, data: bytes, cases: Sequence[ResolvedCase], chance: float) -> Neighbours:
        """Rebuild from ``to_bytes()``: a graph that is not sound, or of another version, is built anew.

        Raises:
            ValueError: the bytes are no index, or one of another number of cases.
        """
        vectors = read_vectors(data)
        if len(vectors) != len(cases):
            raise ValueError(f"neighbours: {len(vectors)} vectors of {len(cases)} cases")
        index = Index.restore(data) if is_sound(data, _kinds()) else None
        return cls(index or _index_of(vectors), cases, chance)

    def to_bytes(self) -> bytes:
        """Return vectors and graph."""
        return bytes(self._index.save() or b"")

    @property
    def dimensions(self) -> int:
        """The length of the vectors."""
        return int(self._index.ndim)

    def search(
        self, vectors: NDArray[np.float32], k: int = VOTERS
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return numbers and similarities, both (m, min(k, n)), of the cases nearest to (m, d) vectors.

        The nearest come first. Where fewer are found, or a vector is all zeros, similarities are 0.
        """
        k = min(k, len(self.cases))
        if not k or not len(vectors):
            return np.zeros((len(vectors), k), dtype=np.int64), np.zeros((len(vectors), k), dtype=np.float32)
        with self._lock:
            found = self._index.search(_round_to_bytes(vectors), k, threads=1)
        # a single row comes back without its first dimension
        keys = np.asarray(found.keys).reshape(len(vectors), -1)
        distances = np.asarray(found.distances).reshape(len(vectors), -1)
        counts = found.counts if isinstance(found, BatchMatches) else [len(found.keys)]
        real = np.arange(keys.shape[1])[None, :] < np.reshape(counts, (-1, 1))
        real &= np.abs(vectors).max(axis=1, keepdims=True) > 0
        numbers = np.where(real, keys, 0).astype(np.int64)
        similarities = np.where(real, self._scale(1 - distances), np.float32(0)).astype(np.float32)
        order = np.lexsort((numbers, -similarities), axis=1)
        return np.take_along_axis(numbers, order, 1), np.take_along_axis(similarities, order, 1)

    def distinct(
        self, numbers: NDArray[np.int64], similarities: NDArray[np.float32], k: int = 3
    ) -> list[list[int]]:
        """Return for each row of (m, candidates) found cases the positions of ``k`` that differ.

        Of cases that say the same the nearest is kept; one no more alike than chance is left out.
        """
        if not numbers.size:
            return [[] for _ in numbers]
        rows = np.asarray(self._index.get(numbers.ravel())).astype(np.float32)
        rows = rows.reshape(*numbers.shape, -1)
        rows /= np.maximum(np.linalg.norm(rows, axis=2, keepdims=True), 1)
        alike = self._scale(rows @ rows.transpose(0, 2, 1)) >= _SAME
        return [_choose(alike[i], similarities[i], k) for i in range(len(numbers))]

    def _scale(self, cosines: NDArray[np.float32]) -> NDArray[np.float32]:
        scaled: NDArray[np.float32] = np.clip((cosines - self.chance) / (1 - self.chance), 0, 1)
        return scaled


def vote_shares(
    numbers: NDArray[np.int64],
    similarities: NDArray[np.float32],
    labels: NDArray[np.int64],
    n_classes: int,
    sharpness: float = _SHARPNESS,
) -> NDArray[np.float32]:
    """Return the (m, n_classes) shares of the votes of (m, k) neighbours for each class.

    ``labels[j]`` is the class of case ``j``, -1 where it has none. A vote weighs its similarity to
    the power of ``sharpness``; a row without votes is all zeros.
    """
    m = len(numbers)
    classes = labels[numbers]
    weights = np.where(classes >= 0, similarities.astype(np.float64) ** sharpness, 0.0)
    cells = np.arange(m)[:, None] * n_classes + np.maximum(classes, 0)
    votes = np.bincount(cells.ravel(), weights=weights.ravel(), minlength=m * n_classes)
    votes = votes.reshape(m, n_classes)
    totals = votes.sum(axis=1, keepdims=True)
    shares: NDArray[np.float32] = (votes / np.where(totals > 0, totals, 1)).astype(np.float32)
    return shares


def _index_of(vectors: NDArray[np.int8]) -> Index:
    index = Index(
        ndim=vectors.shape[1],
        metric=MetricKind.Cos,
        dtype=ScalarKind.I8,
        connectivity=_CONNECTIVITY,
        expansion_add=_EFFORT_BUILDING,
        expansion_search=_EFFORT_SEARCHING,
    )
    if len(vectors):
        index.add(np.arange(len(vectors)), vectors, threads=1)
    return index


@functools.lru_cache(maxsize=1)
def _kinds() -> bytes:
    """Return how the head of a stored index of ours names metric and types."""
    saved = _index_of(np.ones((1, 8), dtype=np.int8)).save() or b""
    return bytes(saved[8 + 8 :][13:17])


def _round_to_bytes(vectors: NDArray[np.float32]) -> NDArray[np.int8]:
    """Scale each row to the range of a byte: the angle is all that counts."""
    largest = np.abs(vectors).max(axis=1, keepdims=True)
    return np.rint(vectors * (127 / np.where(largest > 0, largest, 1))).astype(np.int8)


def _chance(vectors: NDArray[np.float32]) -> float:
    """Return the mean cosine of pairs that have nothing to do with each other, below 1."""
    n = len(vectors)
    if n < 2:
        return 0.0
    first, second = np.random.default_rng(n).integers(0, n, (2, _MOST_PAIRS))
    different = first != second
    rows = vectors[first[different]] * vectors[second[different]]
    return round(float(np.clip(rows.sum(axis=1).mean(), -0.5, 0.95)), 4)


def _choose(alike: NDArray[np.bool_], similarities: NDArray[np.float32], k: int) -> list[int]:
    chosen: list[int] = []
    for position, similarity in enumerate(similarities):
        if similarity > 0 and not any(alike[position, other] for other in chosen):
            chosen.append(position)
    return list(itertools.islice(chosen, k))
