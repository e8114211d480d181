"""What would change the answer: texts with words blotted out or moved elsewhere, really scored again.

Nothing is estimated: each change names an edit and what the model answers to the edited text
(counterfactual explanations: Wachter, Mittelstadt & Russell, 2018, https://arxiv.org/abs/1711.00399;
for texts: Martens & Provost, 2014, https://doi.org/10.25300/MISQ/2014/38.1.04).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..case import Change, Submission, WeighedWord
from ..reading.text import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..scoring.scorer import Scored, Scorer

MOST_REMOVED = 4  # words; a change that takes more is no explanation
MOST_PLACES = 2


@dataclass(frozen=True, slots=True)
class Question:
    """Text ``index`` of a scored batch, and the class ``answer`` of ``head`` that is explained."""

    scored: Scored
    index: int
    head: str
    answer: int

    @property
    def submission(self) -> Submission:
        """The text as it came."""
        return self.scored.reading.submissions[self.index]


def blot_out(submission: Submission, words: Sequence[str]) -> Submission:
    """Return the submission with every occurrence of ``words`` blotted out, nothing moved."""
    text = submission.full_text
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, HIDDEN * len(word))
    return replace(submission, text=text, title="")


def explain_in_full(
    scorer: Scorer, question: Question, words: Sequence[WeighedWord]
) -> tuple[tuple[WeighedWord, ...], tuple[Change, ...]]:
    """Return the words by their true effect, and the changes; costs two small batches.

    The weight of a word becomes the loss in log-odds of the answer when all its occurrences are
    blotted out. A word whose absence makes the answer likelier speaks against it and is left out.
    """
    distinct = list(dict.fromkeys(word.text for word in words))
    places = _other_places(question)
    edited = [blot_out(question.submission, [word]) for word in distinct]
    edited += [replace(question.submission, jurisdiction=place) for place in places]
    if not edited:
        return tuple(words), ()
    again = scorer.score(edited, top=1)
    changes = _describe_moves(question, again, places, len(distinct))
    if question.head not in again.by_head:  # a model of units alone: its margins are no probabilities
        return tuple(words), changes
    before = _log_odds(question.scored, question.index, question)
    effects = {word: before - _log_odds(again, i, question) for i, word in enumerate(distinct)}
    ordered = _order_by_effect(words, effects)
    strongest = sorted(distinct, key=lambda word: -effects[word])
    turning = [w for w in strongest if _best(again, distinct.index(w), question) != question.answer]
    if turning:
        change = _describe_removal(scorer, question, again, distinct.index(turning[0]), turning[:1])
        return ordered, (change, *changes)
    return ordered, (*_try_removing_more(scorer, question, strongest), *changes)


def _try_removing_more(scorer: Scorer, question: Question, strongest: Sequence[str]) -> tuple[Change, ...]:
    """Blot out the two, three, four strongest words; where that moves nothing, say how firm it is."""
    sets = [list(strongest[:n]) for n in range(2, min(MOST_REMOVED, len(strongest)) + 1)]
    if not sets:
        return ()
    again = scorer.score([blot_out(question.submission, words) for words in sets], top=1)
    last = len(sets) - 1
    i = next((i for i in range(len(sets)) if _best(again, i, question) != question.answer), last)
    return (_describe_removal(scorer, question, again, i, sets[i]),)


def _describe_removal(
    scorer: Scorer, question: Question, again: Scored, i: int, words: Sequence[str]
) -> Change:
    best = _best(again, i, question)
    name = scorer.classes(question.head)[best]
    probability = round(float(again.by_head[question.head][i, best]), 4)
    quoted = "".join(f"“{word}”" for word in words)
    became = "变为" if best != question.answer else "仍是"
    text = f"去掉{quoted}后，第一位{became}{name}（{probability:.0%}）"
    return Change("words", tuple(words), None, name, probability, best != question.answer, text)


def _describe_moves(
    question: Question, again: Scored, places: Sequence[str], first: int
) -> tuple[Change, ...]:
    current = question.scored.units[question.index]
    changes = []
    for i, place in enumerate(places, start=first):
        if not again.units[i] or not current or again.units[i][0].unit == current[0].unit:
            continue
        unit = again.units[i][0]
        text = f"若地点在{place.replace('/', '')}，则为{unit.unit}（{unit.probability:.0%}）"
        changes.append(Change("place", (), place, unit.unit, unit.probability, True, text))
    return tuple(changes)


def _other_places(question: Question) -> list[str]:
    """Return where else the matter could lie, where the text leaves that open."""
    places, units = question.scored.places[question.index].places, question.scored.units[question.index]
    if len(places) == 1 or not units or units[0].jurisdiction is None:
        return []
    of_units = [unit.jurisdiction for unit in units[1:] if unit.function == units[0].function]
    named = [place.path for place in places]
    likely = [
        place for place in dict.fromkeys([*named, *of_units]) if place and place != units[0].jurisdiction
    ]
    return likely[:MOST_PLACES]


def _best(scored: Scored, i: int, question: Question) -> int:
    return int(scored.by_head[question.head][i].argmax())


def _log_odds(scored: Scored, i: int, question: Question) -> float:
    p = float(np.clip(scored.by_head[question.head][i, question.answer], 1e-6, 1 - 1e-6))
    return float(np.log(p) - np.log1p(-p))


def _order_by_effect(words: Sequence[WeighedWord], effects: dict[str, float]) -> tuple[WeighedWord, ...]:
    speaking = [
        replace(word, weight=round(effects[word.text], 4)) for word in words if effects[word.text] > 0
    ]
    # of an answer so firm that no single word moves it, the words stand as they were found
    return tuple(sorted(speaking, key=lambda word: (-word.weight, word.start))) or tuple(words)
