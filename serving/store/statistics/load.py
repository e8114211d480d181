"""Figures of what is on the table: open and overdue matters, how long they take, and hot topics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..states import OPEN
from .counts import (
    MOST_UNITS,
    SETTLED,
    Period,
    Span,
    compute_share,
    count_values,
    day_of,
    find_period_starts,
    group_counts,
    name_of,
    states_as_codes,
)
from .facts import DAY, UNKNOWN, Facts

if TYPE_CHECKING:
    import datetime as dt

    from numpy.typing import NDArray

WEEKS = 8
MOST_TOPICS = 20
_BEFORE = 4  # weeks that the last one is held against
_SOON = 3  # days


def count_workload(facts: Facts, span: Span, at: dt.datetime, period: Period = "week") -> dict[str, Any]:
    """Return what is open, by state and by unit, what was closed, how long it took, who was satisfied."""
    matters = span.of(facts, ("lead",))
    seconds = int(at.timestamp())
    is_open = np.isin(matters["state"], states_as_codes(facts, OPEN))
    overdue = is_open & (matters["deadline"] < seconds)
    soon = is_open & ~overdue & (matters["deadline"] < seconds + _SOON * DAY)
    asked = matters["satisfied"] != UNKNOWN
    return {
        "received": len(matters),
        "open": int(is_open.sum()),
        "overdue": int(overdue.sum()),
        "soon": int(soon.sum()),
        "states": sorted(
            (
                {"state": name_of(facts, key), "n": n, "overdue": late}
                for key, n, late in group_counts(matters["state"], overdue)
            ),
            key=lambda state: (-state["n"], state["state"]),
        ),
        "evaluated": int(asked.sum()),
        "satisfied": int((matters["satisfied"] == 1).sum()),
        "satisfaction": compute_share((matters["satisfied"] == 1).sum(), asked.sum()),
        **_measure_days_taken(facts, matters),
        "periods": _count_in_and_out(matters, period),
        "units": _count_by_unit(facts, matters, is_open, overdue),
    }


def _measure_days_taken(facts: Facts, matters: NDArray[Any]) -> dict[str, Any]:
    settled = matters[
        np.isin(matters["state"], states_as_codes(facts, SETTLED)) & (matters["closed"] != UNKNOWN)
    ]
    if not len(settled):
        return {"closed": 0, "median_days": None, "ninth_decile_days": None}
    median, late = np.quantile(settled["hours"], [0.5, 0.9]) / 24
    return {
        "closed": len(settled),
        "median_days": round(float(median), 1),
        "ninth_decile_days": round(float(late), 1),
    }


def _count_in_and_out(matters: NDArray[Any], period: Period) -> list[dict[str, Any]]:
    received = dict(count_values(find_period_starts(matters["day"], period)))
    closed = dict(count_values(find_period_starts(matters["closed"][matters["closed"] != UNKNOWN], period)))
    return [
        {"start": day_of(key), "received": received.get(key, 0), "closed": closed.get(key, 0)}
        for key in sorted(received.keys() | closed.keys())
    ]


def _count_by_unit(
    facts: Facts, matters: NDArray[Any], is_open: NDArray[np.bool_], overdue: NDArray[np.bool_]
) -> list[dict[str, Any]]:
    with_unit = is_open & (matters["lead"] != UNKNOWN)
    groups = group_counts(matters["lead"][with_unit], overdue[with_unit])
    return [
        {"unit": name_of(facts, key), "open": n, "overdue": late}
        for key, n, late in sorted(groups, key=lambda group: (-group[2], -group[1]))[:MOST_UNITS]
    ]


def count_topics(facts: Facts, span: Span, today: dt.date) -> dict[str, Any]:
    """Return the topics of the last seven days that grew most over the four weeks before.

    Weeks end on the span's last day (today where it has none). Topics are ranked by how far the last
    week lies above the mean of the weeks before, in standard deviations of a Poisson count.
    """
    last = min(span.last or today, today)
    ends = int(np.datetime64(last, "D").astype(np.int64))
    matters = Span(None, last, span.unit).of(facts, ("lead", "suggested"))
    weeks_ago = (ends - matters["day"]) // 7
    recent = (weeks_ago < WEEKS) & (matters["topic"] != UNKNOWN)
    names, place = np.unique(matters["topic"][recent], return_inverse=True)
    table = np.zeros((len(names), WEEKS), dtype=np.int64)
    np.add.at(table, (place, WEEKS - 1 - weeks_ago[recent]), 1)
    before = table[:, -1 - _BEFORE : -1].mean(axis=1)
    rise = (table[:, -1] - before) / np.sqrt(before + 1)
    order = np.argsort(-rise, kind="stable")[:MOST_TOPICS]
    return {
        "weeks": [day_of(ends - 7 * (WEEKS - i) + 1) for i in range(WEEKS)],
        "topics": [
            {
                "topic": name_of(facts, int(names[i])),
                "n": int(table[i, -1]),
                "before": round(float(before[i]), 1),
                "growth": round(float(table[i, -1] / before[i] - 1), 2) if before[i] else None,
                "rise": round(float(rise[i]), 2),
                "weekly": table[i].tolist(),
            }
            for i in order
            if table[i, -1]
        ],
    }
