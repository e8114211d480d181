"""Learning how units compete within a function, on texts the classifiers had not seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fenban.model.calibration import PrecisionCurve
from fenban.model.composition import DIRECTORY_WEIGHTS, FACTORS, UnitComposer, UnitTable
from fenban.model.scorer import merge_names
from fenban.training.tuning import fit_conditional_logit, fit_top_calibration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fenban.model.places import PlaceReading

_START = (1.0, 0.5, 1.0, 0.3, 0.2)
_PULL = 0.5
_FEWEST = 200
_BEST = 3


@dataclass(frozen=True, slots=True)
class UnseenTexts:
    """What is known of the observed texts: probabilities and margins by row, places, true units."""

    functions: NDArray[np.float32] | None
    flat: NDArray[np.float32] | None
    jurisdictions: NDArray[np.float32] | None
    places: Sequence[PlaceReading]
    units: Sequence[str | None]

    def rank(self, composer: UnitComposer, i: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Rank the units of text ``i``."""
        return composer.rank(
            _row(self.functions, i), _row(self.flat, i), _row(self.jurisdictions, i), self.places[i], _BEST
        )


def fit_composer(table: UnitTable, texts: UnseenTexts) -> tuple[UnitComposer, PrecisionCurve]:
    """Learn weights and calibration; return the composer and its precision curve."""
    learnt = texts.flat is not None
    weights = _fit_weights(table, texts) if learnt else list(DIRECTORY_WEIGHTS)
    judged = [i for i, unit in enumerate(texts.units) if unit is not None]
    confidence, correct = _top_1(UnitComposer(table, weights), texts, judged)
    calibration = fit_top_calibration(confidence, correct)
    composer = UnitComposer(table, weights, calibration)
    return composer, PrecisionCurve.measure(*_top_1(composer, texts, judged))


def _fit_weights(table: UnitTable, texts: UnseenTexts) -> list[float]:
    composer = UnitComposer(table, [0.0] * len(FACTORS))
    number: dict[str, int] = {unit.name: i for i, unit in enumerate(table.units)}
    factors, chosen = [], []
    for i, name in enumerate(texts.units):
        if name is None or name not in number:
            continue
        row = number[name]
        rows = composer.slice_of(int(table.function[row]))
        if rows.stop - rows.start < 2:
            continue
        places = composer.place_factors(texts.places[i])
        factors.append(composer.factors(rows, _row(texts.flat, i), _row(texts.jurisdictions, i), places))
        chosen.append(row - rows.start)
    if len(factors) < _FEWEST:
        return list(_START)
    return [float(w) for w in fit_conditional_logit(factors, chosen, _START, _PULL)]


def _top_1(
    composer: UnitComposer, texts: UnseenTexts, judged: Sequence[int]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    confidence = np.zeros(len(judged), dtype=np.float32)
    correct = np.zeros(len(judged), dtype=bool)
    for position, i in enumerate(judged):
        rows, probabilities = texts.rank(composer, i)
        best = merge_names([composer.table.units[r] for r in rows], probabilities, 1)
        if best:
            confidence[position] = best[0].probability
            correct[position] = best[0].unit == texts.units[i]
    return confidence, correct


def _row(matrix: NDArray[np.float32] | None, i: int) -> NDArray[np.float32] | None:
    return None if matrix is None else matrix[i]
