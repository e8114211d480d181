"""Composing units: P(unit) = sum over functions of P(function) x P(unit | function, place, text).

A unit is mostly a function at a place. Within one function the units compete by a conditional
logit (McFadden, 1974) over five things: the margin of a flat classifier of units, what the words
say about the place (a classifier of jurisdictions), whether the text names the unit's place or one
that encloses it, and how often the unit has handled anything. Which of these exist depends on the
cases a model was trained on; the weights are learnt on texts the classifiers had not seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fenban.model.calibration import TopCalibration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fenban.model.directory import Unit
    from fenban.model.places import PlaceReading

FACTORS = ("flat", "jurisdiction", "named", "encloses", "frequency")
DIRECTORY_WEIGHTS = (0.0, 0.0, 7.0, 5.0, 0.7)  # where places and the directory must do alone
MAX_FUNCTIONS = 10
_CLOSENESS = (1.0, 0.25)  # of the place right around the one named, and of the next
_ENOUGH = 0.995


@dataclass(frozen=True, slots=True)
class UnitTable:
    """Units sorted by function, with the columns of the classifiers that know them (-1: none)."""

    units: tuple[Unit, ...]
    function: NDArray[np.int32]
    flat: NDArray[np.int32]
    jurisdiction: NDArray[np.int32]
    log_frequency: NDArray[np.float32]

    @classmethod
    def build(
        cls,
        units: Sequence[Unit],
        functions: Sequence[str],
        flat_classes: Sequence[str],
        jurisdictions: Sequence[str],
        counts: dict[str, int],
    ) -> UnitTable:
        """Sort ``units`` by function; ``counts`` says how many known cases each unit handled."""
        number = {name: i for i, name in enumerate(functions)}
        ordered = sorted(
            (unit for unit in units if not functions or unit.function in number),
            key=lambda unit: (number.get(unit.function or "", 0), unit.name),
        )
        flat = {name: i for i, name in enumerate(flat_classes)}
        places = {name: i for i, name in enumerate(jurisdictions)}
        return cls(
            tuple(ordered),
            np.array([number.get(unit.function or "", 0) for unit in ordered], dtype=np.int32),
            np.array([flat.get(unit.name, -1) for unit in ordered], dtype=np.int32),
            np.array([places.get(unit.jurisdiction or "", -1) for unit in ordered], dtype=np.int32),
            np.log([1.0 + counts.get(unit.name, 0) for unit in ordered]).astype(np.float32),
        )


class UnitComposer:
    """Ranks units from the probabilities of functions and what a text says about the place."""

    def __init__(
        self,
        table: UnitTable,
        weights: Sequence[float] | NDArray[np.float32],
        calibration: TopCalibration | None = None,
    ) -> None:
        self.table = table
        self.weights = np.asarray(weights, dtype=np.float32)
        self.calibration = calibration or TopCalibration()
        n_functions = int(table.function.max()) + 1 if len(table.function) else 0
        self._bounds = np.searchsorted(table.function, np.arange(n_functions + 1))
        self._at: dict[str, list[int]] = {}
        for i, unit in enumerate(table.units):
            if unit.jurisdiction:
                self._at.setdefault(unit.jurisdiction, []).append(i)

    def slice_of(self, function: int) -> slice:
        """Return the rows of the table that belong to the function of this number."""
        if function + 1 >= len(self._bounds):
            return slice(0, 0)
        return slice(int(self._bounds[function]), int(self._bounds[function + 1]))

    def place_factors(self, reading: PlaceReading) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
        """Return for every unit whether the text names its place, and how closely it encloses one."""
        if not reading.places:
            return None
        named = np.zeros(len(self.table.units), dtype=np.float32)
        encloses = np.zeros(len(self.table.units), dtype=np.float32)
        for place in reading.places:
            named[self._at.get(place.path, [])] = 1
            for closeness, path in zip(_CLOSENESS, place.parents, strict=False):
                rows = self._at.get(path, [])
                encloses[rows] = np.maximum(encloses[rows], closeness)
        return named, encloses

    def factors(
        self,
        rows: slice,
        flat: NDArray[np.float32] | None,
        jurisdiction: NDArray[np.float32] | None,
        places: tuple[NDArray[np.float32], NDArray[np.float32]] | None,
    ) -> NDArray[np.float32]:
        """Return the (units of ``rows``, 5) matrix of factors, in the order of ``FACTORS``."""
        table = self.table
        out = np.zeros((rows.stop - rows.start, len(FACTORS)), dtype=np.float32)
        if flat is not None:
            out[:, 0] = _pick(flat, table.flat[rows], float(flat.min()))
        if jurisdiction is not None:
            out[:, 1] = _pick(jurisdiction, table.jurisdiction[rows], -6.0)
        if places is not None:
            out[:, 2] = places[0][rows]
            out[:, 3] = places[1][rows]
        out[:, 4] = table.log_frequency[rows]
        return out

    def rank(
        self,
        functions: NDArray[np.float32] | None,
        flat: NDArray[np.float32] | None,
        jurisdiction: NDArray[np.float32] | None,
        reading: PlaceReading,
        top: int,
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the rows of the best ``top`` units (more where names tie) and their probabilities.

        ``functions`` are calibrated probabilities (None: all units are of one kind), ``flat`` the
        margins of the flat classifier, ``jurisdiction`` log-probabilities; one text at a time.
        """
        if not self.table.units:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        places = self.place_factors(reading)
        found: list[NDArray[np.int64]] = []
        shares: list[NDArray[np.float32]] = []
        for function, probability in _likely(functions):
            rows = self.slice_of(function)
            if rows.stop == rows.start:
                continue
            logits = self.factors(rows, flat, jurisdiction, places) @ self.weights
            powers = np.exp(logits - logits.max())
            found.append(np.arange(rows.start, rows.stop))
            shares.append(powers * np.float32(probability / powers.sum()))
        if not found:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        units, probabilities = np.concatenate(found), np.concatenate(shares)
        if len(probabilities) > 1:
            probabilities = self.calibration.apply(probabilities[None, :])[0]
        kept = min(len(units), max(4 * top, 12))
        best = np.argpartition(-probabilities, kept - 1)[:kept]
        best = best[np.lexsort((units[best], -probabilities[best]))]
        return units[best], probabilities[best]


def _pick(values: NDArray[np.float32], columns: NDArray[np.int32], absent: float) -> NDArray[np.float32]:
    return np.where(columns >= 0, values[np.maximum(columns, 0)], np.float32(absent))


def _likely(functions: NDArray[np.float32] | None) -> list[tuple[int, float]]:
    if functions is None:
        return [(0, 1.0)]
    order = np.argsort(-functions, kind="stable")[:MAX_FUNCTIONS]
    likely: list[tuple[int, float]] = []
    covered = 0.0
    for function in order:
        likely.append((int(function), float(functions[function])))
        covered += float(functions[function])
        if covered >= _ENOUGH and len(likely) >= 3:
            break
    return likely
