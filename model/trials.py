"""Units on trial (试用): suggested from their duties and a few examples until the next training.

A text is compared with a trial's examples and clauses in the space of all feature slots, the
unknown ones too: what is new to the directory is often new to the vocabulary. How likely the trial
is the right address given these likenesses and what the model itself is sure of was learnt by
simulation: functions were held out of training and brought back as trials
(``fenban.benchmarks.accuracy.trial_simulation``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from .case import RankedUnit, Submission
from .scoring.batch import read_batch
from .scoring.features import TABLE_BITS, NgramHasher

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from .reading.places import PlaceReading
    from .scoring.content import ModelContent
    from .scoring.features import FeatureSpace, Spans
    from .scoring.scorer import Scored

FEWEST_EXAMPLES, MOST_EXAMPLES = 3, 10
# intercept, log likeness to the examples' centre and to the nearest clause, log-odds of the best answer
MAPPING = (12.169, 0.896, 3.97, -0.373)
_FLOOR = 0.02  # added to a likeness before its logarithm
_ELSEWHERE = 0.02  # what is left of the probability where the text names another place
_LEAST_SHARE = 0.05  # of a place among all places, for a text that names none
SHOWN_FROM = 0.03  # below it every tenth text of others would show the trial


@dataclass(frozen=True, slots=True)
class Trial:
    """A new unit: its place, duties and three to ten examples of what it should get, masked."""

    unit: str
    function: str | None = None
    jurisdiction: str | None = None
    duties: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    actor: str = ""
    added_at: str = ""


class SlotRows:
    """TF-IDF rows over all slots; a slot that training has not seen counts as the rarest."""

    def __init__(self, space: FeatureSpace) -> None:
        self._space = space
        self._rarest = float(space.idf.max()) if space.width else 1.0

    def matrix(self, spans: Spans, n_texts: int) -> sparse.csr_matrix:
        """Return the (n_texts, slots) rows, L2-normalised, float32."""
        keys = (spans.rows.astype(np.int64) << TABLE_BITS) | spans.slots
        cells, counts = np.unique(keys, return_counts=True)
        rows, slots = cells >> TABLE_BITS, cells & ((1 << TABLE_BITS) - 1)
        values = (1 + np.log(counts)) * self._idf(slots)
        lengths = np.sqrt(np.bincount(rows, weights=values**2, minlength=n_texts))
        values = (values / np.maximum(lengths, 1e-12)[rows]).astype(np.float32)
        return sparse.csr_matrix((values, (rows, slots)), shape=(n_texts, 1 << TABLE_BITS))

    def _idf(self, slots: NDArray[np.int64]) -> NDArray[np.float32]:
        known = self._space.slots
        if not len(known):
            return np.full(len(slots), self._rarest, dtype=np.float32)
        place = np.minimum(np.searchsorted(known, slots), len(known) - 1)
        return np.where(known[place] == slots, self._space.idf[place], np.float32(self._rarest))


class Likeness:
    """How like a text is to the examples and to the duties of each trial."""

    def __init__(self, trials: Sequence[Trial], space: FeatureSpace) -> None:
        self._rows = SlotRows(space)
        self._hasher = NgramHasher()
        centres = [self._centre(trial.examples) for trial in trials]
        self._centres = sparse.vstack(centres).T.tocsc()
        clauses = [self._of(trial.duties) for trial in trials]
        self._clauses = sparse.vstack(clauses).T.tocsc()
        self._bounds = np.cumsum([0, *(part.shape[0] for part in clauses)])

    def of(self, spans: Spans, n_texts: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return likeness to the examples' centre and to the nearest clause, both (n_texts, trials)."""
        rows = self._rows.matrix(spans, n_texts)
        centre = (rows @ self._centres).toarray()
        clauses = (rows @ self._clauses).toarray()
        nearest = np.zeros_like(centre)
        for i, (start, stop) in enumerate(zip(self._bounds, self._bounds[1:], strict=False)):
            if stop > start:
                nearest[:, i] = clauses[:, start:stop].max(axis=1)
        return centre, nearest

    def _of(self, texts: Sequence[str]) -> sparse.csr_matrix:
        reading = read_batch([Submission(text) for text in texts], self._hasher)
        return self._rows.matrix(reading.spans, len(reading))

    def _centre(self, texts: Sequence[str]) -> sparse.csr_matrix:
        total = sparse.csr_matrix(self._of(texts).sum(axis=0))
        return total / max(float(np.sqrt(total.multiply(total).sum())), 1e-9)


