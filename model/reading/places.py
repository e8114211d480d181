"""Reading places out of a text: administrative divisions and a deployment's own places.

The divisions come from JioNLP's dictionary, compiled into one Aho-Corasick automaton, so that a
text is read in microseconds. Places are paths such as ``南宁市/青秀区/津头街道``.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import ahocorasick_rs

from .. import shipped

if TYPE_CHECKING:
    from collections.abc import Iterable

# short names of counties that are everyday words or other names first
_WORDS_NOT_PLACES = frozenset(
    "兴业 兴宁 江南 城中 港北 港南 海城 银海 新城 城关 平安 和平 东方 河口 大同 长安 南山 西山 东兴 兴安 "
    "平南 大新 永福 灵山 上思 青山 城区 郊区 市中 朝阳 新华 建设 解放 高新 经开 荔湾 天河 白云 长寿 永安 "
    "四平 大理 日照 开封 天水".split()
)
_SURE_SHORT_COUNTIES = frozenset("东兴 兴安 平南 永福 灵山 上思 大新".split())
# full names that are everyday words first; so is every name of two characters (城区, 省道县道, 建成县级公路)
_WORDS_FIRST = frozenset(["老城区", "新城区", "新市区", "新小区"])
_ROAD = re.compile(r"路(?![灯面边口段况网上过])|大道")  # 衡阳路 is a street, 南宁路灯 are lamps
_TOWNSHIP_VARIANTS = {"街道": ("街道办事处", "街道办", "街道")}


@dataclass(frozen=True, slots=True)
class Place:
    """A division by its path from the prefecture-level city down; level as in the table."""

    path: str
    level: str
    province: str = ""

    @property
    def parents(self) -> tuple[str, ...]:
        """Paths of all enclosing places, nearest first."""
        parts = self.path.split("/")
        return tuple("/".join(parts[:n]) for n in range(len(parts) - 1, 0, -1))

    def encloses(self, path: str) -> bool:
        """Whether ``path`` lies inside this place."""
        return path.startswith(self.path + "/")


@dataclass(frozen=True, slots=True)
class Home:
    """Where a deployment is at home, as far as it is known."""

    province: str | None = None
    city: str | None = None

    def distance(self, place: Place) -> int:
        """Return 0 for a place in the home city, 1 for one in the home province, 2 for any other."""
        if self.city and (place.path == self.city or place.path.startswith(self.city + "/")):
            return 0
        return 1 if self.province and self.province in (place.province, place.path) else 2


@dataclass(frozen=True, slots=True)
class PlaceReading:
    """What a text says about where. Several ``places`` mean that it could be any of them."""

    places: tuple[Place, ...] = ()
    mentions: tuple[tuple[int, int], ...] = ()
    provinces: frozenset[str] = field(default_factory=frozenset)

    @property
    def paths(self) -> frozenset[str]:
        """The paths of the places."""
        return frozenset(place.path for place in self.places)


_Mention: TypeAlias = "tuple[int, int, list[Place]]"


class Gazetteer:
    """All names of places and the places each may mean."""

    def __init__(self, names: dict[str, list[Place]], home: str | None = None) -> None:
        self._names = names
        self._home = home
        self._keys = sorted(names)
        self._automaton = ahocorasick_rs.AhoCorasick(
            self._keys, matchkind=ahocorasick_rs.MatchKind.LeftmostLongest
        )

    @classmethod
    def build(cls, home: str | None, local: Iterable[tuple[str, str]] = ()) -> Gazetteer:
        """Build from the shipped divisions.

        ``home`` is the province whose townships and short names are read too (None: all full
        names, no short ones below the city); ``local`` are (name, path) pairs of a deployment.
        """
        names: dict[str, list[Place]] = {}
        for row in shipped.table("places/divisions.csv"):
            province, _, rest = row["path"].partition("/")
            at_home = province == home
            if row["level"] == "township" and not at_home:
                continue
            place = Place(rest or province, row["level"], province)
            for name in _names_of(row["path"].rsplit("/", 1)[-1], row["level"], row["short"], at_home):
                names.setdefault(name, []).append(place)
        for name, path in local:
            known = names.setdefault(name, [])
            if path not in {place.path for place in known}:
                known.insert(0, Place(path, "local", home or ""))
        return cls(names, home)

    def read(self, text: str) -> PlaceReading:
        """Read the places of a text; a mention that others narrow down is narrowed down."""
        matches = self._automaton.find_matches_as_indexes(text)
        if not matches:
            return PlaceReading()
        mentions = [
            (start, end, self._names[name])
            for name, start, end in ((self._keys[index], start, end) for index, start, end in matches)
            if not (_is_short(name, self._names[name]) and _ROAD.match(text, end))
        ]
        return _resolve(self._without_words(mentions, text), self._home)

    def _without_words(self, mentions: list[_Mention], text: str) -> list[_Mention]:
        """Leave out what is a word first, unless it is at home or the text names its city or province."""
        named = {place.path for _, _, places in mentions for place in places}
        return [
            (start, end, places)
            for start, end, places in mentions
            if not _is_word_first(text[start:end], places)
            or any(p.province == self._home or named.intersection((p.province, *p.parents)) for p in places)
        ]

    def leading(self, name: str, home: Home | None = None) -> tuple[Place | None, str]:
        """Split a unit's name into the place it begins with (or None) and the rest.

        Of namesakes the one at ``home`` is meant; what lies elsewhere has to be written out in full.
        """
        place: Place | None = None
        rest = name
        while True:
            matches = self._automaton.find_matches_as_indexes(rest)
            if not matches or matches[0][1] != 0 or matches[0][2] == len(rest):
                return place, rest
            key = self._keys[matches[0][0]]
            candidates = _leading_candidates(key, self._names[key], place, home or Home())
            if not candidates:
                return place, rest
            place = candidates[0]
            rest = rest[matches[0][2] :]


def _leading_candidates(key: str, places: list[Place], outer: Place | None, home: Home) -> list[Place]:
    """Return which of the namesakes a unit's name may mean after the place ``outer``, best first."""
    if outer is not None:
        return [place for place in places if outer.encloses(place.path) or outer.path == place.province]
    nearest = sorted(places, key=home.distance)
    if home.province and _is_short(key, places) and home.distance(nearest[0]) > 1:
        return []
    return nearest


