"""What tells two like matters apart, so that a person sees at a glance whether they are one."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from fenban.model import default_segmenter

from ...store.base import CHINA

if TYPE_CHECKING:
    import datetime as dt

Where = Literal["both", "here", "there"]
_MOST_WORDS = 400  # of each text: comparing is quadratic, and what differs shows early
_MOST_SAID = 6  # words of a line
_TELLING = re.compile(r"[\u3400-\u9fffA-Za-z0-9]{2,}")
_MASKED = re.compile(r"\[[\u3400-\u9fff]{2,3}\]")


@dataclass(frozen=True, slots=True)
class Side:
    """A matter as it is compared, masked."""

    text: str
    title: str
    jurisdiction: str | None
    received_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that is in both, only here or only there."""

    where: Where
    text: str


@dataclass(frozen=True, slots=True)
class Differences:
    """``lines`` for a person in a hurry, ``pieces`` word by word (of the first 400 words)."""

    lines: tuple[str, ...]
    pieces: tuple[Piece, ...]


def find_differences(here: Side, there: Side) -> Differences:
    """Compare the matter at hand with another one."""
    pieces = _align_pieces(_cut_words(here), _cut_words(there))
    lines = (
        *_compare_times(here.received_at, there.received_at),
        *_compare_places(here.jurisdiction, there.jurisdiction),
        *_name_only("这件另说", "here", pieces),
        *_name_only("那件另说", "there", pieces),
    )
    return Differences(lines, pieces)


def _cut_words(side: Side) -> list[str]:
    whole = side.text if not side.title or side.text.startswith(side.title) else f"{side.title}\n{side.text}"
    return default_segmenter().cut(whole[: 4 * _MOST_WORDS])[:_MOST_WORDS]


def _align_pieces(here: list[str], there: list[str]) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, here, there, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(Piece("both", "".join(here[a:b])))
            continue
        if a < b:
            pieces.append(Piece("here", "".join(here[a:b])))
        if c < d:
            pieces.append(Piece("there", "".join(there[c:d])))
    return tuple(pieces)


def _compare_times(here: dt.datetime, there: dt.datetime) -> list[str]:
    days = (here.astimezone(CHINA).date() - there.astimezone(CHINA).date()).days
    if not days:
        return []
    return [f"这件晚来 {days} 天" if days > 0 else f"这件早来 {-days} 天"]


def _compare_places(here: str | None, there: str | None) -> list[str]:
    if not here or not there or here == there:
        return []
    return [f"属地：这件{here}，那件{there}"]


def _name_only(label: str, where: Where, pieces: tuple[Piece, ...]) -> list[str]:
    """Name the words that only one text has, in their order."""
    other: Where = "there" if where == "here" else "here"
    elsewhere = "".join(piece.text for piece in pieces if piece.where in ("both", other))
    cut = default_segmenter().cut
    words = (
        word
        for piece in pieces
        if piece.where == where
        for word in cut(_MASKED.sub("", piece.text))
        if _TELLING.fullmatch(word) and word not in elsewhere
    )
    said = list(dict.fromkeys(words))
    return (
        [f"{label}：{'、'.join(said[:_MOST_SAID])}{'等' if len(said) > _MOST_SAID else ''}"] if said else []
    )
