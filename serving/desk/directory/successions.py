"""Suggestions in the names that count today: a model keeps the directory it was trained with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fenban.model import RankedUnit

from ...store.errors import RefusedError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from fenban.model import Directory, Suggestion


@dataclass(frozen=True, slots=True)
class SuccessorUnit(RankedUnit):
    """A suggested unit that took over from the one that the model knows, which is ``formerly``."""

    formerly: str = ""


@dataclass(frozen=True, slots=True)
class EndedUnit(RankedUnit):
    """A suggested unit that has ended with nobody to take over."""

    ended: bool = True


class EndedUnitError(RefusedError):
    """A unit has ended and nobody took over."""

    def __init__(self, name: str) -> None:
        super().__init__(f"“{name}”已停用，请选现在承办这类事的单位。")


def find_current_name(directory: Directory, name: str, day: dt.date) -> str:
    """Return who stands for the unit ``name`` of the directory on ``day``: itself, or who took over.

    Raises:
        EndedUnitError: it has ended and nobody took over.
    """
    heir = directory.successor(name, day)
    if heir is not None:
        return heir.name
    if has_ended(directory, name, day):
        raise EndedUnitError(name)
    return name


def has_ended(directory: Directory, name: str, day: dt.date) -> bool:
    """Whether all entries of a unit ended before ``day``; a unit has one for each function and place."""
    known = directory.unit(name)
    if known is None or known.valid_until is None or known.valid_until >= day:
        return False
    return all(
        unit.valid_until is not None and unit.valid_until < day
        for unit in directory.units
        if unit.name == name
    )


def bring_up_to_date(suggestion: Suggestion, directory: Directory, day: dt.date) -> Suggestion:
    """Return a suggestion with units as they are called on ``day``.

    A unit that was renamed or merged becomes a ``SuccessorUnit``; where two became one, their
    probabilities are added. One that has ended with nobody to take over becomes an ``EndedUnit``.
    """
    return replace(
        suggestion,
        lead_units=_current(suggestion.lead_units, directory, day),
        co_units=_current(suggestion.co_units, directory, day),
    )


def _current(units: Sequence[RankedUnit], directory: Directory, day: dt.date) -> tuple[RankedUnit, ...]:
    found: dict[str, RankedUnit] = {}
    for unit in units:
        today = _today(unit, directory, day)
        same = found.get(today.unit)
        if same is not None:
            total = round(min(1.0, same.probability + today.probability), 4)
            today = replace(same, probability=total)
        found[today.unit] = today
    return tuple(sorted(found.values(), key=lambda unit: -unit.probability))


def _today(unit: RankedUnit, directory: Directory, day: dt.date) -> RankedUnit:
    heir = directory.successor(unit.unit, day)
    if heir is not None:
        return SuccessorUnit(
            heir.name, heir.function, heir.jurisdiction, unit.probability, unit.trial, formerly=unit.unit
        )
    if has_ended(directory, unit.unit, day):
        return EndedUnit(unit.unit, unit.function, unit.jurisdiction, unit.probability, unit.trial)
    return unit
