"""Suggestions in the names that count today: a model keeps the directory it was trained with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...store.errors import RefusedError

if TYPE_CHECKING:
    import datetime as dt

    from fenban.model import Directory


class EndedUnitError(RefusedError):
    """A unit has ended and nobody took over."""

    def __init__(self, name: str) -> None:
        super().__init__(f"“{name}”已停用，请选现在承办这类事的单位。")


def current_name(directory: Directory, name: str, day: dt.date) -> str:
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


def brought_up_to_date(answer: dict[str, Any], directory: Directory, day: dt.date) -> dict[str, Any]:
    """Return a suggestion, as ``Suggestion.as_dict()`` gives it, with units as they are called on ``day``.

    A unit that was renamed or merged gets its successor's name and says what the model calls it
    (``formerly``); where two became one, their probabilities are added. One that has ended with
    nobody to take over keeps its name and is marked ``ended``.
    """
    for key in ("lead_units", "co_units"):
        found: dict[str, dict[str, Any]] = {}
        for unit in answer[key]:
            now = _today(unit, directory, day)
            same = found.get(now["unit"])
            if same is None:
                found[now["unit"]] = now
            else:
                same["probability"] = round(min(1.0, same["probability"] + now["probability"]), 4)
        answer[key] = sorted(found.values(), key=lambda unit: -unit["probability"])
    return answer


def _today(unit: dict[str, Any], directory: Directory, day: dt.date) -> dict[str, Any]:
    name = unit["unit"]
    heir = directory.successor(name, day)
    if heir is not None:
        return {
            **unit,
            "unit": heir.name,
            "function": heir.function,
            "jurisdiction": heir.jurisdiction,
            "formerly": name,
        }
    return {**unit, "ended": True} if has_ended(directory, name, day) else unit
