"""Lists of matters: filters, three orders, and pages that stay stable while matters come and go.

A page goes on after the last row of the page before (by its sort value and id), so that no page
costs more than the first, and none repeats or skips a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import and_, exists, func, or_, select, tuple_
from sqlalchemy.orm import defer

from fenban.serving.store import search
from fenban.serving.store.base import now
from fenban.serving.store.matter_tables import SubmissionRow, TransitionRow

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import InstrumentedAttribute, Session

Sort = Literal["deadline", "received", "updated"]
MOST_COUNTED = 10_000
EXCERPT = 300  # characters of a text that a list shows


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


@dataclass(frozen=True, slots=True)
class After:
    """The last row of the page before: its sort value (None: no deadline) and its id."""

    value: dt.datetime | None
    id: int


@dataclass(frozen=True, slots=True)
class Page:
    """Rows with the beginnings of their texts, where the next page begins, and how many there are.

    ``total`` is only counted for the first page, and up to ``MOST_COUNTED`` (one more says: beyond).
    """

    rows: list[tuple[SubmissionRow, str]]
    next: After | None
    total: int | None


def listed(session: Session, wanted: Wanted, sort: Sort, limit: int, after: After | None = None) -> Page:
    """Return a page of matters.

    Args:
        session: a reading session.
        wanted: which.
        sort: by ``deadline`` the nearest first, those without one last; else the latest first.
        limit: rows of a page.
        after: where it begins.

    Raises:
        UnreadableQueryError: ``q`` cannot be searched for.
    """
    where = conditions(session, wanted)
    groups: Sequence[tuple[str, ...]] = [()]
    if wanted.states:
        groups = [(state,) for state in wanted.states]
    # one state at a time can be read in order from its index; the heads of all are then merged
    found = [row for states in groups for row in _in_order(session, where, states, sort, limit + 1, after)]
    found.sort(key=lambda pair: _key(pair[0], sort))
    rows = found[:limit]
    last = rows[-1][0] if rows else None
    rest = After(_value(last, sort), last.id) if last and len(found) > limit else None
    return Page(rows, rest, None if after else _count(session, where, wanted.states))


def _in_order(
    session: Session,
    where: list[ColumnElement[bool]],
    states: tuple[str, ...],
    sort: Sort,
    limit: int,
    after: After | None,
) -> list[tuple[SubmissionRow, str]]:
    column = _column(sort)
    chosen = [*where, *(SubmissionRow.state == state for state in states)]
    beginning = func.substr(SubmissionRow.text, 1, EXCERPT + 1)
    query = select(SubmissionRow, beginning).options(defer(SubmissionRow.text)).where(*chosen)
    found: list[tuple[SubmissionRow, str]] = []
    if after is None or after.value is not None:
        ordered = query.where(column.is_not(None))
        if sort == "deadline":
            ordered = ordered.order_by(column, SubmissionRow.id)
        else:
            ordered = ordered.order_by(column.desc(), SubmissionRow.id.desc())
        found = [(row, text) for row, text in session.execute(_beyond(ordered, sort, after).limit(limit))]
    if sort == "deadline" and len(found) < limit:
        last = after.id if after is not None and after.value is None else 0
        without = query.where(column.is_(None), SubmissionRow.id > last).order_by(SubmissionRow.id)
        found += [(row, text) for row, text in session.execute(without.limit(limit - len(found)))]
    return found


def _beyond(query: Any, sort: Sort, after: After | None) -> Any:
    if after is None:
        return query
    here, there = tuple_(_column(sort), SubmissionRow.id), (after.value, after.id)
    return query.where(here > there if sort == "deadline" else here < there)


def _column(sort: Sort) -> InstrumentedAttribute[Any]:
    return {
        "deadline": SubmissionRow.deadline_at,
        "received": SubmissionRow.received_at,
        "updated": SubmissionRow.updated_at,
    }[sort]


def _value(row: SubmissionRow, sort: Sort) -> dt.datetime | None:
    return {"deadline": row.deadline_at, "received": row.received_at, "updated": row.updated_at}[sort]


def _key(row: SubmissionRow, sort: Sort) -> tuple[float, int]:
    value = _value(row, sort)
    seconds = value.timestamp() if value else float("inf")
    return (seconds, row.id) if sort == "deadline" else (-seconds, -row.id)


def _count(session: Session, where: list[ColumnElement[bool]], states: tuple[str, ...]) -> int:
    chosen = [*where, SubmissionRow.state.in_(states)] if states else where
    bounded = select(SubmissionRow.id).where(*chosen).limit(MOST_COUNTED + 1).subquery()
    return session.execute(select(func.count()).select_from(bounded)).scalar_one()


def conditions(session: Session, wanted: Wanted) -> list[ColumnElement[bool]]:
    """Return the conditions over ``SubmissionRow`` except those on the state.

    Raises:
        UnreadableQueryError: ``q`` cannot be searched for.
    """
    row = SubmissionRow
    found: list[ColumnElement[bool]] = []
    for name in ("zone", "kind", "form", "lane", "number", "merged_into"):
        value = getattr(wanted, name)
        if value is not None:
            found.append(getattr(row, name) == value)
    if wanted.open is not None:
        found.append(row.closed_at.is_(None) if wanted.open else row.closed_at.is_not(None))
    if wanted.unit:
        found.append(or_(row.lead_unit == wanted.unit, row.other_lead_unit == wanted.unit))
    for path, column in ((wanted.topic, row.topic), (wanted.jurisdiction, row.jurisdiction)):
        if path:
            found.append(_at_or_below(column, path))
    found += _moments(wanted)
    if wanted.q:
        found.append(row.id.in_(search.matching(session, wanted.q)))
    if wanted.mine:
        found.append(exists().where(TransitionRow.submission_id == row.id, TransitionRow.by == wanted.mine))
    return found


def _at_or_below(column: Any, path: str) -> ColumnElement[bool]:
    """A range that an index answers: everything that begins with ``path/`` sorts before ``path0``."""
    return or_(column == path, and_(column > f"{path}/", column < f"{path}0"))


def _moments(wanted: Wanted) -> list[ColumnElement[bool]]:
    row = SubmissionRow
    found: list[ColumnElement[bool]] = []
    if wanted.overdue is not None:
        late = and_(row.closed_at.is_(None), row.deadline_at < now())
        found.append(late if wanted.overdue else or_(row.closed_at.is_not(None), row.deadline_at >= now()))
    if wanted.due_before:
        found.append(row.deadline_at < wanted.due_before)
    if wanted.received_from:
        found.append(row.received_at >= wanted.received_from)
    if wanted.received_to:
        found.append(row.received_at < wanted.received_to)
    return found
