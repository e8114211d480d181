"""``/submissions/{id}/decisions``: deciding who deals with a matter, and undoing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response  # noqa: TC002 - FastAPI reads the annotations

from ...accounts.actor import Actor  # noqa: TC001 - FastAPI reads the annotations
from ...desk.matters import deciding, timeline
from ...http.dependencies import permitted
from ...http.problems import responses
from ...http.service import GUARDED, Service
from ...store.tables.matters import DecisionRow
from ..fields import PathId  # noqa: TC001 - FastAPI reads the annotations
from ..writing import Change, answer_for
from . import step_schemas as schemas
from .shaping import show_matter

if TYPE_CHECKING:
    from ...desk.matters.desk import Desk
    from ...store.idempotency import Kept

router = APIRouter(prefix="/api/v1/submissions/{submission_id}", tags=["办件"])
_CHANGES = responses(400, 401, 403, 404, 409, 412, 413, 422, 428, 503)


@router.post(
    "/decisions",
    operation_id="decide",
    summary="派遣（改派、交办）",
    description="决定由谁办理。别人先决定了的返回 412，其中 version 是现在的版本。",
    status_code=201,
    response_model=schemas.DecidedMatter,
    response_description="已派遣",
    responses=_CHANGES,
    openapi_extra=GUARDED,
)
def decide(submission_id: PathId, asked: schemas.NewDecision, writing: Change) -> Response:
    """Send the matter to a unit, over the version that the caller has seen."""
    choice = deciding.Choice(**{**asked.model_dump(), "co_units": tuple(asked.co_units)})

    def work(desk: Desk) -> Kept:
        row = writing.matter(desk, submission_id)
        decision = deciding.decide(desk, row, choice)
        until = decision.at + deciding.UNDO_WITHIN
        shown = schemas.DecidedMatter(
            decision=schemas.MadeDecision.from_record(decision, undo_until=until),
            matter=show_matter(row, writing.actor, desk.deadlines),
        )
        return answer_for(row, shown)

    return writing.answer(work)


@router.post(
    "/decisions/{decision_id}/undo",
    operation_id="undoDecision",
    summary="撤销刚作出的决定",
    description="十秒之内，由本人。记为新的一条，办件恢复到决定之前。",
    status_code=201,
    response_model=schemas.UndoneMatter,
    response_description="已撤销",
    responses=_CHANGES,
    openapi_extra=GUARDED,
)
def undo(
    submission_id: PathId, decision_id: PathId, writing: Change, asked: schemas.Undoing | None = None
) -> Response:
    """Take back one's own decision, within ten seconds."""

    def work(desk: Desk) -> Kept:
        row = writing.matter(desk, submission_id)
        shown = schemas.UndoneMatter(
            decision=schemas.Decision.model_validate(deciding.undo(desk, row, decision_id)),
            matter=show_matter(row, writing.actor, desk.deadlines),
        )
        return answer_for(row, shown)

    return writing.answer(work)


@router.get(
    "/decisions",
    operation_id="listDecisions",
    summary="看决定",
    description="这一件的全部决定和撤销。",
    response_model=schemas.DecisionList,
    response_description="成功",
    responses=responses(401, 403, 404, 422, 503),
    openapi_extra=GUARDED,
)
def list_decisions(
    submission_id: PathId, request: Request, actor: Annotated[Actor, Depends(permitted("matters.read"))]
) -> Any:
    """Answer with all decisions of the matter."""
    with Service.of(request).database.reading() as session:
        timeline.load_matter(session, submission_id)
        return {"items": timeline.load_lines(session, DecisionRow, submission_id)}
