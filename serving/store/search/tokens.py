"""Tokens of the full-text search: made here, so that SQLite and PostgreSQL hold the same ones.

A Chinese text gives its characters and its character pairs, so that any two characters side by
side are found whatever a dictionary says; letters and digits give whole runs (``G80`` is one
token, and ``8路`` is not found in ``18路``). Traditional script, full-width forms and case are folded.
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from dataclasses import dataclass

from fenban.model import simplify

LONGEST_TEXT = 20_000  # characters of a text that can be found; a tsvector ends at 1 MB
LONGEST_TOKEN = 64
NUMBER_MARK = "№"  # NFKC turns it into "No", so no text ever holds it
_BREAK = " | "
_HAN, _WORD, _NEITHER = 1, 2, 0
_HAN_CHARACTER = re.compile("[〇々\u3040-\u30ff\u3400-\u9fff\U00020000-\U000323af]")
_RUN = re.compile(r"[^ |]+")


@dataclass(frozen=True, slots=True)
class Folded:
    """A text as the search compares it.

    Runs of Chinese and of other letters or digits are parted by one space, and by `` | `` where
    something else stood between them. ``offsets`` has the original position of each character.
    """

    text: str
    offsets: tuple[int, ...]


@functools.lru_cache(maxsize=65_536)
def _pieces(character: str) -> tuple[tuple[str, int], ...]:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", character).lower())
    return tuple((piece, _kind(piece)) for piece in folded)


def _kind(character: str) -> int:
    if not character.isalnum():
        return _NEITHER
    return _HAN if _HAN_CHARACTER.match(character) else _WORD


def fold(text: str) -> Folded:
    """Fold the first ``LONGEST_TEXT`` characters of a text; the result begins and ends with a break."""
    characters: list[str] = []
    offsets: list[int] = []
    before = _NEITHER
    simplified = simplify(text[:LONGEST_TEXT])
    for position, character in enumerate(simplified):
        for piece, kind in _pieces(character):
            if kind != before and kind != _NEITHER:
                gap = _BREAK if before == _NEITHER else " "
                characters.extend(gap)
                offsets.extend([position] * len(gap))
            if kind != _NEITHER:
                characters.append(piece)
                offsets.append(position)
            before = kind
    characters.extend(_BREAK)
    offsets.extend([len(simplified)] * len(_BREAK))
    return Folded("".join(characters), tuple(offsets))


def is_chinese(run: str) -> bool:
    """Whether a run of a folded text is of Chinese characters."""
    return _kind(run[0]) == _HAN


def number_token(number: str) -> str:
    """Return the token of a matter's number: marked, so that a year in a text is not taken for one."""
    plain = "".join(character for character in number.lower() if character.isalnum())
    return (NUMBER_MARK + plain)[:LONGEST_TOKEN]


def list_tokens_of_document(number: str, title: str, text: str) -> str:
    """Return the folded copy that is kept of a matter: its number first, then its title, then its text."""
    head = "" if not title or text.lstrip().startswith(title.strip()) else fold(title).text
    return f" {number_token(number)}{head or _BREAK}{fold(text).text}"


def tokens_of(folded: str) -> list[str]:
    """Return every token of a folded text, each once, in order."""
    found: dict[str, None] = {}
    for run in _RUN.findall(folded):
        if is_chinese(run):
            found.update(dict.fromkeys(run))
            found.update(dict.fromkeys(map("".join, itertools.pairwise(run))))
        else:
            found[run[:LONGEST_TOKEN]] = None
    return list(found)


def needed_tokens(phrase: str) -> list[str]:
    """Return the tokens that a text must have to hold a folded phrase, pairs before characters."""
    found: dict[str, None] = {}
    for run in _RUN.findall(phrase):
        if not is_chinese(run):
            found[run[:LONGEST_TOKEN]] = None
        elif len(run) == 1:
            found[run] = None
        else:
            found.update(dict.fromkeys(map("".join, itertools.pairwise(run))))
    return list(found)
