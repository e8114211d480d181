"""Putting the evidence of a batch together: words, clause, similar cases, what would change the answer.

Words come from the sparse part in one go for a whole batch. Asked for in full, a text is scored
again with each of its words blotted out: the words are then ordered by what their absence really
does to the answer (leave-one-out; "comprehensiveness" in DeYoung et al., 2020,
https://doi.org/10.18653/v1/2020.acl-main.408), whatever parts the model has.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..case import Evidence, SimilarCase
from .counterfactual import Question, explain_in_full
from .words import DutyIndex, weigh_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from ..scoring.scorer import Scored, Scorer

_SHOWN = 3
_LOOKED_AT = 8  # neighbours among which three that differ are chosen
ALIKE = 0.2  # similarity below which a case is no more than a coincidence of words


class Explainer:
    """Finds the evidence of scored batches; holds nothing that changes."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer
        directory = scorer.content.directory
        functions = directory.functions.values() if directory else ()
        self._duties = DutyIndex({f.name: f.duties for f in functions}, scorer.features_of)

    def explain(self, scored: Scored, *, full: bool = False) -> Iterator[Evidence]:
        """Yield the evidence of each text; in full with leave-one-out words and changes.

        In full a text costs about fifteen more.
        """
        clauses = self._duties.similarities(scored.features)
        similar = self._similar(scored)
        for i, spans in enumerate(_spans_by_text(scored)):
            question = self._question(scored, i)
            if question is None:
                yield Evidence(similar=similar[i])
                continue
            head, answer = question.head, question.answer
            words = weigh_words(
                scored.reading, i, *self._scorer.contributions(scored, i, spans, head, answer)
            )
            name = self._scorer.classes(head)[answer]
            duties = self._duties.best(name, None if clauses is None else clauses[i])
            evidence = Evidence(words, duties, similar[i])
            if full:
                words, changes = explain_in_full(self._scorer, question, words)
                evidence = replace(evidence, words=words, changes=changes)
            yield evidence

    def _question(self, scored: Scored, i: int) -> Question | None:
        """Return the best function; where a model has none, the best topic or unit."""
        for head in ("function", "topic", "unit"):
            names = self._scorer.classes(head)
            if not names:
                continue
            if head != "unit":
                return Question(scored, i, head, int(scored.by_head[head][i].argmax()))
            # a unit that was seen too seldom has no words that speak for it
            known = scored.units[i] and scored.units[i][0].unit in names
            return Question(scored, i, head, names.index(scored.units[i][0].unit)) if known else None
        return None

    def _similar(self, scored: Scored) -> list[tuple[SimilarCase, ...]]:
        """Return for each text the resolved cases most like it that differ from each other."""
        memory = self._scorer.content.neighbours
        if memory is None:
            return [()] * len(scored.reading)
        numbers, similarities = self._scorer.nearest(scored)
        numbers, similarities = numbers[:, :_LOOKED_AT], similarities[:, :_LOOKED_AT]
        found = []
        for i, chosen in enumerate(memory.distinct(numbers, similarities, _SHOWN)):
            alike = [(memory.cases[numbers[i, j]], round(float(similarities[i, j]), 4)) for j in chosen]
            found.append(
                tuple(
                    SimilarCase(case.text, case.lead_unit, case.function, case.topic, case.received_at, value)
                    for case, value in alike
                    if value >= ALIKE
                )
            )
        return found


def _spans_by_text(scored: Scored) -> Iterator[NDArray[np.int64]]:
    rows = scored.reading.spans.rows
    order = np.argsort(rows, kind="stable")
    bounds = np.searchsorted(rows[order], np.arange(len(scored.reading) + 1))
    return (order[bounds[i] : bounds[i + 1]] for i in range(len(scored.reading)))
