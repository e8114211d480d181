"""Numbers of persons that are written in parts (138/0013/8000), told from lists, dates and amounts."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_GAP = r"[ \-—－.·/\\_,，、*~～|+=#:：；;\"'“”‘’()（）【】\[\]…]{1,3}"
# at least one gap that is more than a blank, a stop or a hyphen: those the plain patterns know
_RUN = re.compile(rf"[0-9](?<![0-9]{{2}})[0-9]{{0,18}}(?:{_GAP}[0-9]{{1,19}})+[Xx]?")
_PART = re.compile(r"[0-9]+[Xx]?")
_UNKNOWN_GAP = re.compile(r"[/\\_,，、*~～|+=#:：；;\"'“”‘’()（）【】\[\]…]|[ \-—－.·]{2}")
_LIST_GAPS = frozenset("、，,/；;")
_UNIT = re.compile(r"\s?(?:元|[万亿]|人民币|块钱|平方|立方|[吨斤克亩米%㎡人户个]|[0-9]*(?:路|号线|栋|楼))")
_IDENTITY = re.compile(r"[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dXx]")
_OLD_IDENTITY = re.compile(r"[1-9]\d{5}\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE = re.compile(r"0\d{2,3}[2-9]\d{6,7}")
_MAY_BE = re.compile(r"1[3-9]\d{9}$|861|0|[1-9]\d{14}")  # worth a closer look
_FEWEST, _MOST = 10, 19  # digits of a number
_YEARS = range(1900, 2100)


def find_split_numbers(text: str) -> list[tuple[int, int, str]]:
    """Return (start, end, kind) of the numbers written in parts, in order, not overlapping."""
    return [
        found for run in _RUN.finditer(text) if _UNKNOWN_GAP.search(run.group()) for found in _search_run(run)
    ]


def _search_run(run: re.Match[str]) -> Iterator[tuple[int, int, str]]:
    """Look for the longest number from each part on; what follows it is looked through likewise."""
    parts = [match.span() for match in _PART.finditer(run.string, *run.span())]
    first = 0
    while first < len(parts):
        last, kind = _find_longest(run.string, parts, first)
        if kind:
            yield parts[first][0], parts[last][1], kind
        first = last + 1


def _find_longest(text: str, parts: Sequence[tuple[int, int]], first: int) -> tuple[int, str]:
    """Return the last part of the longest number that begins with a part, and its kind ("" for none)."""
    digits = ""
    found = (first, "")
    for last in range(first, len(parts)):
        digits += text[slice(*parts[last])]
        if len(digits) > _MOST:
            break
        if last > first and len(digits) >= _FEWEST and _MAY_BE.match(digits):
            pieces = [text[start:end] for start, end in parts[first : last + 1]]
            kind = _kind_of(digits, pieces)
            if kind and not _is_other(pieces, _gaps(text, parts[first : last + 1]), text, parts[last][1]):
                found = (last, kind)
    return found


def _gaps(text: str, parts: Sequence[tuple[int, int]]) -> set[str]:
    return {text[end:start].strip() for (_, end), (start, _) in itertools.pairwise(parts)}


def _kind_of(digits: str, pieces: list[str]) -> str:
    if _IDENTITY.fullmatch(digits):
        return "identity"
    if not digits.isdigit():
        return ""
    if _MOBILE.fullmatch(digits) or (digits.startswith("86") and _MOBILE.fullmatch(digits[2:])):
        return "mobile"
    if _LANDLINE.fullmatch(digits) and pieces[0].startswith("0") and min(map(len, pieces)) >= 3:
        return "landline"
    if _OLD_IDENTITY.fullmatch(digits) and min(map(len, pieces)) >= 3:
        return "identity"
    if len(digits) >= 16 and all(len(piece) == 4 for piece in pieces[:-1]):
        return "card"
    return ""


def _is_other(pieces: list[str], gaps: set[str], text: str, end: int) -> bool:
    """Tell whether the parts are an amount, a date, or a list that counts upwards."""
    if _UNIT.match(text, end):
        return True
    grouped = len(pieces[0]) <= 3 and all(len(piece) == 3 for piece in pieces[1:])
    if grouped and gaps <= {",", "，"}:
        return True
    if len(pieces[0]) == 4 and int(pieces[0]) in _YEARS and 1 <= int(pieces[1][:2]) <= 12:
        return True
    if gaps & {":", "："} and min(map(len, pieces)) < 3:
        return True  # hours and minutes
    numbers = [int(piece) for piece in pieces if piece.isdigit()]
    rising = all(before < after for before, after in itertools.pairwise(numbers))
    plain = all(len(piece) <= 4 and piece[0] != "0" for piece in pieces)
    return gaps <= _LIST_GAPS and rising and plain
