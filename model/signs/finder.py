"""Signs in a text, from words that compose: the engine behind danger and matters outside any duties.

A sign is either a phrase that says it by itself or two words close together in one sentence
(电线 … 垂), some of which count only where people are near. What stands right behind a negation is
no sign, and a sentence that speaks of suggestions, drills or years ago is about another time, unless
it also says that it goes on now.
"""

from __future__ import annotations

import bisect
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import ahocorasick_rs

if TYPE_CHECKING:
    from collections.abc import Sequence

_Found: TypeAlias = "dict[tuple[str, int], list[tuple[int, int]]]"  # spans by role and its number

NEAR = 14  # characters between the two words of a pair
_REACH = 40  # characters within which people count as near
_SENTENCE = re.compile(r"[。!?;\n]+|(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])")
_LONGEST_NEGATION = 3
NOW, REMOTE, EXPOSED, FIGURES, SETTLED = "now", "remote", "exposed", "figures", "settled"


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign: its kind, characters ``start`` to ``end`` of the text, how much it says.

    ``certain`` means a phrase by itself; ``current`` that the sentence does not speak of another time.
    """

    kind: str
    start: int
    end: int
    certain: bool
    current: bool


@dataclass(frozen=True, slots=True)
class Signs:
    """All signs of a text in order of where they begin, and how many words say it is over and settled."""

    signs: tuple[Sign, ...] = ()
    settled: int = 0


@dataclass(frozen=True, slots=True)
class _Pair:
    kind: str
    exposed: bool


class SignFinder:
    """Finds the signs that a table of words describes in a folded text."""

    def __init__(self, table: dict[str, Any]) -> None:
        self._roles: dict[str, set[tuple[str, int]]] = defaultdict(set)
        self._certain: list[str] = []
        self._pairs: list[_Pair] = []
        for name in (NOW, REMOTE, EXPOSED, FIGURES, SETTLED):
            self._add(table.get(name, []), name, 0)
        for sign in table["sign"]:
            self._certain.append(sign["name"])
            self._add(sign["certain"], "certain", len(self._certain) - 1)
            for pair in sign["pairs"]:
                self._pairs.append(_Pair(sign["name"], pair.get("exposed", False)))
                self._add(pair["what"], "what", len(self._pairs) - 1)
                self._add(pair["how"], "how", len(self._pairs) - 1)
        self._negations = tuple(table["negations"])
        self._words = sorted(self._roles)
        self._automaton = ahocorasick_rs.AhoCorasick(self._words)

    def _add(self, words: list[str], role: str, number: int) -> None:
        for word in words:
            self._roles[word].add((role, number))

    def find(self, text: str) -> Signs:
        """Return the signs of a folded text."""
        found: _Found = defaultdict(list)
        for index, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
            for role in self._roles[self._words[index]]:
                found[role].append((start, end))
        if not found:
            return Signs()
        figures = found.pop((FIGURES, 0), ())
        if figures:
            found = _drop_overlapping(found, figures)
        breaks = [0, *(match.end() for match in _SENTENCE.finditer(text))]
        elsewhere = _sentences(found[REMOTE, 0], breaks) - _sentences(found[NOW, 0], breaks)
        signs = [
            Sign(kind, start, end, certain, bisect.bisect_right(breaks, start) not in elsewhere)
            for kind, start, end, certain in (*self._certain_phrases(found), *self._compose(found, breaks))
            if not text[max(0, start - _LONGEST_NEGATION) : start].endswith(self._negations)
        ]
        signs.sort(key=lambda sign: (sign.start, -sign.end))
        return Signs(tuple(signs), len(found[SETTLED, 0]))

    def _certain_phrases(self, found: _Found) -> list[tuple[str, int, int, bool]]:
        return [
            (kind, start, end, True)
            for number, kind in enumerate(self._certain)
            for start, end in found.get(("certain", number), ())
        ]

    def _compose(self, found: _Found, breaks: list[int]) -> list[tuple[str, int, int, bool]]:
        people = [start for start, _ in found[EXPOSED, 0]]
        composed = []
        for number, pair in enumerate(self._pairs):
            hows = found.get(("how", number))
            whats = found.get(("what", number)) if hows else None
            for what in whats or ():
                near = [how for how in hows or () if _near(what, how, breaks)]
                if near and (not pair.exposed or _any_within(people, what[0])):
                    nearest = min(near, key=lambda how: abs(how[0] - what[0]))
                    composed.append((pair.kind, min(what[0], nearest[0]), max(what[1], nearest[1]), False))
        return composed


def _drop_overlapping(found: _Found, figures: Sequence[tuple[int, int]]) -> _Found:
    """Leave out what overlaps a figure of speech."""
    kept: _Found = defaultdict(list)
    for role, spans in found.items():
        clear = [(a, b) for a, b in spans if all(b <= first or last <= a for first, last in figures)]
        if clear:
            kept[role] = clear
    return kept


def _near(what: tuple[int, int], how: tuple[int, int], breaks: list[int]) -> bool:
    gap = max(how[0] - what[1], what[0] - how[1])
    same = bisect.bisect_right(breaks, what[0]) == bisect.bisect_right(breaks, how[0])
    return 0 <= gap <= NEAR and same


def _any_within(places: list[int], position: int) -> bool:
    places.sort()
    first = bisect.bisect_left(places, position - _REACH)
    return first < len(places) and places[first] <= position + _REACH


def _sentences(spans: list[tuple[int, int]], breaks: list[int]) -> set[int]:
    return {bisect.bisect_right(breaks, start) for start, _ in spans}
