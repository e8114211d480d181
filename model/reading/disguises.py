"""Seeing through disguised digits and letters: full-width, circled, mathematical, Chinese, parted by nothing.

``see_through`` gives the copy of a text in which personal data are looked for, and where each character
of it stands in the original. It is not the copy that the model reads (see ``text``): there 三 stays 三.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# where the digits 0 to 9 of each script begin (Unicode 15, category Nd, without ASCII)
_ZEROS = (
    *(0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6, 0xE50),
    *(0xED0, 0xF20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40),
    *(0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10, 0x104A0, 0x10D30, 0x11066),
    *(0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0, 0x11950),
    *(0x11C50, 0x11D50, 0x11DA0, 0x16A60, 0x16AC0, 0x16B50, 0x1E140, 0x1E2F0, 0x1E950, 0x1FBF0),
)
_LETTERS = (range(0xFF01, 0xFF5F), range(0x1D400, 0x1D800), range(0x24B6, 0x24EA))
_KEPT_ASCII = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz@.-_+/#")
_HYPHENS = "\u2010\u2011\u2012\u2013\u2212\ufe63"
# characters that show nothing: zero-width, soft hyphen, marks of direction, selectors, the key of an emoji
_NOTHING = (
    "\u00ad\u0300-\u036f\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u20e3\u3164\ufe00-\ufe0f\ufeff\uffa0"
)
# first numeral, value of the first, how many: circled, in brackets, with a stop; also as superscripts
_ENCLOSED_RUNS = (
    *((0x2460, 1, 9), (0x2474, 1, 9), (0x2488, 1, 9), (0x24F5, 1, 9), (0x2776, 1, 9), (0x2780, 1, 9)),
    *(
        (0x278A, 1, 9),
        (0x3220, 1, 9),
        (0x3280, 1, 9),
        (0x3021, 1, 9),
        (0x1F101, 0, 10),
        (0x2074, 4, 6),
        (0x2080, 0, 10),
    ),
    *((0x24EA, 0, 1), (0x24FF, 0, 1), (0x1F100, 0, 1), (0x2070, 0, 1), (0xB9, 1, 1), (0xB2, 2, 2)),
)
_CHINESE = dict(
    zip("零〇○一二三四五六七八九壹贰叁肆伍陆柒捌玖幺", "000123456789123456789" + "1", strict=True)
)
_FEWEST = 7  # digits side by side from which Chinese or circled ones are read as a number

_FEWEST_DISGUISED = 3  # among digits in ASCII; fewer at their ends are words


def _list_plain_forms() -> dict[int, str]:
    """Return the characters that stand for one ASCII character wherever they are."""
    found = {zero + n: str(n) for zero in _ZEROS for n in range(10)}
    for code in (code for letters in _LETTERS for code in letters):
        plain = unicodedata.normalize("NFKC", chr(code))
        if plain in _KEPT_ASCII:
            found[code] = plain
    return found | dict.fromkeys(map(ord, _HYPHENS), "-")


_PLAIN = _list_plain_forms()
_ENCLOSED = {first + i: str(value + i) for first, value, count in _ENCLOSED_RUNS for i in range(count)}
_NUMERALS = {**_CHINESE, **{chr(code): digit for code, digit in _ENCLOSED.items()}}
_ODD = frozenset(map(chr, (*_PLAIN, *_ENCLOSED)))
# what nearly all texts are made of; only one with other characters is looked at closely
_UNUSUAL = re.compile(
    "[^ -~\\n\u3001\u3002\u4e00-\u9fff\u201c\u201d\u2014\u2026\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f]"
)
_SHOWS_NOTHING = re.compile(f"[{_NOTHING}]")
_DIGIT = f"[0-9{''.join(_NUMERALS)}]"
_CHINESE_DIGIT = f"[{''.join(_CHINESE)}]"
_GAP = r"[ \-—－.·/_*|]{0,2}"
# a run of digits of any kind is worth looking at where Chinese ones stand close to others of its kind
_MIXED = re.compile(rf"{_CHINESE_DIGIT}{_GAP}{_DIGIT}{_GAP}{_DIGIT}|[0-9]{_GAP}{_CHINESE_DIGIT}{_GAP}[0-9]")
_RUN = re.compile(rf"{_DIGIT}(?:{_GAP}{_DIGIT}){{{_FEWEST - 1},}}")


@dataclass(frozen=True, slots=True)
class PlainView:
    """A text without disguises; ``offsets`` has the original position of each character and of the end.

    Without ``offsets`` every character stands where it stood.
    """

    text: str
    offsets: Sequence[int] | None = None

    def to_original(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the original that a span of the view stands for."""
        if self.offsets is None:
            return start, end
        return self.offsets[start], self.offsets[end]  # with what shows nothing after it


def see_through(text: str) -> PlainView:
    """Return ``text`` with disguised digits and letters as ASCII, and without what shows nothing."""
    odd = _UNUSUAL.search(text) is not None and _is_odd(text)
    if not odd and not _MIXED.search(text):
        return PlainView(text)
    offsets = None
    if odd:
        if _SHOWS_NOTHING.search(text):
            offsets = [i for i, character in enumerate(text) if not _SHOWS_NOTHING.match(character)]
            offsets, text = [*offsets, len(text)], "".join(text[i] for i in offsets)
        text = text.translate(_PLAIN)
    return PlainView(_RUN.sub(_rewrite_run, text), offsets)


def _is_odd(text: str) -> bool:
    return not _ODD.isdisjoint(text) or _SHOWS_NOTHING.search(text) is not None


def _rewrite_run(match: re.Match[str]) -> str:
    return _as_number(match.group(), match.end() < len(match.string))


def _as_number(run: str, goes_on: bool) -> str:
    """Return a run of digits in ASCII, at the same length; lists and a numeral before a number stay."""
    places = [i for i, character in enumerate(run) if character in _NUMERALS or character in "0123456789"]
    chosen = _without_loose_ends([run[i] for i in places])
    digits = "".join(_NUMERALS.get(run[i], run[i]) for i in places)
    if run.isascii() or digits in "0123456789" or _is_counting(digits):
        return run
    if len(digits) == 12 and digits[0] == "1" and run[-1] == "一" and goes_on:  # …零零零一直打不通
        chosen = range(chosen.start, min(chosen.stop, 11))
    characters = list(run)
    for n in chosen:
        characters[places[n]] = digits[n]
    return "".join(characters)


def _is_counting(digits: str) -> bool:
    """Tell whether each digit is one more than the one before, as in 一二三四五六七."""
    return all(int(after) == int(before) + 1 for before, after in itertools.pairwise(digits))


def _without_loose_ends(characters: list[str]) -> range:
    """Return the part of a run without the one or two numerals that merely touch a number in ASCII.

    ①13800138000 is the first of a list, and 13800138000一直 is no longer number.
    """
    first, last = 0, len(characters)
    plain = [character.isascii() for character in characters]
    if 0 < plain.count(False) < _FEWEST_DISGUISED:
        first, last = plain.index(True), last - plain[::-1].index(True)
    return range(first, last)
