"""What history says of sending a matter to a unit: how often it returned such matters, and who took them.

Something is said only where it is no chance: at least five such matters in 90 days, and the lower
bound of Wilson's interval (1927, https://doi.org/10.1080/01621459.1927.10502953; one-sided, 95 %)
of the share returned is at least 0.3. Seven of nine have 0.50 and are told, three of five have 0.27
and are not: a clerk who is warned at every third unit soon reads no warning.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, func, select
from sqlalchemy.orm import aliased

from fenban.serving.store.base import now
from fenban.serving.store.matter_tables import DecisionRow, ReturnRow, SubmissionRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

DAYS = 90
FEWEST = 5
BOUND = 0.3
_Z = 1.645


@dataclass(frozen=True, slots=True)
class Risk:
    """A unit returned ``returned`` of ``of`` matters of a topic or, where these are few, of a function.

    Attributes:
        unit: which unit.
        returned: how many of the matters sent to it in ``days`` it returned.
        of: how many were sent to it.
        days: how far back was looked.
        what: the topic or function of these matters.
        reason: the commonest reason (one of ``states.RETURN_REASONS``).
        taken_by: the unit that has most of the returned ones now, and how many; None where nobody has.
    """

    unit: str
    returned: int
    of: int
    days: int
    what: str
    reason: str
    taken_by: tuple[str, int] | None


def risks(
    session: Session,
    units: Sequence[str],
    topic: str | None,
    function: str | None = None,
    at: dt.datetime | None = None,
) -> list[Risk]:
    """Return what is to be said of any of ``units`` for a matter of this topic and function."""
    since = (at or now()) - dt.timedelta(days=DAYS)
    found = (_risk(session, unit, topic, function, since) for unit in dict.fromkeys(units))
    return [risk for risk in found if risk is not None]


def _risk(
    session: Session, unit: str, topic: str | None, function: str | None, since: dt.datetime
) -> Risk | None:
    kinds = (("topic", topic), ("function", function))
    for column, what in kinds:
        if what is None:
            continue
        reasons = _returns(session, unit, getattr(ReturnRow, column) == what, since)
        if not reasons:
            continue
        such = getattr(DecisionRow, column) == what
        of = len(reasons) + _kept(session, unit, such, since, list(reasons))
        if of < FEWEST:
            continue
        if wilson_lower(len(reasons), of) < BOUND:
            return None  # enough such matters to know, and they stayed: nothing wider is asked
        reason = Counter(reasons.values()).most_common(1)[0][0]
        takers = _takers(session, unit, list(reasons))
        return Risk(unit, len(reasons), of, DAYS, what, reason, takers)
    return None


def _returns(session: Session, unit: str, such: ColumnElement[bool], since: dt.datetime) -> dict[int, str]:
    """Return the matters that a unit returned, and why."""
    query = select(ReturnRow.submission_id, ReturnRow.reason).where(
        ReturnRow.unit == unit, ReturnRow.at >= since, such
    )
    return {row.submission_id: row.reason for row in session.execute(query)}


def _kept(
    session: Session, unit: str, such: ColumnElement[bool], since: dt.datetime, returned: Sequence[int]
) -> int:
    """Count the other matters that were decided for a unit; a decision undone is none."""
    undoing = aliased(DecisionRow)
    query = (
        select(func.count(DecisionRow.submission_id.distinct()))
        .outerjoin(undoing, undoing.undoes == DecisionRow.id)
        .where(DecisionRow.lead_unit == unit, DecisionRow.at >= since, such)
        .where(and_(DecisionRow.undoes.is_(None), undoing.id.is_(None)))
        .where(DecisionRow.submission_id.not_in(returned))
    )
    return session.scalar(query) or 0


def _takers(session: Session, unit: str, ids: Sequence[int]) -> tuple[str, int] | None:
    """Return who has most of the matters now: in history, who took them in the end."""
    count = func.count().label("n")
    query = (
        select(SubmissionRow.lead_unit, count)
        .where(SubmissionRow.id.in_(ids), SubmissionRow.lead_unit != unit)
        .where(SubmissionRow.lead_unit.is_not(None))
        .group_by(SubmissionRow.lead_unit)
        .order_by(count.desc(), SubmissionRow.lead_unit)
        .limit(1)
    )
    first = session.execute(query).first()
    return (str(first.lead_unit), int(first.n)) if first else None


def wilson_lower(hits: int, of: int) -> float:
    """Return the lower bound (one-sided, 95 %) of a share of which ``hits`` of ``of`` were seen."""
    share, square = hits / of, _Z * _Z
    centre = share + square / (2 * of)
    spread = _Z * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    return (centre - spread) / (1 + square / of)
