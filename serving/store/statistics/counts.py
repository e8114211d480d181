"""Figures over the facts: how often the first address was right, what people changed, what came back.

Everything here is a sum over arrays of ``Facts``; nothing asks the database. Shares are None where
nothing was counted.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..states import OPEN
from .facts import UNKNOWN, Facts, select_matters

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

Period = Literal["week", "month"]
SETTLED = ("办结", "答复", "评价")  # somebody answered for it; 并案 and 不予受理 say nothing of the address
MOST_PAIRS = 15
MOST_UNITS = 20
MOST_MODELS = 10
_INSTEAD = 3
_EPOCH = dt.date(1970, 1, 1)
_MONDAY = 4  # 1970-01-05


@dataclass(frozen=True, slots=True)
class Span:
    """Which matters count: received from ``first`` to ``last``, both included, and of which unit."""

    first: dt.date | None = None
    last: dt.date | None = None
    unit: str | None = None

    def of(self, facts: Facts, unit_columns: Iterable[str]) -> NDArray[Any]:
        """Return the matters of the span; the unit may be in any of ``unit_columns``."""
        matters = facts.matters
        keep = np.ones(len(matters), dtype=bool)
        if self.first:
            keep &= matters["day"] >= (self.first - _EPOCH).days
        if self.last:
            keep &= matters["day"] <= (self.last - _EPOCH).days
        if self.unit is not None:
            code = facts.names.codes.get(self.unit, len(facts.names.names))
            keep &= np.logical_or.reduce([matters[name] == code for name in unit_columns])
        return matters[keep]


def compute_share(part: float, whole: float) -> float | None:
    """Return a share to four places; None of nothing."""
    return round(float(part) / float(whole), 4) if whole else None


def day_of(number: int) -> str:
    """Return the date of a day's number."""
    return (_EPOCH + dt.timedelta(days=int(number))).isoformat()


def find_period_starts(days: NDArray[np.int32], period: Period) -> NDArray[np.int64]:
    """Return the first day of the week (Monday) or month that each day is in."""
    if period == "week":
        return days.astype(np.int64) - (days - _MONDAY) % 7
    months = days.astype("datetime64[D]").astype("datetime64[M]")
    return months.astype("datetime64[D]").astype(np.int64)


def states_as_codes(facts: Facts, states: Iterable[str]) -> list[int]:
    """Return the numbers of the states that occur."""
    return [facts.names.codes[state] for state in states if state in facts.names.codes]


def name_of(facts: Facts, code: int) -> str | None:
    """Return the name of a number; None for UNKNOWN."""
    return None if code == UNKNOWN else facts.names.names[code]


def count_values(values: NDArray[Any]) -> list[tuple[int, int]]:
    """Return each value with how often it occurs, the most frequent first."""
    groups = group_counts(values, np.zeros(len(values), dtype=bool))
    return sorted(((value, n) for value, n, _ in groups), key=lambda group: (-group[1], group[0]))


def group_counts(keys: NDArray[Any], flags: NDArray[np.bool_]) -> list[tuple[int, int, int]]:
    """Return for each key, in order: the key, how many rows it has, and how many of them are flagged.

    Keys are numbers of names or days, close together: counting them needs no sorting.
    """
    if not len(keys):
        return []
    least = int(keys.min())
    place = keys.astype(np.int64) - least
    counts, flagged = np.bincount(place), np.bincount(place[flags], minlength=int(place.max()) + 1)
    return [(int(k) + least, int(counts[k]), int(flagged[k])) for k in np.flatnonzero(counts)]


