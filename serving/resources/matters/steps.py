"""``/submissions/{id}/steps``: the steps that need no more than a reason, and adding to the text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response  # noqa: TC002 - FastAPI reads the annotations

from ...desk.matters import intake, steps, suggesting, timeline
from ...http.problems import FieldError, InvalidFieldsError, responses
from ...http.service import GUARDED, Service
from ...store.base import now
from ..fields import PathId  # noqa: TC001 - FastAPI reads the annotations
from ..writing import Change, answer_for
from . import step_schemas as schemas
from .asking import ask_if_possible
from .schemas import TimelineEntry
from .shaping import show_matter

if TYPE_CHECKING:
    from fenban.model import Submission

    from ...desk.matters.desk import Desk
    from ...store.idempotency import Kept

router = APIRouter(prefix="/api/v1/submissions/{submission_id}", tags=["办件"])


@router.post(
    "/steps",
    operation_id="takeStep",
    summary="办一步",
    description="受理、要求补充、补充、立案、签收、重办等只需要理由的各步。补充以后重新问模型。",
    status_code=201,
    response_model=schemas.SteppedMatter,
    response_description="已记录",
    responses=responses(400, 401, 403, 404, 409, 412, 413, 422, 428, 503),
    openapi_extra=GUARDED,
)
async def take_step(
    submission_id: PathId, asked: schemas.NewStep, request: Request, writing: Change
) -> Response:
    """Take the step; for an addition, ask the model about the whole text first."""
    service = Service.of(request)
    text = (asked.text or "").strip()
    if (asked.action == "supplement") != bool(text):
        message = "补充的内容不能为空" if not text else "只有补充（supplement）才填"
        raise InvalidFieldsError([FieldError(field="text", message=message)])
    suggestion, vector = None, None
    if text:
        submission = await run_in_threadpool(_supplemented, service, submission_id, text)
        suggestion = await ask_if_possible(service, submission)
        vector = await run_in_threadpool(service.meaning.vector, submission)

    def work(desk: Desk) -> Kept:
        row = writing.matter(desk, submission_id)
        if text:
            intake.supplement(desk, row, text, suggestion, asked.why, vector)
        else:
            steps.PLAIN[asked.action](desk, row, asked.why)
        step = timeline.describe_step(row.kind, timeline.load_last_step(desk.session, row.id, asked.action))
        shown = schemas.SteppedMatter(
            step=TimelineEntry.model_validate(step),
            matter=show_matter(row, writing.actor, desk.deadlines),
        )
        return answer_for(row, shown)

    return await run_in_threadpool(writing.answer, work)


def _supplemented(service: Service, submission_id: int, text: str) -> Submission:
    with service.database.reading() as session:
        row = timeline.load_matter(session, submission_id)
        row.text = intake.add_supplement(row, text, now())
        return suggesting.build_submission(row)
