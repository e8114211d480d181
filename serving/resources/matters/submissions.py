"""``/submissions``: registering matters, listing them, and looking at one."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response  # noqa: TC002 - FastAPI reads the annotations

from ...accounts.actor import Actor
from ...desk.lists import listing
from ...desk.matters import intake, suggesting, timeline
from ...http.dependencies import permitted
from ...http.problems import FieldError, InvalidFieldsError, responses
from ...http.service import GUARDED, Service
from ...store import audit
from ...store.base import now
from ...store.errors import NotFoundError
from ...store.tables.matters import SubmissionTextRow
from ..etags import etag_of
from ..fields import PathId, cursor_of, refused_cursor, row_in_cursor, values_of
from ..writing import Change, New, answer_for
from . import schemas
from .asking import ask, ask_if_possible
from .list_query import ListQuery  # noqa: TC001 - FastAPI reads the annotations
from .shaping import show_matter, show_registered

if TYPE_CHECKING:
    from fenban.model import Submission

    from ...desk.matters.desk import Desk
    from ...store.idempotency import Kept

router = APIRouter(prefix="/api/v1", tags=["办件"])
Reader = Annotated[Actor, Depends(permitted("matters.read"))]


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
    suggestion = await ask_if_possible(service, arrival.masked)
    # the encoder has just read this very text and remembers its vector
    vector = await run_in_threadpool(service.meaning.vector, arrival.masked)

    def work(desk: Desk) -> Kept:
        row, kept = intake.take_in(desk, arrival, suggestion, vector)
        return answer_for(row, show_registered(row, kept, writing.actor, desk.deadlines))

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
def list_submissions(request: Request, actor: Reader, asked: Annotated[ListQuery, Query()]) -> Any:
    """Answer with one page of matters, their texts cut to what a list shows."""
    service = Service.of(request)
    after = _read_cursor(asked.cursor, asked.sort)
    with service.database.reading() as session:
        page = listing.list_matters(session, asked.wanted(actor), asked.sort, asked.limit, after)
        items = [show_matter(row, actor, service.deadlines, _cut(text)) for row, text in page.rows]
    total = None if page.total is None else min(page.total, listing.MOST_COUNTED)
    return {
        "items": items,
        "next": _write_cursor(asked.sort, page.next) if page.next else None,
        "total": total,
        "total_is_more": after is None and (page.total is None or page.total > listing.MOST_COUNTED),
    }


def _cut(text: str) -> str:
    return f"{text[: listing.EXCERPT]}…" if len(text) > listing.EXCERPT else text


def _write_cursor(sort: str, after: listing.After) -> str:
    return cursor_of(sort, after.value.isoformat() if after.value else None, after.id)


def _read_cursor(cursor: str | None, sort: listing.Sort) -> listing.After | None:
    if cursor is None:
        return None
    try:
        ordered, value, last = values_of(cursor)
        moment = dt.datetime.fromisoformat(value).astimezone(dt.UTC) if value is not None else None
    except (ValueError, TypeError, OverflowError) as error:
        raise refused_cursor() from error
    if ordered != sort or (moment is None and sort != "deadline"):  # only deadlines may be missing
        raise refused_cursor()
    return listing.After(moment, row_in_cursor(last))


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
def get_submission(
    submission_id: PathId, request: Request, response: Response, actor: Reader
) -> schemas.Matter:
    """Answer with the matter, and its version as the ETag."""
    service = Service.of(request)
    with service.database.reading() as session:
        row = timeline.load_matter(session, submission_id)
        response.headers["ETag"] = etag_of(row.version)
        return show_matter(row, actor, service.deadlines)


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
) -> Any:
    """Answer with the raw text, after a line of the audit says so."""
    with Service.of(request).database.writing() as session:
        timeline.load_matter(session, submission_id)
        row = session.get(SubmissionTextRow, submission_id)
        if row is None:
            raise NotFoundError("原文")
        audit.record(session, actor.label, "submission.raw", f"submission:{submission_id}")
        return schemas.RawText.model_validate(row)


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
def get_timeline(submission_id: PathId, request: Request, actor: Reader) -> Any:
    """Answer with every step so far, the first one first."""
    with Service.of(request).database.reading() as session:
        return {"items": timeline.load_timeline(session, timeline.load_matter(session, submission_id))}


@router.get(
    "/submissions/{submission_id}/suggestions",
    operation_id="listSuggestions",
    summary="看分办建议",
    description="模型为这一件给过的分办建议，最后一个是现在用的。",
    response_model=schemas.SuggestionList,
    response_model_exclude_unset=True,
    response_description="成功",
    responses=responses(401, 403, 404, 422, 503),
    openapi_extra=GUARDED,
)
def list_suggestions(submission_id: PathId, request: Request, actor: Reader) -> Any:
    """Answer with all suggestions of the matter."""
    with Service.of(request).database.reading() as session:
        timeline.load_matter(session, submission_id)
        return {"items": timeline.load_suggestions(session, submission_id)}


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

    submission = await run_in_threadpool(_as_submission, service, submission_id)
    suggestion = await ask(service, submission)

    def work(desk: Desk) -> Kept:
        row = writing.matter(desk, submission_id)
        kept = suggesting.renew(desk, row, suggestion)
        shown = schemas.SuggestedMatter(
            suggestion=schemas.KeptSuggestion.model_validate(kept),
            matter=show_matter(row, writing.actor, desk.deadlines),
        )
        return answer_for(row, shown)

    return await run_in_threadpool(writing.answer, work)


def _as_submission(service: Service, submission_id: int) -> Submission:
    with service.database.reading() as session:
        return suggesting.build_submission(timeline.load_matter(session, submission_id))
