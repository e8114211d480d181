"""What a person must notice at once: danger, matters outside any department's duties, the lane."""

from __future__ import annotations

import functools
import re

import ahocorasick_rs

from fenban.model import resources
from fenban.model.case import Lane

DANGER = "danger"
OUT_OF_SCOPE = "out_of_scope"
UNREADABLE = "unreadable"
SIGNAL_NAMES = {
    DANGER: "可能危及人身安全，请先核实",
    OUT_OF_SCOPE: "可能不属于政府部门职责",
    UNREADABLE: "文字太少，无法判断",
}
MISSING_PLACE = "place"
MISSING_NAMES = {MISSING_PLACE: "缺地点"}
_TWO_CHARACTERS = re.compile(r"\w\W*\w")


class PhraseFinder:
    """Finds any of a set of phrases in a text."""

    def __init__(self, phrases: tuple[str, ...]) -> None:
        self._phrases = phrases
        self._automaton = ahocorasick_rs.AhoCorasick(list(phrases))

    def first(self, text: str) -> str | None:
        """Return the first phrase that occurs in ``text``."""
        matches = self._automaton.find_matches_as_indexes(text)
        return self._phrases[matches[0][0]] if matches else None


@functools.lru_cache(maxsize=1)
def danger_phrases() -> PhraseFinder:
    """Return the finder of phrases that signal a danger to life or limb."""
    return PhraseFinder(resources.lexicon("danger"))


@functools.lru_cache(maxsize=1)
def out_of_scope_phrases() -> PhraseFinder:
    """Return the finder of phrases that show a matter for courts, emergency calls or nobody."""
    kinds = resources.toml("lexicons/out_of_scope.toml")
    return PhraseFinder(tuple(phrase for kind in kinds.values() for phrase in kind["phrases"]))


def flags_of(text: str) -> tuple[str, ...]:
    """Return the flags that the words of a folded text raise."""
    if not _TWO_CHARACTERS.search(text):
        return (UNREADABLE,)
    found = []
    if danger_phrases().first(text):
        found.append(DANGER)
    if out_of_scope_phrases().first(text):
        found.append(OUT_OF_SCOPE)
    return tuple(found)


def lane_of(
    text: str, provinces: frozenset[str], home: str | None, learnt: tuple[str, float] | None
) -> Lane | None:
    """Return the lane and its reason.

    A danger goes first, then a matter that names another province beside the home one; else the
    lane that the cases have taught, where that is at least as likely as not.
    """
    danger = danger_phrases().first(text)
    if danger:
        return Lane("紧急", f"文中提到“{danger}”")
    if home in provinces and len(provinces) > 1:
        others = "、".join(sorted(provinces - {home or ""}))
        return Lane("跨区域协同", f"涉及{others}")
    if learnt is None:
        return None
    name, probability = learnt
    if name != "常规交办" and probability >= 0.5:
        return Lane(name, f"与以往走{name}的办件相近（{probability:.0%}）")
    return Lane("常规交办", "没有需要走其他通道的迹象")