def _names_of(full: str, level: str, short: str, at_home: bool) -> list[str]:
    names = [full]
    if level == "township":
        for ending, variants in _TOWNSHIP_VARIANTS.items():
            if full.endswith(ending):
                names += [full.removesuffix(ending) + variant for variant in variants]
    elif level in ("province", "city"):
        names += [short] if len(short) >= 2 and short not in _WORDS_NOT_PLACES else []
    elif at_home and full.endswith(("县", "市")) and len(short) >= 2:
        if short not in _WORDS_NOT_PLACES or short in _SURE_SHORT_COUNTIES:
            names.append(short)
    elif at_home and full.endswith("区") and len(short) >= 2 and short not in _WORDS_NOT_PLACES:
        names.append(short)
    return list(dict.fromkeys(names))


def _is_short(name: str, places: list[Place]) -> bool:
    return all(place.path.rsplit("/", 1)[-1] != name for place in places)


def _is_word_first(name: str, places: list[Place]) -> bool:
    return all(p.level == "county" for p in places) and (name in _WORDS_FIRST or len(name) == 2)


def _resolve(mentions: list[_Mention], home: str | None) -> PlaceReading:
    """Choose among namesakes by the other places named, then keep the innermost places."""
    named = {place.path for _, _, places in mentions for place in places}
    chosen: dict[str, Place] = {}
    provinces: set[str] = set()
    for _, _, places in mentions:
        support = [(sum(parent in named for parent in p.parents), p.province == home) for p in places]
        best = max(support)
        for place, reason in zip(places, support, strict=True):
            if reason == best:
                chosen.setdefault(place.path, place)
                provinces.update({place.province} if place.province else ())
    divisions = [place for place in chosen.values() if place.level != "province"]
    inner = [p for p in divisions if not any(p.encloses(other.path) for other in divisions)]
    spans = tuple((start, end) for start, end, _ in mentions)
    return PlaceReading(tuple(inner), spans, frozenset(provinces))


@functools.lru_cache(maxsize=8)
def shipped_gazetteer(home: str | None = None) -> Gazetteer:
    """Return the gazetteer of the shipped divisions."""
    return Gazetteer.build(home)
