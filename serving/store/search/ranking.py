"""Ranking what the search found, and cutting out the piece of each text that shows why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from fenban.model import default_segmenter

from ..tables.search import SearchTextRow
from .index import MOST_RANKED, find_newest
from .tokens import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from .query import Query, Term

SNIPPET = 90  # characters
_LEAD = 18  # characters before the first marked word
_TITLE_ENDS = " |  | "
_BY_NUMBER, _AS_TYPED, _IN_TITLE, _AS_A_WORD, _NEWEST = 10.0, 2.0, 1.5, 0.5, 0.5


@dataclass(frozen=True, slots=True)
class Ranked:
    """Ids, the best first. ``complete`` is false where there are more matches than were ranked."""

    ids: tuple[int, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a text from character ``start`` on, and the pairs (start, end) to mark in the piece."""

    text: str
    start: int
    marks: tuple[tuple[int, int], ...]


def rank(session: Session, query: Query, filters: Sequence[ColumnElement[bool]] = ()) -> Ranked:
    """Rank the newest matches: number, title, whole words, how often, and newer before older."""
    ids = find_newest(session, query, filters, MOST_RANKED + 1)
    complete = len(ids) <= MOST_RANKED
    ids = ids[:MOST_RANKED]
    rows = session.execute(
        select(SearchTextRow.submission_id, SearchTextRow.folded).where(SearchTextRow.submission_id.in_(ids))
    )
    folded = {row.submission_id: row.folded for row in rows}
    scores = {
        submission_id: _score(folded[submission_id], query) + _NEWEST * (1 - place / MOST_RANKED)
        for place, submission_id in enumerate(ids)
    }
    return Ranked(tuple(sorted(ids, key=lambda one: (-scores[one], -one))), complete)


def _score(folded: str, query: Query) -> float:
    head, _, rest = folded.rpartition(_TITLE_ENDS)
    words = set(default_segmenter().cut(folded))
    score = 0.0
    for term in query.terms:
        if term.number and folded.startswith(f" {term.number}"):
            score += _BY_NUMBER
        often = rest.count(term.inside)
        score += often / (often + 1) + _IN_TITLE * (term.inside in head) + _AS_A_WORD * (term.text in words)
    return score + _AS_TYPED * sum(term.inside in folded for term in query.better)


def cut_passage(text: str, terms: Sequence[Term], length: int | None = SNIPPET) -> Passage:
    """Return the piece of ``text`` that shows most of ``terms``; all of it where ``length`` is None."""
    marks = _marks(text, terms)
    if length is None or len(text) <= length:
        return Passage(text, 0, tuple(marks))
    start = _best_start(marks, len(text), length)
    inside = [(a - start, min(b - start, length)) for a, b in marks if start <= a < start + length]
    return Passage(text[start : start + length], start, tuple(inside))


def _marks(text: str, terms: Sequence[Term]) -> list[tuple[int, int]]:
    folded = fold(text)
    found: list[tuple[int, int]] = []
    for term in terms:
        inside = term.inside
        lead = len(inside) - len(inside.lstrip())
        at = folded.text.find(inside)
        while at >= 0:
            first = at + lead
            last = first + len(term.text) - 1
            found.append((folded.offsets[first], folded.offsets[last] + 1))
            at = folded.text.find(inside, max(last, at + 1))  # a single character ends where it begins
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _best_start(marks: Sequence[tuple[int, int]], size: int, length: int) -> int:
    """Return where a window begins that holds the most marked characters; the first of equals."""
    best, start = 0, 0
    for first, _ in marks:
        begin = max(0, min(first - _LEAD, size - length))
        held = sum(b - a for a, b in marks if begin <= a and b <= begin + length)
        if held > best:
            best, start = held, begin
    return start
