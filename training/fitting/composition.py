"""Learning how units compete within a function, on texts the classifiers had not seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fenban.model import (
    DIRECTORY_WEIGHTS,
    FACTORS,
    PrecisionCurve,
    TextSignals,
    UnitComposer,
    UnitTable,
    merge_names,
)

from .calibration import fit_conditional_logit, fit_top_calibration

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from fenban.model import LocalPlaces

_START = {"flat": 1.0, "jurisdiction": 0.5, "named": 1.0, "encloses": 0.3, "frequency": 0.2}
_PULL = 0.5
_FEWEST = 200
_BEST = 3
_CHUNK = 256


@dataclass(frozen=True, slots=True)
class UnseenTexts:
    """What is known of the observed texts, and the units that handled them (None: not known)."""

    signals: TextSignals
    units: Sequence[str | None]

    def chunks(self) -> Iterator[tuple[TextSignals, Sequence[str | None]]]:
        """Yield the texts in parts that stay small whatever the number of units."""
        for start in range(0, len(self.units), _CHUNK):
            stop = min(start + _CHUNK, len(self.units))
            yield self.signals.rows(start, stop), self.units[start:stop]


def fit_composer(
    table: UnitTable, texts: UnseenTexts, taught: LocalPlaces | None = None
) -> tuple[UnitComposer, PrecisionCurve]:
    """Learn weights and calibration; return the composer and its precision curve.

    ``taught`` are the places that all cases taught, for the texts to come; what the unseen texts
    carry of them has to come from the other cases alone.
    """
    learnt = texts.signals.flat is not None
    weights = fit_weights(table, texts, taught) if learnt else DIRECTORY_WEIGHTS
    calibration = fit_top_calibration(
        *_answers_with_known_truth(UnitComposer(table, weights, None, taught), texts)
    )
    composer = UnitComposer(table, weights, calibration, taught)
    confidence, correct, names = _rank_first(composer, texts)
    known = _mark_known(texts)
    given = [name for name, judged in zip(names, known, strict=True) if judged]
    return composer, PrecisionCurve.measure(confidence[known], correct[known], given)


def fit_weights(table: UnitTable, texts: UnseenTexts, taught: LocalPlaces | None = None) -> dict[str, float]:
    """Learn the weight of every factor that the texts carry, by maximum likelihood."""
    composer = UnitComposer(table, {}, None, taught)
    number: dict[str, int] = {unit.name: i for i, unit in enumerate(table.units)}
    used = [name for name in FACTORS if composer.factor(name, texts.signals.rows(0, 1)) is not None]
    alternatives, chosen = [], []
    for signals, units in texts.chunks():
        found = [values for name in used if (values := composer.factor(name, signals)) is not None]
        stacked = np.stack(np.broadcast_arrays(*found), axis=-1)
        for factors, name in zip(stacked, units, strict=True):
            row = number.get(name or "", -1)
            rows = composer.slice_of(int(table.function[row])) if row >= 0 else slice(0, 0)
            if rows.stop - rows.start >= 2:
                alternatives.append(factors[rows].copy())
                chosen.append(row - rows.start)
    if len(chosen) < _FEWEST:
        return {name: _START[name] for name in used if name in _START}
    start = [_START.get(name, 0.0) for name in used]
    learnt = fit_conditional_logit(alternatives, chosen, start, _PULL)
    return {name: float(weight) for name, weight in zip(used, learnt, strict=True)}


def top_answers(
    composer: UnitComposer, texts: UnseenTexts
) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return confidence in the best unit, whether it is right, whether the right one is known."""
    confidence, correct, _ = _rank_first(composer, texts)
    return confidence, correct, _mark_known(texts)


def _rank_first(
    composer: UnitComposer, texts: UnseenTexts
) -> tuple[NDArray[np.float32], NDArray[np.bool_], list[str]]:
    """Return confidence in the best unit of every text, whether it is right, and its name."""
    confidence, correct, names = [], [], []
    for signals, units in texts.chunks():
        for (rows, probabilities), unit in zip(composer.rank(signals, _BEST), units, strict=True):
            best = merge_names([composer.table.units[r] for r in rows], probabilities, 1)
            confidence.append(best[0].probability if best else 0.0)
            correct.append(bool(best) and best[0].unit == unit)
            names.append(best[0].unit if best else "")
    return np.array(confidence, dtype=np.float32), np.array(correct, dtype=bool), names


def _mark_known(texts: UnseenTexts) -> NDArray[np.bool_]:
    return np.array([unit is not None for unit in texts.units], dtype=bool)


def _answers_with_known_truth(
    composer: UnitComposer, texts: UnseenTexts
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    confidence, correct, known = top_answers(composer, texts)
    return confidence[known], correct[known]