def count_accuracy(facts: Facts, span: Span, period: Period = "week") -> dict[str, Any]:
    """Return how often the first address was right, over settled matters that somebody decided.

    Right means that the unit decided first is the one that settled the matter, and that it was
    neither returned nor transferred on the way. Matters still open are counted as pending.
    """
    decided = span.of(facts, ("first",))
    decided = decided[decided["first"] != UNKNOWN]
    settled = decided[np.isin(decided["state"], states_as_codes(facts, SETTLED))]
    final = np.where(settled["final"] == UNKNOWN, settled["lead"], settled["final"])
    right = (settled["first"] == final) & (settled["moves"] == 0)
    pending = np.isin(decided["state"], states_as_codes(facts, OPEN))
    zones = group_counts(settled["zone"], right)
    models = sorted(group_counts(settled["model"], right), key=lambda group: -group[1])[:MOST_MODELS]
    return {
        "settled": len(settled),
        "right": int(right.sum()),
        "rate": compute_share(right.sum(), len(settled)),
        "pending": int(pending.sum()),
        "periods": [
            {"start": day_of(key), **_build_rate(n, hits)}
            for key, n, hits in group_counts(find_period_starts(settled["day"], period), right)
        ],
        "zones": [{"zone": name_of(facts, key), **_build_rate(n, hits)} for key, n, hits in zones],
        "models": [{"model": name_of(facts, key), **_build_rate(n, hits)} for key, n, hits in models],
    }


def _build_rate(n: int, right: int) -> dict[str, Any]:
    return {"settled": n, "right": right, "rate": compute_share(right, n)}


def count_overrides(facts: Facts, span: Span, period: Period = "week") -> dict[str, Any]:
    """Return how often people decided other than the suggestion's first, by unit and by period."""
    decided = span.of(facts, ("suggested", "first"))
    decided = decided[(decided["first"] != UNKNOWN) & (decided["suggested"] != UNKNOWN)]
    other = decided["first"] != decided["suggested"]
    units = sorted(group_counts(decided["suggested"], other), key=lambda group: (-group[2], -group[1]))
    return {
        "decided": len(decided),
        "overridden": int(other.sum()),
        "rate": compute_share(other.sum(), len(decided)),
        "periods": [
            {"start": day_of(key), **_build_overridden(n, changed)}
            for key, n, changed in group_counts(find_period_starts(decided["day"], period), other)
        ],
        "zones": [
            {"zone": name_of(facts, key), **_build_overridden(n, changed)}
            for key, n, changed in group_counts(decided["zone"], other)
        ],
        "units": [
            {
                "unit": name_of(facts, key),
                **_build_overridden(n, changed),
                "instead": [
                    {"unit": name_of(facts, to), "n": times}
                    for to, times in count_values(decided["first"][other & (decided["suggested"] == key)])[
                        :_INSTEAD
                    ]
                ],
            }
            for key, n, changed in units[:MOST_UNITS]
            if changed
        ],
    }


def _build_overridden(n: int, changed: int) -> dict[str, Any]:
    return {"decided": n, "overridden": changed, "rate": compute_share(changed, n)}


def count_returns(facts: Facts, span: Span) -> dict[str, Any]:
    """Return what was sent back: by whom, why, and who took it in the end.

    The one who took it is the unit of the outcome, else the unit that has it now if that is another.
    """
    matters = Span(span.first, span.last).of(facts, ())
    lines = facts.returns[np.isin(facts.returns["id"], matters["id"])]
    if span.unit is not None:
        lines = lines[lines["unit"] == facts.names.codes.get(span.unit, len(facts.names.names))]
    of = select_matters(facts, lines["id"])
    taken = np.where(
        of["final"] != UNKNOWN, of["final"], np.where(of["lead"] != lines["unit"], of["lead"], UNKNOWN)
    )
    pairs, counts = np.unique(np.stack([lines["unit"], taken], axis=1), axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    senders = [key for key, _ in count_values(lines["unit"])[:MOST_PAIRS]]
    of_senders = taken[np.isin(lines["unit"], senders) & (taken != UNKNOWN)]
    takers = [key for key, _ in count_values(of_senders)[:MOST_PAIRS]]
    number = {(int(a), int(b)): int(n) for (a, b), n in zip(pairs, counts, strict=True)}
    return {
        "returns": len(lines),
        "matters": len(np.unique(lines["id"])),
        "decided": int((matters["first"] != UNKNOWN).sum()) if span.unit is None else None,
        "reasons": [{"reason": name_of(facts, key), "n": n} for key, n in count_values(lines["reason"])],
        "pairs": [
            {"from": name_of(facts, pairs[i][0]), "to": name_of(facts, pairs[i][1]), "n": int(counts[i])}
            for i in order[: 2 * MOST_PAIRS]
        ],
        "from": [name_of(facts, key) for key in senders],
        "to": [name_of(facts, key) for key in takers],
        "matrix": [[number.get((a, b), 0) for b in takers] for a in senders],
    }
