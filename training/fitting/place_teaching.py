"""Teaching places by the cases: which names of roads, estates and villages belong to which jurisdiction.

A name is a stretch of up to five characters before an ending such as 路, 村 or 小区. Where it begins
is not written, so the stretches compete: one that nearly always follows the same character is the
tail of a longer name (branching of the left neighbour; Harris, 1955, "From Phoneme to Morpheme").
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from fenban.model import FEWEST_CASES, SMOOTHING, LocalPlaceReader, LocalPlaces, blot_out_mentions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from fenban.model import Case, Directory, PlaceReading

    from .splits import Split

_FEWEST_TAUGHT = 200  # cases whose place is known
_TELLS = 0.3  # how far a name's cases lie elsewhere than cases in general do, as a share of log(places)
_TAIL = 0.7  # share of one left neighbour from which a name is the tail of a longer one
_LONGEST = 5
_ENDINGS = (
    "路 街 大道 巷 村 小区 花园 社区 市场 学校 小学 中学 幼儿园 医院 广场 公园 大厦 酒店 公寓 家园 "
    "花苑 苑 城 湾 岛 桥 港 站 园 坊 庄 农场 林场 工业区 开发区 超市 湖 河 江 沟 岭 山 坡 墟 圩 镇 乡 "
    "屯 寨 街道 国际 中心 府 郡 庭 半岛 海岸 宿舍 大院 中线 东线 西线 东里 西里 新里"
).split()
_ENDS = re.compile(f"(?=({'|'.join(sorted(_ENDINGS, key=len, reverse=True))}))")
_NOT_FIRST = frozenset(
    "在到的和与从位于近把对为是有去往至由区市县镇乡省了个该这那此某每各我你他她们被给让将等及或以其中前后旁边上下内外处向"
    "住着过来说就都也要不没请求称反映现电因但已投诉附一二三四五六七八九十两几多条第"
)
_KIND_OF_PLACE = re.compile(r"(?:街道|镇|乡|区|县|市)$")


def place_of_case(jurisdiction: str | None, reading: PlaceReading) -> str | None:
    """Return where a case lies: the lead unit's place, or what the text names inside it."""
    named = _innermost_around(reading.paths)
    inside = named is not None and (jurisdiction is None or named.startswith(jurisdiction + "/"))
    return named if inside else jurisdiction


def _innermost_around(paths: Iterable[str]) -> str | None:
    """Return the innermost place around all of the paths."""
    parts = [path.split("/") for path in paths]
    shared = []
    for level in zip(*parts, strict=False):
        if len(set(level)) > 1:
            break
        shared.append(level[0])
    return "/".join(shared) or None


def jurisdictions_around(paths: Iterable[str | None]) -> tuple[str, ...]:
    """Return the paths and everything that encloses them, sorted."""
    parts = [path.split("/") for path in set(paths) if path]
    return tuple(sorted({"/".join(part[:n]) for part in parts for n in range(1, len(part) + 1)}))


