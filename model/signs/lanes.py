"""The lane (办理通道) of a text, with a reason that names what led there; words that name a form."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ahocorasick_rs

from .. import shipped
from ..case import Lane

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..reading.places import Place, PlaceReading

USUAL, URGENT, ACROSS, MEDIATION, FAST = "常规交办", "紧急", "跨区域协同", "协商调解", "直通车"
# from which probability a lane that the cases taught is suggested: measured out of fold on the starter
# cases at a precision of 0.79, 0.75 and 0.93; calibrated chances of these lanes are seldom over a half
LEARNT_FROM: dict[str, float] = {MEDIATION: 0.25, FAST: 0.35, ACROSS: 0.2}
_NAMED_FROM = 0.15  # of mediation, where the text speaks of it itself
_OTHERWISE = 0.5
# a text that names one of these is one: 273 of 273 starter cases; 请问 is a 咨询 in 57 of a hundred
TITLES = frozenset(("提案", "微提案", "微建议", "微协商", "社情民意"))
_TITLED, _NAMED = 50.0, 4.5
_PLACES_NAMED = 3
_SUFFIXES = ("壮族自治区", "回族自治区", "维吾尔自治区", "自治区", "特别行政区", "省")
_LEVELS = ("city", "county", "township")


class PhraseFinder:
    """Finds any of a set of phrases in a text."""

    def __init__(self, phrases: Sequence[str]) -> None:
        self._phrases = tuple(phrases)
        self._automaton = ahocorasick_rs.AhoCorasick(list(phrases))

    def first(self, text: str) -> str | None:
        """Return the first phrase that occurs in ``text``."""
        matches = self._automaton.find_matches_as_indexes(text)
        return self._phrases[matches[0][0]] if matches else None


@dataclass(frozen=True, slots=True)
class Cues:
    """The finders of the shipped words."""

    between: PhraseFinder
    mediation: PhraseFinder
    forms: dict[str, PhraseFinder]


@functools.lru_cache(maxsize=1)
def find_cues() -> Cues:
    """Return the shipped words of lanes and forms."""
    table = shipped.toml("lexicons/lanes.toml")
    forms = {name: PhraseFinder(words) for name, words in table["forms"].items()}
    return Cues(PhraseFinder(table["between"]), PhraseFinder(table["mediation"]), forms)


def find_named_forms(text: str) -> dict[str, float]:
    """Return the forms that a folded text names (请问, 案由:), each with how many times likelier it is."""
    return {
        name: _TITLED if name in TITLES else _NAMED
        for name, finder in find_cues().forms.items()
        if finder.first(text)
    }


def lane_of(
    text: str,
    places: PlaceReading,
    home: str | None,
    learnt: Mapping[str, float] | None,
    danger: str | None = None,
) -> Lane | None:
    """Return the lane and its reason.

    Args:
        text: folded.
        places: what it says about where.
        home: the province that most units of the directory lie in.
        learnt: probabilities of the lanes (None: the model has not learnt them).
        danger: the reason why it is one of danger to life or limb, if it is.
    """
    if danger:
        return Lane(URGENT, danger)
    across = _sides(text, places, home)
    if across:
        return Lane(ACROSS, across)
    if learnt is None:
        return None
    word = find_cues().mediation.first(text)
    for name, probability in sorted(learnt.items(), key=lambda item: -item[1]):
        least = LEARNT_FROM.get(name, _OTHERWISE)
        least = min(least, _NAMED_FROM) if name == MEDIATION and word else least
        if name not in (USUAL, URGENT) and probability >= least:
            said = f"文中提到“{word}”，" if name == MEDIATION and word else ""
            return Lane(name, f"{said}与以往走{name}的办件相近（{probability:.0%}）")
    return Lane(USUAL, "没有需要走其他通道的迹象")


def _sides(text: str, places: PlaceReading, home: str | None) -> str | None:
    """Say which places a matter lies between, where it names two and says that it lies between them."""
    word = find_cues().between.first(text)
    if word is None:
        return None
    if len(places.provinces) > 1 and (home is None or home in places.provinces):
        sides = _one_a_province(places.places, places.provinces)
    else:
        counties = [p for p in places.places if p.level in _LEVELS and p.province in (home, "")]
        counties = counties if len({_county(place) for place in counties}) > 1 else []
        sides = (
            list(dict.fromkeys(_short_name(place) for place in counties))
            if len(places.provinces) <= 1
            else []
        )
    if len(sides) < 2:
        return None
    more = "等" if len(sides) > _PLACES_NAMED else ""
    return f"涉及{'与'.join(sides[:_PLACES_NAMED])}{more}，文中提到“{word}”"


def _one_a_province(places: Sequence[Place], provinces: frozenset[str]) -> list[str]:
    """Name one place of every province, the province alone where the text names no more."""
    inner: dict[str, str] = {}
    for place in places:
        if place.province and place.path != place.province:
            inner.setdefault(place.province, place.path.rsplit("/", 1)[-1])
    order = [*inner, *sorted(provinces - set(inner))]
    return [_short(province) + inner.get(province, "") for province in order if province in provinces]


def _short(province: str) -> str:
    return next((province.removesuffix(end) for end in _SUFFIXES if province.endswith(end)), province)


def _county(place: Place) -> str:
    return "/".join(place.path.split("/")[:2])


def _short_name(place: Place) -> str:
    return (
        place.path.rsplit("/", 1)[-1]
        if place.level != "township"
        else place.path.split("/", 1)[-1].replace("/", "")
    )
