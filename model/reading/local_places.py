"""Places that the training cases taught: roads, estates, villages, markets and where they lie.

No gazetteer lists a city's roads and estates, but its resolved cases do: whatever stood beside
海府路 went to offices of 美兰区. For every name that came up in enough cases it is counted where these
cases lay. A text's names then give, for every jurisdiction, the logarithm of how much likelier they
are there than anywhere: a naive Bayes ratio with Dirichlet smoothing (Manning, Raghavan & Schütze,
2008, chapter 13), taken among the jurisdictions of one depth, because each of them has a say of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ahocorasick_rs
import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from .places import PlaceReading

FEWEST_CASES = 3  # of a name, or it could be a single person's address
SMOOTHING = 2.0  # cases that a name is taken to have had everywhere, in the usual shares
_GAP = "。"


@dataclass(frozen=True, slots=True, eq=False)
class LocalPlaces:
    """Names and in how many cases each came up where. Nothing else of any case is kept.

    ``paths`` are jurisdictions of every depth, ``counts`` is (names, paths), ``totals`` (paths,)
    says how many cases lay there in all; a case counts for its jurisdiction and for all around it.
    """

    names: tuple[str, ...]
    paths: tuple[str, ...]
    counts: sparse.csr_matrix
    totals: NDArray[np.int32]

    @property
    def depths(self) -> NDArray[np.int64]:
        """How deep each path lies: 0 for a city, 1 for a district, 2 for a sub-district."""
        return np.array([path.count("/") for path in self.paths], dtype=np.int64)

    def arrays(self) -> dict[str, NDArray[np.int32]]:
        """Return the numbers as they are stored in a model folder."""
        return {
            "taught.counts": self.counts.data,
            "taught.columns": self.counts.indices.astype(np.int32),
            "taught.bounds": self.counts.indptr.astype(np.int32),
            "taught.totals": self.totals,
        }

    @classmethod
    def from_arrays(
        cls, names: Sequence[str], paths: Sequence[str], arrays: Mapping[str, NDArray[np.int32]]
    ) -> LocalPlaces:
        """Rebuild what ``arrays()`` gave; raises ValueError or KeyError where it does not fit."""
        counts = sparse.csr_matrix(
            (arrays["taught.counts"], arrays["taught.columns"], arrays["taught.bounds"]),
            shape=(len(names), len(paths)),
        )
        counts.check_format(full_check=True)
        totals = arrays["taught.totals"]
        if totals.shape != (len(paths),) or min(counts.data.min(initial=0), totals.min(initial=0)) < 0:
            raise ValueError("counts of taught places")
        return cls(tuple(names), tuple(paths), counts, totals)

    def usual_shares(self) -> NDArray[np.float64]:
        """Return each path's share of the cases among the paths of its depth, never quite zero."""
        cases = self.totals + np.float64(0.5)
        sums = np.bincount(self.depths, weights=cases)
        shares: NDArray[np.float64] = cases / sums[self.depths]
        return shares


@dataclass(frozen=True, slots=True)
class TaughtPlace:
    """A name found in a text, and the jurisdiction where most of its cases lay."""

    name: str
    path: str
    there: int
    cases: int


class LocalPlaceReader:
    """Finds taught names in texts and says what they tell of the place."""

    def __init__(self, places: LocalPlaces) -> None:
        self.places = places
        self._keys = list(places.names)
        self._automaton = ahocorasick_rs.AhoCorasick(
            self._keys, matchkind=ahocorasick_rs.MatchKind.LeftmostLongest
        )
        counts, depths = places.counts.astype(np.float64), places.depths
        at_depth = np.eye(int(depths.max(initial=0)) + 1)[depths]  # (paths, depths)
        seen = counts @ at_depth
        self._nowhere = np.log(SMOOTHING / (seen + SMOOTHING))  # (names, depths): never there before
        ratio = counts.copy()
        ratio.data = np.log1p(counts.data / (places.usual_shares()[counts.indices] * SMOOTHING))
        self._there = ratio

    def names_in(self, text: str, reading: PlaceReading) -> list[int]:
        """Return the numbers of the taught names in a folded text, outside the divisions it names."""
        matches = self._automaton.find_matches_as_indexes(blot_out_mentions(text, reading))
        return sorted({index for index, _, _ in matches})

    def log_ratios(self, found: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Return (texts, paths): how much likelier the names of each text are there than elsewhere.

        Zero throughout where a text has no taught name.
        """
        names = _incidence(found, len(self._keys))
        nowhere = (names @ self._nowhere)[:, self.places.depths]
        scores: NDArray[np.float32] = (nowhere + (names @ self._there).toarray()).astype(np.float32)
        return scores

    def taught(self, name: int) -> TaughtPlace:
        """Return where most cases of a name lay, at the innermost depth where enough of them agree."""
        row = self.places.counts[name]
        best = TaughtPlace(self._keys[name], "", 0, 0)
        for depth in range(self._nowhere.shape[1]):
            at = [
                (-int(n), self.places.paths[i])
                for i, n in zip(row.indices, row.data, strict=True)
                if self.places.depths[i] == depth
            ]
            cases = -sum(n for n, _ in at)
            if at and -min(at)[0] >= FEWEST_CASES and -2 * min(at)[0] > cases:
                best = TaughtPlace(best.name, min(at)[1], -min(at)[0], cases)
        return best


def blot_out_mentions(text: str, reading: PlaceReading) -> str:
    """Return the text with the divisions it names blotted out, at its full length."""
    for start, end in reading.mentions:
        end = min(end, len(text))
        if start < end:
            text = text[:start] + _GAP * (end - start) + text[end:]
    return text


def _incidence(found: Sequence[Sequence[int]], width: int) -> sparse.csr_matrix:
    bounds = np.cumsum([0, *map(len, found)])
    columns = np.fromiter((n for names in found for n in names), dtype=np.int32, count=int(bounds[-1]))
    return sparse.csr_matrix((np.ones(len(columns)), columns, bounds), shape=(len(found), width))
