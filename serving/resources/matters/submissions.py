"""``/submissions``: registering matters, listing them, and looking at one."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from fenban.model import Submission, mask

from ...accounts.actor import Actor
from ...desk.lists import listing, narrowing
from ...desk.matters import intake, suggesting, timeline
from ...http.dependencies import permitted
from ...http.problems import FieldError, InvalidFieldsError, responses
from ...http.service import GUARDED, Service, as_json
from ...store import audit
from ...store.base import now
from ...store.errors import NotFoundError
from ...store.tables.matters import SubmissionTextRow
from ..etags import etag_of
from ..fields import (
    Cursor,
    Id,
    Limit,
    Moment,
    PathId,
    PlainText,
    beginning_of,
    cursor_of,
    refused_cursor,
    values_of,
)
from ..writing import Change, New, made
from . import schemas
from . import shaping as matters
from .asking import ask, ask_if_possible

if TYPE_CHECKING:
    from ...desk.matters.desk import Desk
    from ...store.idempotency import Kept

router = APIRouter(prefix="/api/v1", tags=["办件"])
Reader = Annotated[Actor, Depends(permitted("matters.read"))]
_DAY = dt.timedelta(days=1)


@router.post(
    "/submissions",
    operation_id="registerSubmission",
    summary="登记一件",
    description="登记一件诉求或提案，问模型要分办建议，一并保存。模型没有应答时照样登记，suggestion 为空。",
    status_code=201,
    response_model=schemas.Registered,
    response_description="已登记",
    responses=responses(400, 401, 403, 413, 422, 503),
    openapi_extra=GUARDED,
)
async def register(asked: schemas.NewSubmission, request: Request, writing: New) -> Response:
    """Ask the model about the masked text, then write everything in one transaction."""
    service = Service.of(request)
    most = service.settings.max_text
    if len(asked.text) > most:
        raise InvalidFieldsError([FieldError(field="text", message=f"不能超过 {most} 个字符")])
    arrival = _arrival(asked, service.settings.jurisdiction)
    masked = _masked(arrival)
    found = await ask_if_possible(service, masked)
    vector = await run_in_threadpool(request.app.state.meaning.vector, masked)

    def work(desk: Desk) -> Kept:
        row, kept = intake.take_in(desk, arrival, found, vector)
        body = matters.matter(row, writing.actor, desk.deadlines)
        body["suggestion"] = matters.suggestion(kept) if kept else None
        return made(body, row)

    return await run_in_threadpool(writing.answer, work, "/api/v1/submissions/{id}")


def _arrival(asked: schemas.NewSubmission, jurisdiction: str | None) -> intake.Arrival:
    return intake.Arrival(
        text=asked.text,
        title=asked.title.strip(),
        form=asked.form,
        lane=asked.lane,
        channel=asked.channel or None,
        jurisdiction=asked.jurisdiction or jurisdiction,
        received_at=asked.received_at or now(),
        submitter=asked.submitter or None,
        contact=asked.contact or None,
        kind=asked.kind,
        accept=asked.accept,
    )


def _masked(arrival: intake.Arrival) -> Submission:
    return Submission(
        text=mask(arrival.text),
        title=mask(arrival.title),
        received_at=arrival.received_at.date(),
        jurisdiction=arrival.jurisdiction,
        form=arrival.form,
    )


@router.get(
    "/submissions",
    operation_id="listSubmissions",
    summary="列出办件",
    description=(
        "按条件列出办件，分页返回。deadline 时限近的在前（没有时限的在后），received、updated 新的在前。"
        "翻页用 next，期间有新办件也不会重复或遗漏。"
    ),
    response_model=schemas.MatterPage,
    response_description="成功",
    responses=responses(401, 403, 422, 503),
    openapi_extra=GUARDED,
)
def list_submissions(
    request: Request,
    actor: Reader,
    state: Annotated[
        list[str] | None, Query(max_length=20, description="状态，可以多个", examples=[["待派遣", "退单"]])
    ] = None,
    open: Annotated[bool | None, Query(description="true 只要还没办完的，false 只要已办完的")] = None,
    zone: Annotated[Literal["auto", "confirm", "manual"] | None, Query(description="分区")] = None,
    kind: Annotated[schemas.KindName | None, Query(description="complaint 诉求、proposal 提案")] = None,
    form: Annotated[schemas.Form | None, Query(description="形式")] = None,
    lane: Annotated[schemas.LaneName | None, Query(description="办理通道")] = None,
    unit: Annotated[PlainText | None, Query(max_length=200, description="主办单位")] = None,
    topic: Annotated[PlainText | None, Query(max_length=200, description="主题，或第一级主题")] = None,
    jurisdiction: Annotated[PlainText | None, Query(max_length=200, description="属地，含其下级")] = None,
    number: Annotated[PlainText | None, Query(max_length=20, description="办件编号")] = None,
    overdue: Annotated[bool | None, Query(description="是否还没办完且已超期")] = None,
    due_before: Annotated[Moment | None, Query(description="办理时限早于")] = None,
    received_from: Annotated[dt.date | None, Query(description="受理日期从（北京时间）")] = None,
    received_to: Annotated[dt.date | None, Query(description="受理日期到，含当日")] = None,
    merged_into: Annotated[Id | None, Query(description="并入某一件（id）的")] = None,
    q: Annotated[PlainText | None, Query(max_length=200, description="全文检索")] = None,
    mine: Annotated[bool, Query(description="只要我经手过的")] = False,
    sort: Annotated[listing.Sort, Query(description="顺序")] = "deadline",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Answer with one page."""
    service = Service.of(request)
    wanted = narrowing.Wanted(
        states=tuple(dict.fromkeys(state or ())),
        open=open,
        zone=zone,
        kind=kind,
        form=form,
        lane=lane,
        unit=unit,
        topic=topic,
        jurisdiction=jurisdiction,
        number=number,
        overdue=overdue,
        due_before=due_before,
        received_from=beginning_of(received_from) if received_from else None,
        received_to=beginning_of(received_to) + _DAY if received_to else None,
        merged_into=merged_into,
        q=q,
        mine=actor.label if mine else None,
    )
    with service.database.reading() as session:
        page = listing.listed(session, wanted, sort, limit, _after(cursor, sort))
    items = [matters.matter(row, actor, service.deadlines, _excerpt(text)) for row, text in page.rows]
    total = None if page.total is None else min(page.total, listing.MOST_COUNTED)
    following = page.next
    content = {
        "items": items,
        "next": _cursor(sort, following) if following else None,
        "total": total,
        "total_is_more": cursor is None and (page.total is None or page.total > listing.MOST_COUNTED),
    }
    return Response(as_json(content), media_type="application/json")


