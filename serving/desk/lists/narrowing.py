"""What a list of matters is narrowed to, in a form that stays fast on either database.

Whatever few matters have in common (a unit, a rare word) is looked up first, in an index of its own.
What many have is compared while the matters are read in order, in an index that knows it all: then
the first page is full soon. SQLite guesses badly which is which, so it is counted, up to a bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, false, func, or_, select, union

from ...store import states
from ...store.base import now
from ...store.search import index as search
from ...store.tables.matters import SubmissionRow, TransitionRow

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import InstrumentedAttribute, Session

FEW = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which matters are wanted; what is None or empty does not count.

    Attributes:
        states: any of them.
        open: whether still to be dealt with.
        unit: lead unit, of either side of a border.
        topic: a path, or its first level.
        jurisdiction: a path; those below it count.
        overdue: whether open beyond the deadline.
        due_before, received_from, received_to: moments; the last is not included.
        merged_into: the main matter.
        q: what the full-text search looks for.
        mine: label of whoever took a step in it.
    """

    states: tuple[str, ...] = ()
    open: bool | None = None
    zone: str | None = None
    kind: str | None = None
    form: str | None = None
    lane: str | None = None
    unit: str | None = None
    topic: str | None = None
    jurisdiction: str | None = None
    number: str | None = None
    overdue: bool | None = None
    due_before: dt.datetime | None = None
    received_from: dt.datetime | None = None
    received_to: dt.datetime | None = None
    merged_into: int | None = None
    q: str | None = None
    mine: str | None = None


@dataclass(slots=True)
class Narrowed:
    """Conditions over ``SubmissionRow``, and whether what fits can be counted soon."""

    where: list[ColumnElement[bool]]
    countable: bool = True


def narrow(session: Session, wanted: Wanted) -> Narrowed:
    """Return the conditions that say which matters are wanted.

    Raises:
        UnreadableQueryError: ``q`` cannot be searched for.
    """
    row = SubmissionRow
    found = Narrowed(_plain(wanted) + _moments(wanted))
    if wanted.unit:
        # two indexes; an "or" over both columns would use neither
        either = (row.lead_unit == wanted.unit, row.other_lead_unit == wanted.unit)
        found.where.append(row.id.in_(union(*(select(row.id).where(side) for side in either))))
    for path, column in ((wanted.topic, row.topic), (wanted.jurisdiction, row.jurisdiction)):
        if path:
            found.where.append(_at_or_below(session, column, path))
    if wanted.mine:
        _add_mine(session, found, wanted.mine)
    if wanted.q:
        _add_words(session, found, wanted.q)
    if wanted.open or wanted.overdue:
        found.countable = True  # what waits on the table is never that much
    return found


def _plain(wanted: Wanted) -> list[ColumnElement[bool]]:
    row = SubmissionRow
    found: list[ColumnElement[bool]] = []
    for name in ("zone", "kind", "form", "lane", "number", "merged_into"):
        value = getattr(wanted, name)
        if value is not None:
            found.append(getattr(row, name) == value)
    open_ = wanted.open
    if wanted.states:
        kinds = (wanted.kind,) if wanted.kind else tuple(states.FIRST)
        possible = [
            state for state in wanted.states if any(state in states.states_of(kind) for kind in kinds)
        ]
        if not possible:
            return [false()]
        found.append(row.state.in_(possible))
        if open_ is None:  # it follows from the states, and the open ones have an index of their own
            ends = {state in states.CLOSED for state in possible}
            open_ = None if len(ends) == 2 else not ends.pop()
    if open_ is not None:
        found.append(row.closed_at.is_(None) if open_ else row.closed_at.is_not(None))
    return found


def _at_or_below(session: Session, column: InstrumentedAttribute[Any], path: str) -> ColumnElement[bool]:
    """A path and what lies below it: a range, as whatever begins with ``path/`` sorts before ``path0``."""
    inside = and_(
        column >= path,
        column < f"{path}0",
        or_(column == path, column.startswith(f"{path}/", autoescape=True)),
    )
    if not _is_sqlite(session) or _is_few(session, select(SubmissionRow.id).where(inside), FEW):
        return inside
    anywhere = column.concat("")  # no index of its own serves an expression, and this one should not
    return or_(anywhere == path, and_(anywhere > f"{path}/", anywhere < f"{path}0"))


def _add_mine(session: Session, found: Narrowed, label: str) -> None:
    mine = select(TransitionRow.submission_id).where(TransitionRow.by == label)
    if _is_few(session, mine, FEW):
        found.where.append(SubmissionRow.id.in_(mine))
        return
    found.where.append(mine.where(TransitionRow.submission_id == SubmissionRow.id).exists())
    found.countable = False


def _add_words(session: Session, found: Narrowed, q: str) -> None:
    if search.is_common(session, q):
        found.where.append(search.build_condition(q))
        found.countable = False
    else:
        found.where.append(SubmissionRow.id.in_(search.select_matching(session, q)))


def _is_few(session: Session, ids: Select[int], most: int) -> bool:
    bounded = ids.limit(most + 1).subquery()
    return session.execute(select(func.count()).select_from(bounded)).scalar_one() <= most


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _moments(wanted: Wanted) -> list[ColumnElement[bool]]:
    row = SubmissionRow
    found: list[ColumnElement[bool]] = []
    if wanted.overdue:
        found += [row.closed_at.is_(None), row.deadline_at < now()]
    elif wanted.overdue is not None:
        found.append(or_(row.closed_at.is_not(None), row.deadline_at.is_(None), row.deadline_at >= now()))
    if wanted.due_before:
        found.append(row.deadline_at < wanted.due_before)
    if wanted.received_from:
        found.append(row.received_at >= wanted.received_from)
    if wanted.received_to:
        found.append(row.received_at < wanted.received_to)
    return found
