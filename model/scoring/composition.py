"""Composing units: P(unit) = sum over functions of P(function) x P(unit | function, place, text).

A unit is mostly a function at a place. Within one function the units compete by a conditional
logit (McFadden, 1974) over the factors below. Which of them exist depends on the cases a model was
trained on and on the parts it has; a factor that says nothing adds nothing. The weights are learnt
on texts the classifiers had not seen.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from .calibration import TopCalibration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from ..directory import Unit
    from ..reading.local_places import LocalPlaces
    from ..reading.places import PlaceReading

Matrix: TypeAlias = "NDArray[np.float32]"

DIRECTORY_WEIGHTS = {"named": 7.0, "encloses": 5.0, "frequency": 0.7}  # places and directory alone
_CLOSENESS = (1.0, 0.25)  # of the place right around the one named, and of the next
_UNKNOWN_PLACE = -6.0  # log-probability of a place that the classifier of jurisdictions never saw


@dataclass(frozen=True, slots=True)
class TextSignals:
    """What is known of a batch of texts; None where nothing is. Rows are in the order of ``places``.

    ``functions`` are calibrated probabilities (texts, functions); None where all units are of one
    kind. ``flat`` are margins (texts, unit classes), ``jurisdiction`` log-probabilities (texts,
    jurisdiction classes), by the columns that the table of units names. ``taught`` are log-ratios
    (texts, paths of the composer's taught places). All others are (texts, units), in the order of
    the table's units.
    """

    places: Sequence[PlaceReading]
    functions: Matrix | None = None
    flat: Matrix | None = None
    jurisdiction: Matrix | None = None
    taught: Matrix | None = None

    def __len__(self) -> int:
        return len(self.places)

    def rows(self, start: int, stop: int) -> TextSignals:
        """Return the signals of the texts from ``start`` up to ``stop``."""
        values: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        parts = {name: value[start:stop] for name, value in values.items() if value is not None}
        return TextSignals(**parts)


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
        weights: Mapping[str, float],
        calibration: TopCalibration | None = None,
        taught: LocalPlaces | None = None,
    ) -> None:
        """Weights are by the name of a factor; a factor without one counts for nothing."""
        unknown = sorted(set(weights) - set(FACTORS))
        if unknown:
            raise ValueError(f"unknown factors of units: {', '.join(unknown)}")
        self.table: UnitTable = table
        self.weights = {name: float(weights[name]) for name in FACTORS if weights.get(name)}
        self.calibration = calibration or TopCalibration()
        self.taught = taught
        where = {path: i for i, path in enumerate(taught.paths if taught else ())}
        paths = [unit.jurisdiction or "" for unit in table.units]
        self.taught_place: NDArray[np.int32] = np.array([where.get(p, -1) for p in paths], dtype=np.int32)
        around = [path.rpartition("/")[0] for path in paths]
        self.taught_around: NDArray[np.int32] = np.array([where.get(p, -1) for p in around], dtype=np.int32)
        # where each function's units begin, and the number of the function's block for every unit
        self._begins = np.flatnonzero(np.diff(table.function, prepend=-1))
        self._block = np.cumsum(np.diff(table.function, prepend=-1) > 0) - 1
        self._at: dict[str, list[int]] = {}
        for i, unit in enumerate(table.units):
            if unit.jurisdiction:
                self._at.setdefault(unit.jurisdiction, []).append(i)

    def slice_of(self, function: int) -> slice:
        """Return the rows of the table that belong to the function of this number."""
        begin, end = np.searchsorted(self.table.function, (function, function + 1))
        return slice(int(begin), int(end))

    def named(self, places: Sequence[PlaceReading]) -> Matrix:
        """Return (texts, units): 1 where a text names the unit's place."""
        out = np.zeros((len(places), len(self.table.units)), dtype=np.float32)
        for row, reading in zip(out, places, strict=True):
            for place in reading.places:
                row[self._at.get(place.path, [])] = 1
        return out

    def encloses(self, places: Sequence[PlaceReading]) -> Matrix:
        """Return (texts, units): how closely the unit's place encloses one that a text names."""
        out = np.zeros((len(places), len(self.table.units)), dtype=np.float32)
        for row, reading in zip(out, places, strict=True):
            for place in reading.places:
                for closeness, path in zip(_CLOSENESS, place.parents, strict=False):
                    units = self._at.get(path, [])
                    row[units] = np.maximum(row[units], closeness)
        return out

    def factor(self, name: str, signals: TextSignals) -> Matrix | None:
        """Return the factor of this name, (texts, units) or (1, units); None where it says nothing."""
        return _FACTORS[name](self, signals)

    def factors(self, signals: TextSignals, text: int, units: slice) -> Matrix:
        """Return the (units of the slice, factors) matrix of one text, in the order of ``FACTORS``."""
        one = signals.rows(text, text + 1)
        out = np.zeros((units.stop - units.start, len(FACTORS)), dtype=np.float32)
        for column, name in enumerate(FACTORS):
            values = self.factor(name, one)
            if values is not None:
                out[:, column] = values[0, units]
        return out

    def probabilities(self, signals: TextSignals) -> Matrix:
        """Return the calibrated (texts, units) probabilities."""
        logits = np.zeros((len(signals), len(self.table.units)), dtype=np.float32)
        for name, weight in self.weights.items():
            values = self.factor(name, signals)
            if values is not None:
                logits += np.float32(weight) * values
        logits -= np.maximum.reduceat(logits, self._begins, axis=1)[:, self._block]
        powers = np.exp(logits, out=logits)
        shares = 1 / np.add.reduceat(powers, self._begins, axis=1)
        if signals.functions is not None:
            shares *= signals.functions[:, self.table.function[self._begins]]
        powers *= shares[:, self._block]
        return self.calibration.apply(powers)

    def rank(self, signals: TextSignals, top: int) -> list[tuple[NDArray[np.int64], Matrix]]:
        """Return for every text the rows of its best units and their probabilities.

        At least ``top`` units and some more, because units of one name are one addressee.
        """
        n = len(self.table.units)
        if not n:
            return [(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)) for _ in range(len(signals))]
        probabilities = self.probabilities(signals)
        kept = min(n, max(4 * top, 12))
        ranked = []
        for row, best in zip(
            probabilities, np.argpartition(-probabilities, kept - 1, axis=1)[:, :kept], strict=True
        ):
            best = best[np.lexsort((best, -row[best]))]
            ranked.append((best, row[best]))
        return ranked


def _by_column(values: Matrix | None, columns: NDArray[np.int32], absent: float | None) -> Matrix | None:
    """Spread columns of a classifier over the units; without ``absent`` the rest get the row's lowest."""
    if values is None:
        return None
    rest = values.min(axis=1, keepdims=True) if absent is None else np.float32(absent)
    spread: Matrix = np.where(columns >= 0, values[:, np.maximum(columns, 0)], rest)
    return spread


# a factor to add: a field of ``TextSignals`` and a line here
_FACTORS: dict[str, Callable[[UnitComposer, TextSignals], Matrix | None]] = {
    "flat": lambda c, s: _by_column(s.flat, c.table.flat, None),
    "jurisdiction": lambda c, s: _by_column(s.jurisdiction, c.table.jurisdiction, _UNKNOWN_PLACE),
    "named": lambda c, s: c.named(s.places),
    "encloses": lambda c, s: c.encloses(s.places),
    "frequency": lambda c, s: c.table.log_frequency[None, :],
    "taught_place": lambda c, s: _by_column(s.taught, c.taught_place, 0.0),
    "taught_around": lambda c, s: _by_column(s.taught, c.taught_around, 0.0),
}
FACTORS = tuple(_FACTORS)
