"""Normalising a message for the model while every character keeps its place in the original.

The user always sees the text as it was written; the model reads a folded copy (NFKC, simplified
script, lower case, no blanks between Han characters, greetings blanked). ``Normalised.offsets``
maps each position of the copy to the position in the original, so evidence can be highlighted.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import opencc
    from numpy.typing import NDArray

HIDDEN = "\u25a1"  # stands for one masked character; n-grams never cross it

_TITLE = r"(?:各位|市|县|区)?(?:领导|书记|市长|县长|区长|局长|先生|女士|工作人员)们?"
_GOOD_DAY = r"(?:您好|你好|大家好|好(?=[\s,!:。]))"
# a title alone is no greeting: 局长收红包 is the matter itself
_GREETING = re.compile(
    rf"^[\s,:。]*(?:(?:尊敬的|敬爱的|尊贵的){_TITLE}[\s,:!。]*{_GOOD_DAY}?|{_TITLE}(?:[\s,:!。]*{_GOOD_DAY}|[\s,:!。]+))"
    r"[\s,!:。]*"
    r"|^[\s]*(?:您好|你好|领导好)[\s,!:。]*"
    r"|(?:此致|敬礼|谢谢您?|感谢|望批准|盼复|盼回复|万分感谢|谢谢领导|谢谢政府)[\s,!:。~]*$"
)
_BLANK_RUN = re.compile(r"\s+")
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")  # half a character: JSON can carry it, UTF-8 cannot


@dataclass(frozen=True, slots=True)
class Normalised:
    """A folded text and, where lengths differ, the original position of each character."""

    text: str
    offsets: NDArray[np.int32] | None = None

    def to_original(self, position: int) -> int:
        """Return the original position of character ``position`` (0-based)."""
        return position if self.offsets is None else int(self.offsets[position])


@functools.lru_cache(maxsize=1)
def _converter() -> opencc.OpenCC:
    import opencc

    return opencc.OpenCC("t2s")


def simplify(text: str) -> str:
    """Convert traditional to simplified script, character for character (same length)."""
    text = _LONE_SURROGATE.sub("\ufffd", text)
    converted: str = _converter().convert(text)
    if len(converted) == len(text):
        return converted
    return "".join(c if len(c) == 1 else o for o, c in ((o, _converter().convert(o)) for o in text))


@functools.lru_cache(maxsize=65_536)
def _folded_character(character: str) -> str:
    return unicodedata.normalize("NFKC", character)


def _fold(text: str) -> tuple[str, list[int] | None]:
    """NFKC; the positions are returned only where folding moved characters."""
    folded = unicodedata.normalize("NFKC", text)
    if folded == text:
        return text, None
    # equal lengths alone do not show that nothing moved: one character may grow and two others join
    pieces = [_folded_character(character) for character in text]
    if len(folded) == len(text) == sum(map(len, pieces)):
        return folded, None
    positions = [position for position, piece in enumerate(pieces) for _ in piece]
    return "".join(pieces), positions


def _lower(text: str) -> str:
    """Lower case, but for the few letters whose lower case is longer."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(low if len(low := character.lower()) == 1 else character for character in text)


def _is_han(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff"


def _drop_blanks(text: str, positions: list[int] | None) -> tuple[str, list[int] | None]:
    """Remove blanks beside Han characters, turn any other run of blanks into one space."""
    kept: list[int] = []
    characters: list[str] = []
    previous = 0
    for match in _BLANK_RUN.finditer(text):
        start, end = match.span()
        kept.extend(range(previous, start))
        characters.append(text[previous:start])
        beside_han = start == 0 or end == len(text) or _is_han(text[start - 1]) or _is_han(text[end])
        if not beside_han:
            kept.append(start)
            characters.append(" ")
        previous = end
    if previous == 0:
        return text, positions
    kept.extend(range(previous, len(text)))
    characters.append(text[previous:])
    moved = kept if positions is None else [positions[i] for i in kept]
    return "".join(characters), moved


def normalise(text: str) -> Normalised:
    """Fold ``text`` for the model.

    Steps: NFKC, traditional to simplified, lower case, blanks, boilerplate greetings.
    """
    folded, positions = _fold(text)
    folded = _lower(simplify(folded))
    folded = _GREETING.sub(lambda match: " " * len(match.group()), folded)
    folded, positions = _drop_blanks(folded, positions)
    return Normalised(folded, None if positions is None else np.asarray(positions, dtype=np.int32))