class TrialUnits:
    """The trials of a model, put among its ranked units."""

    def __init__(self, trials: Sequence[Trial], content: ModelContent) -> None:
        self.trials = tuple(trial for trial in trials if not is_learnt(trial.unit, content))
        self._likeness = Likeness(self.trials, content.space) if self.trials else None
        self._shares = _place_shares(content)

    def __bool__(self) -> bool:
        return bool(self.trials)

    def probabilities(self, scored: Scored) -> NDArray[np.float32]:
        """Return the (texts, trials) probabilities that a trial is the right address."""
        n = len(scored.reading)
        if self._likeness is None:
            return np.zeros((n, 0), dtype=np.float32)
        centre, nearest = self._likeness.of(scored.reading.spans, n)
        logits = trial_logits(centre, nearest, best_of(scored))
        # the trials and "none of them" exclude each other
        powers = np.exp(logits)
        matter = powers / (1 + powers.sum(axis=1, keepdims=True))
        fits = [[self._fit(trial, reading) for trial in self.trials] for reading in scored.places]
        found: NDArray[np.float32] = (matter * np.array(fits)).astype(np.float32)
        return found

    def insert_into(self, scored: Scored, top: int) -> Scored:
        """Return the batch with the trials among the ranked units, the others' share made smaller."""
        chances = self.probabilities(scored)
        units = [self._merge(ranked, row, top) for ranked, row in zip(scored.units, chances, strict=True)]
        return replace(scored, units=units)

    def duties_of(self, unit: str) -> str | None:
        """Return the duties of a trial in one line."""
        clauses = next((trial.duties for trial in self.trials if trial.unit == unit), ())
        return "；".join(clauses) or None

    def _merge(self, ranked: list[RankedUnit], chances: NDArray[np.float32], top: int) -> list[RankedUnit]:
        if not ranked:
            return ranked  # a model that knows no units has nothing to compare a trial with
        names = {trial.unit for trial in self.trials}
        rest = 1 - float(chances.sum())
        merged = [
            replace(unit, probability=round(unit.probability * rest, 4))
            for unit in ranked
            if unit.unit not in names
        ]
        merged += [
            RankedUnit(t.unit, t.function, t.jurisdiction, round(float(p), 4), trial=True)
            for t, p in zip(self.trials, chances, strict=True)
            if p >= SHOWN_FROM
        ]
        return sorted(merged, key=lambda unit: -unit.probability)[:top]

    def _fit(self, trial: Trial, reading: PlaceReading) -> float:
        """Return how likely the trial's place is the one meant."""
        where = trial.jurisdiction
        if not where:
            return 1.0
        paths = [place.path for place in reading.places]
        if any(path == where or path.startswith(where + "/") for path in paths):
            return 1.0
        around = [path for path in paths if where.startswith(path + "/")]
        if paths and not around:
            return _ELSEWHERE
        within = self._shares.get(around[0], 0.0) if around else 1.0
        share = self._shares.get(where, 0.0) / within if within else 0.0
        return max(share, _LEAST_SHARE)


def trial_logits(
    centre: NDArray[np.float32], nearest: NDArray[np.float32], best: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Return the (texts, trials) logits of the learnt mapping; ``best`` is (texts,) probabilities."""
    intercept, *weights = MAPPING
    columns = [likeness_inputs(centre[:, j], nearest[:, j], best) for j in range(centre.shape[1])]
    logits: NDArray[np.float64] = intercept + np.stack(columns, axis=1) @ np.array(weights)
    return logits


def likeness_inputs(
    centre: NDArray[np.float32], nearest: NDArray[np.float32], best: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Return what the mapping weighs for one trial, (texts, 3)."""
    sure = np.clip(best.astype(np.float64), 1e-4, 1 - 1e-4)
    likeness = [np.log(np.maximum(each.astype(np.float64), 0) + _FLOOR) for each in (centre, nearest)]
    return np.column_stack([*likeness, np.log(sure) - np.log1p(-sure)])


def best_of(scored: Scored) -> NDArray[np.float32]:
    """Return the probability of the best function of each text, of the best unit where there are none."""
    if "function" in scored.by_head:
        best: NDArray[np.float32] = scored.by_head["function"].max(axis=1)
        return best
    return np.array([ranked[0].probability if ranked else 0.0 for ranked in scored.units], dtype=np.float32)


def is_learnt(unit: str, content: ModelContent) -> bool:
    """Whether the model was trained on cases that name the unit: then its trial is over."""
    if "unit" in content.heads and unit in content.heads.heads["unit"].classes:
        return True
    remembered = content.neighbours.cases if content.neighbours else ()
    return any(case.lead_unit == unit for case in remembered)


def _place_shares(content: ModelContent) -> dict[str, float]:
    """Return the share of the known cases at each place or inside it."""
    if content.composer is None:
        return {}
    table = content.composer.table
    counts = np.exp(table.log_frequency) - 1
    shares: dict[str, float] = {}
    for unit, count in zip(table.units, counts / max(float(counts.sum()), 1.0), strict=True):
        parts = (unit.jurisdiction or "").split("/")
        for depth in range(1, len(parts) + 1):
            path = "/".join(parts[:depth])
            shares[path] = shares.get(path, 0.0) + float(count)
    return shares