def _excerpt(text: str) -> str:
    return f"{text[: listing.EXCERPT]}…" if len(text) > listing.EXCERPT else text


def _cursor(sort: str, after: listing.After) -> str:
    return cursor_of(sort, after.value.isoformat() if after.value else None, after.id)


def _after(cursor: str | None, sort: str) -> listing.After | None:
    if cursor is None:
        return None
    values = values_of(cursor)
    try:
        ordered, value, last = values
        if ordered != sort or not isinstance(last, int) or not 0 < last < 2**31:
            raise refused_cursor()
        moment = dt.datetime.fromisoformat(value).astimezone(dt.UTC) if value is not None else None
    except (ValueError, TypeError, OverflowError) as error:
        raise refused_cursor() from error
    return listing.After(moment, last)


@router.get(
    "/submissions/{submission_id}",
    operation_id="getSubmission",
    summary="看一件",
    description="一件办件现在的样子，以及您可以办的各步。响应头 ETag 用于改动时的 If-Match。",
    response_model=schemas.Matter,
    response_description="成功",
    responses=responses(401, 403, 404, 422, 503),
    openapi_extra=GUARDED,
)
def get_submission(submission_id: PathId, request: Request, actor: Reader) -> Response:
    """Answer with the matter."""
    service = Service.of(request)
    with service.database.reading() as session:
        row = timeline.matter(session, submission_id)
        content = matters.matter(row, actor, service.deadlines)
    return Response(as_json(content), headers={"ETag": etag_of(row.version)}, media_type="application/json")


