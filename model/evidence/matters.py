"""One text, several matters (一事多诉): where they part, and whom each is for.

Cuts come from the text's own structure: enumerations, connectives (另外, 还有), paragraphs and sentence
ends. Each piece is scored by the same router; pieces that say too little or belong to the same
function as their neighbour stay with it. What is left is several matters only where at least two
pieces are surely for different functions, each hardly for the other's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..case import Matter, RankedFunction, Submission
from ..reading.privacy import mask
from ..signs.lanes import TITLES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from ..case import RankedUnit
    from ..scoring.scorer import Scored, Scorer

    UnitFor = Callable[[int, str, float], RankedUnit | None]

MAX_PIECES = 12
_RANKED = 3  # functions shown of each matter
_SHORTEST = 6  # characters of a piece
_LONGEST = 2_000  # a text beyond is a report, not a list of complaints
_SURE_MARKED = 0.15  # of the best function, for a piece behind a marker
_SURE = 0.85  # where only a sentence ends
_SPEAKS = 0.12  # under it a piece says too little and stays with its neighbour
_OPEN = 0.2  # of the second function, from which sentences of an unmarked text are looked at
_LEAST_IN_WHOLE = 0.003  # how likely the text as one must hold the function of an unmarked piece
_SHARED = 0.2  # a function that the other piece holds this likely too is no other matter
_LONGEST_OPENING = 36  # characters before a list of matters; before a list of wishes stands the story
_NUMERAL = "一二三四五六七八九十"
_LISTED = (
    rf"第[{_NUMERAL}](?:[、,，:：]|个问题|件事|是|点)?|[{_NUMERAL}]是|[{_NUMERAL}]、|[(（](?:[1-9]|[{_NUMERAL}])[)）]"
    r"|[1-9][、.．,，)）](?!\d)|[①②③④⑤⑥⑦⑧⑨]|首先|其次|再次|最后(?=[,，])"
)
_ALSO = (
    r"另外|此外|再就是|再者|再有|还有(?![很好多几两人的])|顺便|顺带|除此之外|除了这个|另一(?:件|个|方面)|另(?=[,，])"
    r"|还(?:要|想)(?:反映|问|投诉|咨询|说)|也(?:要|想)(?:反映|问|投诉|咨询)|同时(?:也)?(?:反映|投诉|想|还)"
    r"|再(?:反映|问|说|投诉|提)(?:一|个|下)|对了|第二件|另有"
)
_BEFORE = r"(?:^|(?<=[。!?！？;；:：,，、\s]))"
_CUT_LISTED, _CUT_ALSO = re.compile(_BEFORE + f"(?:{_LISTED})"), re.compile(_BEFORE + f"(?:{_ALSO})")
_CUT_END = re.compile(r"[。!?！？;；]+\s*|\n+")
_REASONING = re.compile(
    r"(?:建议|对策|原因|分析|措施|办法|理由|依据|问题在于|存在问题|存在的问题|诉求)[^。!?！？\n]{0,12}[:：]\s*$"
)


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters ``start`` to ``end`` of a text; ``marked`` where the text itself sets it apart."""

    start: int
    end: int
    marked: bool = False


def pieces_of(text: str) -> tuple[Piece, ...]:
    """Return the pieces of an original text, in order and without gaps; none where it has no structure."""
    if len(text) > _LONGEST:
        return ()
    marks = _marks(text)
    if marks:
        cuts = {0: True, **dict.fromkeys(marks, True)}
    else:
        cuts = {0: False, **{m.end(): False for m in _CUT_END.finditer(text) if m.end() < len(text)}}
    starts = sorted(cuts)
    pieces: list[Piece] = []
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        if pieces and (pieces[-1].end - pieces[-1].start < _SHORTEST or end - start < _SHORTEST):
            previous = pieces[-1]
            pieces[-1] = replace(previous, end=end, marked=previous.marked)
        else:
            pieces.append(Piece(start, end, cuts[start]))
    return tuple(pieces) if 2 <= len(pieces) <= MAX_PIECES else ()


def _marks(text: str) -> list[int]:
    """Return where the text itself says that something else begins."""
    listed = [m.start() for m in _CUT_LISTED.finditer(text) if not _REASONING.search(text[: m.start()])]
    if len(listed) < 2 or listed[0] > _LONGEST_OPENING:
        listed = []
    # what stands before the first of a list is its opening (反映两个问题:) and goes with it
    return sorted({*listed[1:], *(m.start() for m in _CUT_ALSO.finditer(text))} - {0})


@dataclass(frozen=True, slots=True)
class Part:
    """Pieces that belong together: their function's number, how likely, and where they stand."""

    function: int
    probability: float
    start: int
    end: int
    marked: bool
    row: int  # the piece that said it clearest


