"""``/submissions/{id}/agreements``: what was agreed in mediation, and whether it has happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from starlette.responses import Response  # noqa: TC002 - FastAPI reads the annotations

from ...desk.matters import agreements, timeline
from ...http.problems import responses
from ...http.service import GUARDED
from ..fields import PathId  # noqa: TC001 - FastAPI reads the annotations
from ..writing import Change, answer_for
from . import step_schemas as schemas
from .shaping import show_matter

if TYPE_CHECKING:
    from ...desk.matters.desk import Desk
    from ...store.idempotency import Kept

router = APIRouter(prefix="/api/v1/submissions/{submission_id}/agreements", tags=["办件"])
_POST: dict[str, Any] = {
    "status_code": 201,
    "response_description": "已记录",
    "responses": responses(400, 401, 403, 404, 409, 412, 413, 422, 428, 503),
    "openapi_extra": GUARDED,
}


@router.post(
    "",
    operation_id="agree",
    summary="登记协商意见书",
    description="只用于协商调解的办件。约定的事全部兑现以前，办件不能办结。",
    response_model=schemas.AgreedMatter,
    **_POST,
)
def agree(submission_id: PathId, asked: schemas.NewAgreement, writing: Change) -> Response:
    """Register an agreement with its promises."""
    promises = [agreements.Promise(one.unit, one.what, one.due_on) for one in asked.promises]

    def work(desk: Desk) -> Kept:
        row = writing.matter(desk, submission_id)
        agreements.agree(desk, row, asked.text, asked.parties, promises)
        shown = schemas.AgreedMatter(
            agreement=schemas.Agreement.model_validate(timeline.load_agreements(desk.session, row.id)[-1]),
            matter=show_matter(row, writing.actor, desk.deadlines),
        )
        return answer_for(row, shown)

    return writing.answer(work)


@router.post(
    "/{agreement_id}/promises/{promise_id}/fulfilments",
    operation_id="fulfilPromise",
    summary="确认约定的事已兑现",
    description="逐项确认，并写明怎样确认的。",
    response_model=schemas.FulfilledMatter,
    **_POST,
)
def fulfil(
    submission_id: PathId,
    agreement_id: PathId,
    promise_id: PathId,
    asked: schemas.NewFulfilment,
    writing: Change,
) -> Response:
    """Note that a promise was kept."""

    def work(desk: Desk) -> Kept:
        row = writing.matter(desk, submission_id)
        line = agreements.fulfil(desk, row, agreement_id, promise_id, asked.why)
        shown = schemas.FulfilledMatter(
            fulfilment=schemas.Written.model_validate(line),
            matter=show_matter(row, writing.actor, desk.deadlines),
        )
        return answer_for(row, shown)

    return writing.answer(work)
