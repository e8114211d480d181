"""Matters outside any department's duties: courts, emergency calls, discipline, private quarrels ...

The kinds, their words and where each belongs are in ``datasets/lexicons/out_of_scope.toml``.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from .. import shipped
from .finder import Sign, SignFinder

_FILE = "lexicons/out_of_scope.toml"
_ENOUGH = 2  # pairs of words, where no phrase says it by itself; a short text needs one
_SHORT = 120  # characters


@dataclass(frozen=True, slots=True)
class Outside:
    """A matter for somebody else: its kind, where it belongs, and the words that showed it."""

    kind: str
    belongs: str
    start: int
    end: int


@functools.lru_cache(maxsize=1)
def _kinds() -> tuple[SignFinder, dict[str, str]]:
    table = shipped.toml(_FILE)
    kinds = {name: kind for name, kind in table.items() if isinstance(kind, dict)}
    signs = [
        {"name": name, "certain": kind["phrases"], "pairs": kind["pairs"]} for name, kind in kinds.items()
    ]
    words = {"now": [], "remote": table["remote"], "exposed": [], "negations": table["negations"]}
    return SignFinder({**words, "sign": signs}), {name: kind["belongs"] for name, kind in kinds.items()}


def find_outside_duties(text: str) -> tuple[Outside, ...]:
    """Return the kinds of matters outside any department's duties that a folded text shows.

    A phrase is enough; of composed signs a long text needs two, as it names more things in passing.
    """
    finder, belongs = _kinds()
    by_kind: dict[str, list[Sign]] = {}
    for sign in finder.find(text).signs:
        if sign.current:
            by_kind.setdefault(sign.kind, []).append(sign)
    found = []
    for kind, signs in by_kind.items():
        enough = 1 if len(text) <= _SHORT else _ENOUGH
        if len(signs) >= enough:
            first = max(signs, key=lambda sign: sign.certain)
            found.append(Outside(kind, belongs[kind], first.start, first.end))
    return tuple(found)