def parts_of(
    pieces: Sequence[Piece], chances: NDArray[np.float32], whole: NDArray[np.float32]
) -> tuple[Part, ...]:
    """Return the parts that are matters of their own; none where the text is one matter.

    ``chances`` is (pieces, functions), ``whole`` the (functions,) chances of the text as one.
    """
    sure = [
        part
        for part in _merge_pieces(pieces, chances)
        if part.probability >= (_SURE_MARKED if part.marked else _SURE)
    ]
    matters = [
        part
        for part in sure
        if _stands_apart(part, sure, chances) and (part.marked or whole[part.function] >= _LEAST_IN_WHOLE)
    ]
    return _close_gaps(matters, pieces) if len({part.function for part in matters}) > 1 else ()


def _merge_pieces(pieces: Sequence[Piece], chances: NDArray[np.float32]) -> list[Part]:
    """Join pieces with the neighbour of the same function, and those that say too little with any."""
    parts: list[Part] = []
    for row, piece in enumerate(pieces):
        best = int(chances[row].argmax())
        part = Part(best, float(chances[row, best]), piece.start, piece.end, piece.marked, row)
        if parts and (part.probability < _SPEAKS or parts[-1].function == best):
            parts[-1] = _join(parts[-1], part)
        elif parts and parts[-1].probability < _SPEAKS:
            parts[-1] = replace(part, start=parts[-1].start, marked=part.marked or parts[-1].marked)
        else:
            parts.append(part)
    return parts


def _join(first: Part, second: Part) -> Part:
    clearer = max(
        first, second, key=lambda part: part.probability if part.function == first.function else 0.0
    )
    return replace(first, end=second.end, probability=clearer.probability, row=clearer.row)


def _stands_apart(part: Part, others: Sequence[Part], chances: NDArray[np.float32]) -> bool:
    """Whether another part is surely for another function that this one is hardly for, and back."""
    return any(
        other.function != part.function
        and chances[part.row, other.function] < _SHARED
        and chances[other.row, part.function] < _SHARED
        for other in others
    )


def _close_gaps(matters: Sequence[Part], pieces: Sequence[Piece]) -> tuple[Part, ...]:
    """Join neighbours of one function, and let what lies between go with the matter before it."""
    joined: list[Part] = []
    for part in matters:
        if joined and joined[-1].function == part.function:
            joined[-1] = _join(joined[-1], part)
        else:
            joined.append(part)
    ends = [*(part.start for part in joined[1:]), pieces[-1].end]
    first = replace(joined[0], start=pieces[0].start)
    return tuple(replace(part, end=end) for part, end in zip([first, *joined[1:]], ends, strict=True))


def matters_of(scorer: Scorer, scored: Scored, unit_for: UnitFor) -> list[tuple[Matter, ...]]:
    """Return the matters of every text of a batch, none where a text is one matter.

    The pieces of all texts that have structure are scored in one more batch, by their words alone: the
    bounds above were found so, and an encoder would read such a text twice. A proposal is one matter
    whatever its sections. ``unit_for`` gives the unit of a text's number, a function and its probability.
    """
    if "function" not in scored.by_head:
        return [() for _ in scored.reading.originals]
    split = [
        ()
        if _is_proposal(scorer, scored, i)
        else _worth_asking(pieces_of(text), scored.by_head["function"][i])
        for i, text in enumerate(scored.reading.originals)
    ]
    asked = [
        Submission(scored.reading.originals[i][piece.start : piece.end])
        for i, pieces in enumerate(split)
        for piece in pieces
    ]
    if not asked:
        return [() for _ in split]
    chances = scorer.score(asked, 1, encoder="never").by_head["function"]
    found: list[tuple[Matter, ...]] = []
    row = 0
    for i, pieces in enumerate(split):
        mine = chances[row : row + len(pieces)]
        row += len(pieces)
        parts = parts_of(pieces, mine, scored.by_head["function"][i]) if pieces else ()
        found.append(tuple(_matter(scorer, scored, i, part, mine[part.row], unit_for) for part in parts))
    return found


def _worth_asking(pieces: tuple[Piece, ...], whole: NDArray[np.float32]) -> tuple[Piece, ...]:
    """Leave out texts that do not say themselves that they part, and whose function is clear as it is."""
    if any(piece.marked for piece in pieces) or len(whole) < 2:
        return pieces
    return pieces if np.partition(whole, -2)[-2] >= _OPEN else ()


def _is_proposal(scorer: Scorer, scored: Scored, i: int) -> bool:
    if "form" not in scored.by_head:
        return False
    return scorer.classes("form")[int(scored.by_head["form"][i].argmax())] in TITLES


def _matter(
    scorer: Scorer, scored: Scored, i: int, part: Part, chances: NDArray[np.float32], unit_for: UnitFor
) -> Matter:
    names = scorer.classes("function")
    best = (-chances).argsort(kind="stable")[:_RANKED]
    functions = tuple(RankedFunction(names[j], round(float(chances[j]), 4)) for j in best)
    unit = unit_for(i, functions[0].function, functions[0].probability)
    original = scored.reading.originals[i]
    return Matter(mask(original[part.start : part.end].strip()), part.start, part.end, functions, unit)