@router.get(
    "/submissions/{submission_id}/raw",
    operation_id="getRawText",
    summary="看原文",
    description="未遮蔽的原文和联系方式。每次查看都记入审计。已按期限清除的返回 404。",
    response_model=schemas.RawText,
    response_description="成功",
    responses=responses(401, 403, 404, 422, 503),
    openapi_extra=GUARDED,
)
def get_raw(
    submission_id: PathId, request: Request, actor: Annotated[Actor, Depends(permitted("matters.raw"))]
) -> Response:
    """Answer with the raw text, after a line of the audit says so."""
    with Service.of(request).database.writing() as session:
        timeline.matter(session, submission_id)
        row = session.get(SubmissionTextRow, submission_id)
        if row is None:
            raise NotFoundError("原文")
        content = {
            "title": row.title,
            "text": row.text,
            "submitter": row.submitter,
            "contact": row.contact,
        }
        audit.record(session, actor.label, "submission.raw", f"submission:{submission_id}")
    return Response(as_json(content), media_type="application/json")


@router.get(
    "/submissions/{submission_id}/timeline",
    operation_id="getTimeline",
    summary="看办理过程",
    description="登记以来的每一步：谁、什么时候、为什么、内容。只增不改。",
    response_model=schemas.Timeline,
    response_description="成功",
    responses=responses(401, 403, 404, 422, 503),
    openapi_extra=GUARDED,
)
def get_timeline(submission_id: PathId, request: Request, actor: Reader) -> Response:
    """Answer with all lines."""
    with Service.of(request).database.reading() as session:
        found = timeline.timeline(session, timeline.matter(session, submission_id))
    return Response(as_json({"items": found}), media_type="application/json")


@router.get(
    "/submissions/{submission_id}/suggestions",
    operation_id="listSuggestions",
    summary="看分办建议",
    description="模型为这一件给过的分办建议，最后一个是现在用的。",
    response_model=schemas.SuggestionList,
    response_description="成功",
    responses=responses(401, 403, 404, 422, 503),
    openapi_extra=GUARDED,
)
def list_suggestions(submission_id: PathId, request: Request, actor: Reader) -> Response:
    """Answer with all suggestions of the matter."""
    with Service.of(request).database.reading() as session:
        timeline.matter(session, submission_id)
        rows = timeline.suggestions(session, submission_id)
        content: dict[str, Any] = {"items": [matters.suggestion(row) for row in rows]}
    return Response(as_json(content), media_type="application/json")


@router.post(
    "/submissions/{submission_id}/suggestions",
    operation_id="renewSuggestion",
    summary="再问一次模型",
    description="例如换了模型以后。新的建议另存一条，旧的保留。",
    status_code=201,
    response_model=schemas.SuggestedMatter,
    response_description="已保存",
    responses=responses(401, 403, 404, 412, 422, 428, 429, 503),
    openapi_extra=GUARDED,
)
async def renew_suggestion(submission_id: PathId, request: Request, writing: Change) -> Response:
    """Read the matter, ask the model, and keep the answer if the matter has not changed meanwhile."""
    service = Service.of(request)

    def read() -> Submission:
        with service.database.reading() as session:
            return suggesting.as_submission(timeline.matter(session, submission_id))

    found = await ask(service, await run_in_threadpool(read))

    def work(desk: Desk) -> Kept:
        row = writing.matter(desk, submission_id)
        kept = suggesting.renew(desk, row, found)
        shown = matters.matter(row, writing.actor, desk.deadlines)
        return made({"suggestion": matters.suggestion(kept), "matter": shown}, row)

    return await run_in_threadpool(writing.answer, work)
