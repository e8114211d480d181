"""Suggestions in the names that count today: a model keeps the directory it was trained with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import datetime as dt

    from fenban.model.directory import Directory


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
    known = directory.unit(name)
    heir = directory.successor(name, day)
    if heir is not None:
        return {
            **unit,
            "unit": heir.name,
            "function": heir.function,
            "jurisdiction": heir.jurisdiction,
            "formerly": name,
        }
    ended = known is not None and known.valid_until is not None and known.valid_until < day
    # an office of several entries may go on with another of them
    if ended and not any(other.name == name and other.valid_on(day) for other in directory.units):
        return {**unit, "ended": True}
    return unit
