"""What history says of sending a matter to a unit: how often it returned such matters, and who took them.

Something is said only where it is no chance: at least five such matters in 90 days, and the lower
bound of Wilson's interval (1927, https://doi.org/10.1080/01621459.1927.10502953; one-sided, 95 %)
of the share returned is at least 0.3. Seven of nine have 0.50 and are told, three of five have 0.27
and are not: a clerk who is warned at every third unit soon reads no warning.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from ..base import now
from ..tables.matters import DecisionRow, ReturnRow, SubmissionRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Select
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


def find_risks(
    session: Session,
    units: Sequence[str],
    topic: str | None,
    function: str | None = None,
    at: dt.datetime | None = None,
) -> list[Risk]:
    """Return what is to be said of any of ``units`` for a matter of this topic and function."""
    since = (at or now()) - dt.timedelta(days=DAYS)
    found = (_judge_unit(session, unit, topic, function, since) for unit in dict.fromkeys(units))
    return [risk for risk in found if risk is not None]


def _judge_unit(
    session: Session, unit: str, topic: str | None, function: str | None, since: dt.datetime
) -> Risk | None:
    for column, what in (("topic", topic), ("function", function)):
        if what is None:
            continue
        history = _History(session, unit, column, what, since)
        returned, reason = history.returned()
        of = returned + history.kept(most=int(returned / BOUND)) if returned else 0
        if of < FEWEST:
            continue
        if compute_wilson_lower(returned, of) < BOUND:
            return None  # enough such matters to know, and they stayed: nothing wider is asked
        return Risk(unit, returned, of, DAYS, what, reason, history.taker())
    return None


class _History:
    """What became of the matters of one kind that a unit was sent."""

    def __init__(self, session: Session, unit: str, column: str, what: str, since: dt.datetime) -> None:
        self._session = session
        self._unit = unit
        self._sent = (
            DecisionRow.lead_unit == unit,
            DecisionRow.at >= since,
            getattr(DecisionRow, column) == what,
        )
        self._came_back = (
            ReturnRow.unit == unit,
            ReturnRow.at >= since,
            getattr(ReturnRow, column) == what,
        )

    def returned(self) -> tuple[int, str]:
        """Return how many matters came back, and the commonest reason."""
        matters = self._session.scalar(
            select(func.count(ReturnRow.submission_id.distinct())).where(*self._came_back)
        )
        count = func.count().label("n")
        reasons = select(ReturnRow.reason, count).where(*self._came_back).group_by(ReturnRow.reason)
        first = self._session.execute(reasons.order_by(count.desc(), ReturnRow.reason).limit(1)).first()
        return matters or 0, first.reason if first else ""

    def kept(self, most: int) -> int:
        """Count the other matters decided for the unit, as far as ``most``: beyond, nothing is told.

        A decision undone is none.
        """
        undoing = aliased(DecisionRow)
        others = (
            select(DecisionRow.submission_id)
            .outerjoin(undoing, undoing.undoes == DecisionRow.id)
            # an expression: SQLite would read all that undo nothing through the index over the column
            .where(*self._sent, func.coalesce(DecisionRow.undoes, 0) == 0, undoing.id.is_(None))
            .where(DecisionRow.submission_id.not_in(self._returned_ids()))
            .distinct()
            .limit(most)
        )
        return self._session.scalar(select(func.count()).select_from(others.subquery())) or 0

    def taker(self) -> tuple[str, int] | None:
        """Return who has most of the returned matters now: of settled ones, who took them in the end."""
        count = func.count().label("n")
        query = (
            select(SubmissionRow.lead_unit, count)
            .where(SubmissionRow.id.in_(self._returned_ids()))
            .where(SubmissionRow.lead_unit != self._unit)
            .group_by(SubmissionRow.lead_unit)
            .order_by(count.desc(), SubmissionRow.lead_unit)
            .limit(1)
        )
        first = self._session.execute(query).first()
        return (str(first.lead_unit), int(first.n)) if first else None

    def _returned_ids(self) -> Select[int]:
        return select(ReturnRow.submission_id).where(*self._came_back)


def compute_wilson_lower(hits: int, of: int) -> float:
    """Return the lower bound (one-sided, 95 %) of a share of which ``hits`` of ``of`` were seen."""
    share, square = hits / of, _Z * _Z
    centre = share + square / (2 * of)
    spread = _Z * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    return (centre - spread) / (1 + square / of)
