"""Grouping matters into what they are about: the same matter, sent in by many.

Links between likely pairs alone let chains drift from one matter to the next. Within whatever is
linked, groups are therefore formed by average linkage (Sokal & Michener, 1958): two groups join
only while their members are, on average over all pairs, likely enough to be the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .comparison import Comparison

LINKED = 0.5  # probability from which a pair is a link
JOINED = 0.3  # mean probability down to which groups join
_SENT_AGAIN = 0.95  # overlap; below, one text may have been written of two places
_COMMON = 0.02  # share of matters from which a word proposes no pairs
_PROPOSED = 0.03  # cosine over the rarer words from which a pair is looked at
_STRONGEST = 0.9  # no link has to be likelier than that
_LARGEST = 400  # matters linked with each other that are compared pair by pair


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Matters (positions, sorted) that are about the same; ``medoid`` is the one most like the others."""

    members: NDArray[np.int64]
    medoid: int


def group_matters(comparison: Comparison, days: int) -> list[Group]:
    """Group matters; those that stand alone are in none.

    Args:
        comparison: the matters.
        days: further apart than that, two matters are no link (a third may still join them).
    """
    i, j = comparison.propose_pairs(_COMMON, _PROPOSED, days)
    linked = _likeness(comparison, i, j)
    return [
        group
        for block in _blocks(i, j, linked, len(comparison))
        for group in _split(comparison, block)
        if len(group.members) > 1
    ]


def _likeness(comparison: Comparison, i: NDArray[np.int64], j: NDArray[np.int64]) -> NDArray[np.float32]:
    alike = comparison.likeness(i, j)
    found: NDArray[np.float32] = np.where(alike.overlap >= _SENT_AGAIN, 1, alike.matter).astype(np.float32)
    return found


def _blocks(
    i: NDArray[np.int64], j: NDArray[np.int64], linked: NDArray[np.float32], size: int
) -> list[NDArray[np.int64]]:
    """Return the connected matters, block by block; too large a block is cut at its weaker links."""
    done: list[NDArray[np.int64]] = []
    least = np.full(size, LINKED)
    while True:
        strong = linked >= np.maximum(least[i], least[j])
        graph = sparse.coo_matrix((np.ones(strong.sum()), (i[strong], j[strong])), shape=(size, size))
        _, labels = sparse.csgraph.connected_components(graph, directed=False)
        order = np.argsort(labels, kind="stable")
        blocks = np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)
        large = [block for block in blocks if len(block) > _LARGEST and least[block[0]] < _STRONGEST]
        if not large:
            done += [block for block in blocks if len(block) > 1]
            return done
        for block in large:
            least[block] = min(least[block[0]] + 0.1, _STRONGEST)


def _split(comparison: Comparison, block: NDArray[np.int64]) -> list[Group]:
    """Cut one block into groups by average linkage over all of its pairs."""
    if len(block) > _LARGEST:  # hundreds of times nearly the same text: nothing to tell apart
        return [Group(block, int(block[0]))]
    first, second = np.triu_indices(len(block), 1)
    alike = _likeness(comparison, block[first], block[second])
    square = squareform(alike)
    labels = fcluster(linkage(1 - alike, method="average"), 1 - JOINED, criterion="distance")
    found = []
    for label in np.unique(labels):
        within = np.flatnonzero(labels == label)
        medoid = within[int(square[np.ix_(within, within)].sum(axis=1).argmax())]
        found.append(Group(block[within], int(block[medoid])))
    return found