class PlaceLessons:
    """All cases as far as they teach places: texts without the divisions they name, and where they lie."""

    def __init__(
        self,
        texts: Sequence[str],
        readings: Sequence[PlaceReading],
        jurisdictions: Sequence[str | None],
        paths: Sequence[str],
    ) -> None:
        """``texts`` are folded; ``jurisdictions`` those of the lead units; ``paths`` all that may be told."""
        self.paths = tuple(paths)
        self._number = {path: i for i, path in enumerate(self.paths)}
        self._readings = readings
        self._texts = texts
        self._chains = [
            self._chain(place_of_case(where, reading))
            for where, reading in zip(jurisdictions, readings, strict=True)
        ]
        stems = {_KIND_OF_PLACE.sub("", path.rsplit("/", 1)[-1]) for path in self.paths if "/" in path}
        self._stems = {stem for stem in stems if len(stem) >= 2}

    def _chain(self, path: str | None) -> list[int]:
        return [self._number[around] for around in jurisdictions_around([path]) if around in self._number]

    @property
    def enough(self) -> bool:
        """Whether there are places to tell apart, and cases to learn it from."""
        return len(self.paths) > 1 and sum(map(bool, self._chains)) >= _FEWEST_TAUGHT

    def teach(self, rows: NDArray[np.int64] | None = None) -> LocalPlaces:
        """Learn from the cases of these numbers (None: from all)."""
        chosen = range(len(self._texts)) if rows is None else [int(row) for row in rows]
        masked = {i: blot_out_mentions(self._texts[i], self._readings[i]) for i in chosen if self._chains[i]}
        names = mine(masked.values()) | self._stems
        totals = np.zeros(len(self.paths), dtype=np.int32)
        nothing = sparse.csr_matrix((len(names), len(self.paths)), dtype=np.int32)
        draft = LocalPlaces(tuple(sorted(names)), self.paths, nothing, totals)
        reader = LocalPlaceReader(draft)
        at: tuple[list[int], list[int]] = ([], [])
        for i in masked:
            totals[self._chains[i]] += 1
            for name in reader.names_in(self._texts[i], self._readings[i]):
                at[0].extend([name] * len(self._chains[i]))
                at[1].extend(self._chains[i])
        ones = np.ones(len(at[0]), dtype=np.int32)
        counts = sparse.csr_matrix((ones, at), shape=nothing.shape, dtype=np.int32)
        return _keep_telling_names(LocalPlaces(draft.names, self.paths, counts, totals))

    def unseen(self, rounds: Sequence[Split]) -> NDArray[np.float32]:
        """Return the ratios of each round's unseen cases by what the cases it trains on taught, row by row.

        What a case itself taught would tell its place too well.
        """
        parts = (
            self.read(self.teach(np.flatnonzero(split.train)), np.flatnonzero(split.unseen))
            for split in rounds
        )
        return np.concatenate(list(parts))

    def read(self, places: LocalPlaces, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the (rows, paths) ratios of the cases of these numbers by what ``places`` knows."""
        reader = LocalPlaceReader(places)
        return reader.log_ratios([reader.names_in(self._texts[i], self._readings[i]) for i in rows])


def place_lessons(
    cases: Sequence[Case], texts: Sequence[str], readings: Sequence[PlaceReading], directory: Directory
) -> PlaceLessons | None:
    """Return what the cases may teach of places, or None where that is too little.

    ``texts`` are folded, ``readings`` what the gazetteer read in them; both in the order of the cases.
    """
    units = [directory.unit(case.lead_unit) if case.lead_unit else None for case in cases]
    where = [unit.jurisdiction if unit else None for unit in units]
    lessons = PlaceLessons(
        texts, readings, where, jurisdictions_around(u.jurisdiction for u in directory.units)
    )
    return lessons if lessons.enough else None


def mine(texts: Iterable[str]) -> set[str]:
    """Return the stretches that look like names of places and stand in enough of the texts."""
    seen: Counter[str] = Counter()
    before: dict[str, Counter[str]] = defaultdict(Counter)
    for text in texts:
        for name, left in _find_stretches(text).items():
            seen[name] += 1
            before[name][left] += 1
    return {
        name
        for name, n in seen.items()
        if n >= FEWEST_CASES and name[0] not in _NOT_FIRST and _may_begin_a_name(before[name], n)
    }


def _may_begin_a_name(before: Counter[str], n: int) -> bool:
    return max((count for left, count in before.items() if left), default=0) <= _TAIL * n


def _find_stretches(text: str) -> dict[str, str]:
    """Return each stretch before an ending, and the character before it ("" where a name may begin)."""
    found: dict[str, str] = {}
    for match in _ENDS.finditer(text):
        end = match.start() + len(match[1])
        for start in range(match.start() - 1, max(match.start() - 1 - _LONGEST, -1), -1):
            if not "\u4e00" <= text[start] <= "\u9fff":
                break
            left = text[start - 1] if start else ""
            found.setdefault(text[start:end], left if "\u4e00" <= left <= "\u9fff" else "")
    return found


def _keep_telling_names(places: LocalPlaces) -> LocalPlaces:
    """Keep the names with enough cases that lie elsewhere than cases in general do."""
    counts, usual = places.counts.toarray().astype(np.float64), places.usual_shares()
    kept = np.zeros(len(places.names), dtype=bool)
    for depth in np.unique(places.depths):
        here = places.depths == depth
        seen = counts[:, here].sum(axis=1, keepdims=True)
        enough = _TELLS * np.log(here.sum())  # among many places a few cases lie elsewhere by chance
        shares = (counts[:, here] + SMOOTHING * usual[here]) / (seen + SMOOTHING)
        divergence = (shares * np.log(shares / usual[here])).sum(axis=1)
        kept |= (seen[:, 0] >= FEWEST_CASES) & (divergence > enough)
    names = tuple(name for name, keep in zip(places.names, kept, strict=True) if keep)
    rows = places.counts[kept].astype(np.int32)
    rows.sort_indices()
    return LocalPlaces(names, places.paths, rows, places.totals)
