"""Lists of matters: filters, three orders, and pages that stay stable while matters come and go.

A page goes on after the last row of the page before (by its sort value and id), so that no page
costs more than the first, and none repeats or skips a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import defer

from ...store.tables.matters import SubmissionRow
from .narrowing import Narrowed, Wanted, narrow

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import InstrumentedAttribute, Session

Sort = Literal["deadline", "received", "updated"]
MOST_COUNTED = 10_000
EXCERPT = 300  # characters of a text that a list shows


@dataclass(frozen=True, slots=True)
class After:
    """The last row of the page before: its sort value (None: no deadline) and its id."""

    value: dt.datetime | None
    id: int


@dataclass(frozen=True, slots=True)
class Page:
    """Rows with the beginnings of their texts, where the next page begins, and how many there are.

    ``total`` is only counted for the first page, and up to ``MOST_COUNTED`` (one more says: beyond);
    None where counting would take long.
    """

    rows: list[tuple[SubmissionRow, str]]
    next: After | None
    total: int | None


def list_matters(
    session: Session, wanted: Wanted, sort: Sort, limit: int, after: After | None = None
) -> Page:
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
    found = narrow(session, wanted)
    ids = _in_order(session, found.where, sort, limit + 1, after)
    rows = _rows(session, ids[:limit])
    last = rows[-1][0] if rows else None
    rest = After(_value(last, sort), last.id) if last and len(ids) > limit else None
    return Page(rows, rest, None if after else _total(session, found, len(ids), limit))


def _in_order(
    session: Session, where: list[ColumnElement[bool]], sort: Sort, limit: int, after: After | None
) -> list[int]:
    """Return ids alone: an index gives them, and the rows are only read for those that are shown."""
    column = _column(sort)
    query = select(SubmissionRow.id).where(*where)
    if sort != "deadline":
        ordered = query.order_by(column.desc(), SubmissionRow.id.desc())
        return list(session.scalars(_beyond(ordered, sort, after).limit(limit)))
    found: list[int] = []
    if after is None or after.value is not None:
        ordered = query.where(column.is_not(None)).order_by(column, SubmissionRow.id)
        found = list(session.scalars(_beyond(ordered, sort, after).limit(limit)))
    if len(found) < limit:
        last = after.id if after is not None and after.value is None else 0
        without = query.where(column.is_(None), SubmissionRow.id > last).order_by(SubmissionRow.id)
        found += session.scalars(without.limit(limit - len(found)))
    return found


def _beyond(query: Any, sort: Sort, after: After | None) -> Any:
    if after is None:
        return query
    here, there = tuple_(_column(sort), SubmissionRow.id), (after.value, after.id)
    return query.where(here > there if sort == "deadline" else here < there)


def _rows(session: Session, ids: list[int]) -> list[tuple[SubmissionRow, str]]:
    beginning = func.substr(SubmissionRow.text, 1, EXCERPT + 1)
    query = (
        select(SubmissionRow, beginning).options(defer(SubmissionRow.text)).where(SubmissionRow.id.in_(ids))
    )
    found = {row.id: (row, text) for row, text in session.execute(query)}
    return [found[one] for one in ids]


def _column(sort: Sort) -> InstrumentedAttribute[Any]:
    return {
        "deadline": SubmissionRow.deadline_at,
        "received": SubmissionRow.received_at,
        "updated": SubmissionRow.updated_at,
    }[sort]


def _value(row: SubmissionRow, sort: Sort) -> dt.datetime | None:
    return {"deadline": row.deadline_at, "received": row.received_at, "updated": row.updated_at}[sort]


def _total(session: Session, found: Narrowed, seen: int, limit: int) -> int | None:
    if seen <= limit:
        return seen
    if not found.countable:
        return None
    bounded = select(SubmissionRow.id).where(*found.where).limit(MOST_COUNTED + 1).subquery()
    return session.execute(select(func.count()).select_from(bounded)).scalar_one()
