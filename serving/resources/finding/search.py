"""``/search``: full-text search over all matters, with the piece of the text that shows why."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy import select

from ...accounts.actor import Actor
from ...http.dependencies import permitted
from ...http.problems import responses
from ...http.service import GUARDED, Service
from ...store.base import now
from ...store.search.index import find_newest
from ...store.search.query import LONGEST_QUERY, parse
from ...store.search.ranking import cut_passage, rank
from ...store.states import OPEN
from ...store.tables.matters import SubmissionRow
from ..fields import (
    Cursor,
    NearDay,
    PlainText,
    beginning_of,
    cursor_of,
    refused_cursor,
    row_in_cursor,
    values_of,
)
from . import search_schemas as schemas

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from fenban.model import Directory

    from ...store.search.query import Query as Words

router = APIRouter(prefix="/api/v1", tags=["检索"])
Reader = Annotated[Actor, Depends(permitted("matters.read"))]
_DAY = dt.timedelta(days=1)


@router.get(
    "/search",
    operation_id="searchSubmissions",
    summary="全文检索",
    description=(
        "在全部办件的标题、正文（已遮蔽）和编号中检索。空格分开的词都要出现，较长的词按词典切开；"
        "引号里的照原样连着出现；减号开头的不能出现；编号只写开头也行。繁简、全半角、大小写不分。"
        "relevance 最相关的在前，命中太多时只排最近的 300 件；newest 新登记的在前，可以一直翻下去。"
        "每件正文只检索前 2 万字。需要权限 matters.read。"
    ),
    response_model=schemas.SearchPage,
    response_description="成功",
    responses=responses(401, 403, 422, 503),
    openapi_extra=GUARDED,
)
def search_submissions(
    request: Request,
    _: Reader,
    q: Annotated[
        PlainText,
        Query(max_length=LONGEST_QUERY, description="检索词", examples=["路灯 -小区", "“拖欠工资”"]),
    ],
    state: Annotated[
        list[PlainText] | None, Query(max_length=20, description="状态，可以多个；open 表示全部未结")
    ] = None,
    unit: Annotated[PlainText | None, Query(max_length=200, description="主办单位的名称或别名")] = None,
    first: Annotated[NearDay | None, Query(alias="from", description="受理日期从（北京时间）")] = None,
    last: Annotated[NearDay | None, Query(alias="to", description="受理日期到，含当日")] = None,
    sort: Annotated[Literal["relevance", "newest"], Query(description="顺序")] = "relevance",
    limit: Annotated[int, Query(ge=1, le=100, description="每页个数")] = 20,
    cursor: Cursor = None,
) -> Any:
    """Answer with one page of hits, and how the query was read."""
    words = parse(q)
    service = Service.of(request)
    directory = service.directory()
    filters = _conditions(state, unit and _full_name(directory, unit), first, last)
    after = _read_cursor(cursor, sort)
    with service.database.reading() as session:
        search = _search_best if sort == "relevance" else _search_latest
        found = search(session, words, filters, after, limit)
        items = _hits(session, found.ids, words)
    return {
        "items": items,
        "next": found.next,
        "total": found.total,
        "complete": found.complete,
        "words": [term.text for term in words.terms],
        "without": [term.text for term in words.without],
        "units": _units_meant(directory, q),
    }


@dataclass(frozen=True, slots=True)
class _Found:
    """Ids of one page, and what the page says of the others."""

    ids: Sequence[int]
    next: str | None
    total: int | None
    complete: bool


def _conditions(
    states: list[str] | None, unit: str | None, first: dt.date | None, last: dt.date | None
) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if states:
        named = {state for state in states if state != "open"} | (OPEN if "open" in states else set())
        found.append(SubmissionRow.state.in_(sorted(named)))
    if unit:
        found.append(SubmissionRow.lead_unit == unit)
    if first:
        found.append(SubmissionRow.received_at >= beginning_of(first))
    if last:
        found.append(SubmissionRow.received_at < beginning_of(last) + _DAY)
    return found


def _full_name(directory: Directory, unit: str) -> str:
    """Return the unit's name where ``unit`` is an alias of one alone."""
    unit = unit.strip()
    called = {found.name for found in directory.units if unit in (found.name, *found.aliases)}
    return called.pop() if len(called) == 1 else unit


def _units_meant(directory: Directory, typed: str) -> list[str]:
    typed = typed.strip().strip('"“”')
    return sorted({unit.name for unit in directory.units if typed in (unit.name, *unit.aliases)})[:5]


def _read_cursor(cursor: str | None, sort: str) -> int | None:
    if cursor is None:
        return None
    values = values_of(cursor)
    if len(values) != 2 or values[0] != sort:
        raise refused_cursor()
    return row_in_cursor(values[1])


def _search_best(
    session: Session, words: Words, filters: list[ColumnElement[bool]], after: int | None, limit: int
) -> _Found:
    found = rank(session, words, filters)
    start = after or 0
    end = start + limit
    return _Found(
        ids=found.ids[start:end],
        next=cursor_of("relevance", end) if end < len(found.ids) else None,
        total=len(found.ids) if found.complete else None,
        complete=found.complete,
    )


def _search_latest(
    session: Session, words: Words, filters: list[ColumnElement[bool]], after: int | None, limit: int
) -> _Found:
    ids = find_newest(session, words, filters, limit + 1, before=after)
    more = len(ids) > limit
    return _Found(
        ids=ids[:limit],
        next=cursor_of("newest", ids[limit - 1]) if more else None,
        total=None if more or after else len(ids),
        complete=True,
    )


def _hits(session: Session, ids: Sequence[int], words: Words) -> list[schemas.Hit]:
    rows = {row.id: row for row in session.scalars(select(SubmissionRow).where(SubmissionRow.id.in_(ids)))}
    return [_hit(rows[one], words) for one in ids]


def _hit(row: SubmissionRow, words: Words) -> schemas.Hit:
    deadline = row.deadline_at
    return schemas.Hit.from_record(
        row,
        overdue=row.state in OPEN and deadline is not None and deadline < now(),
        title=cut_passage(row.title, words.terms, None),
        snippet=cut_passage(row.text, words.terms),
    )
