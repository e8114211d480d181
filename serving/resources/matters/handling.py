"""What becomes of a matter once decided: returns, transfers, merges, outcomes, evaluations, extensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from starlette.responses import Response  # noqa: TC002 - FastAPI reads the annotations

from ...desk.matters import merging, outcomes, returning, steps, timeline
from ...http.problems import responses
from ...http.service import GUARDED
from ..fields import PathId  # noqa: TC001 - FastAPI reads the annotations
from ..writing import Change, answer_for
from . import step_schemas as schemas
from .shaping import show_matter

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...desk.matters.desk import Desk
    from ...store.idempotency import Kept
    from ...store.tables.matters import Line, SubmissionRow
    from ..shown import Shown
    from ..writing import Writing

router = APIRouter(prefix="/api/v1/submissions/{submission_id}", tags=["办件"])
_POST: dict[str, Any] = {
    "status_code": 201,
    "response_description": "已记录",
    "responses": responses(400, 401, 403, 404, 409, 412, 413, 422, 428, 503),
    "openapi_extra": GUARDED,
}


def _answer(
    writing: Writing,
    submission_id: int,
    model: type[Shown],
    name: str,
    act: Callable[[Desk, SubmissionRow], Line | timeline.Extension],
) -> Response:
    """Do ``act`` with the matter; answer with ``model``: its line, under ``name``, and the matter."""

    def work(desk: Desk) -> Kept:
        row = writing.matter(desk, submission_id)
        line = act(desk, row)
        shown = {name: line, "matter": show_matter(row, writing.actor, desk.deadlines)}
        return answer_for(row, model.model_validate(shown))

    return writing.answer(work)


@router.post(
    "/returns",
    operation_id="returnSubmission",
    summary="退单",
    description="单位不接，退回重新派遣。",
    response_model=schemas.ReturnedMatter,
    **_POST,
)
def send_back(submission_id: PathId, asked: schemas.NewReturn, writing: Change) -> Response:
    """Take the matter back from its unit."""

    def act(desk: Desk, row: SubmissionRow) -> Line:
        return returning.send_back(desk, row, asked.reason, asked.why)

    return _answer(writing, submission_id, schemas.ReturnedMatter, "returned", act)


@router.post(
    "/transfers",
    operation_id="transferSubmission",
    summary="转办",
    description="由现在的单位直接转给另一个单位。",
    response_model=schemas.TransferredMatter,
    **_POST,
)
def transfer(submission_id: PathId, asked: schemas.NewTransfer, writing: Change) -> Response:
    """Hand the matter to another unit."""

    def act(desk: Desk, row: SubmissionRow) -> Line:
        return returning.transfer(desk, row, asked.to_unit, asked.why)

    return _answer(writing, submission_id, schemas.TransferredMatter, "transfer", act)


@router.post(
    "/merges",
    operation_id="mergeSubmission",
    summary="并案",
    description="并入另一件，随其办理；已并入这一件的一起过去。If-Match 是被并入的这一件的 ETag。",
    response_model=schemas.MergedMatter,
    **_POST,
)
def merge(submission_id: PathId, asked: schemas.NewMerge, writing: Change) -> Response:
    """Merge the matter into another, both locked in the order of their ids."""

    def work(desk: Desk) -> Kept:
        row, main = merging.load_both(desk, submission_id, asked.into)
        merged = merging.merge(desk, writing.unchanged(row), main, asked.why)
        shown = schemas.MergedMatter(
            merge=schemas.Merge.model_validate(merged),
            matter=show_matter(row, writing.actor, desk.deadlines),
            main=show_matter(main, writing.actor, desk.deadlines),
        )
        return answer_for(row, shown)

    return writing.answer(work)


@router.post(
    "/outcomes",
    operation_id="resolveSubmission",
    summary="办结（答复）",
    description="记下答复并办结。协商调解的办件，约定的事全部兑现后才能办结。并入的各件随之办结。",
    response_model=schemas.ResolvedMatter,
    **_POST,
)
def resolve(submission_id: PathId, asked: schemas.NewOutcome, writing: Change) -> Response:
    """Close the matter with the reply to the person."""

    def act(desk: Desk, row: SubmissionRow) -> Line:
        return outcomes.resolve(desk, row, asked.reply, resolved=asked.resolved)

    return _answer(writing, submission_id, schemas.ResolvedMatter, "outcome", act)


@router.post(
    "/evaluations",
    operation_id="evaluateSubmission",
    summary="评价",
    description="诉求人的评价，每次办结后一次。不满意的可以重办（steps：reopen）。",
    response_model=schemas.EvaluatedMatter,
    **_POST,
)
def evaluate(submission_id: PathId, asked: schemas.NewEvaluation, writing: Change) -> Response:
    """Register what the person says of the result."""

    def act(desk: Desk, row: SubmissionRow) -> Line:
        return outcomes.evaluate(desk, row, satisfied=asked.satisfied, score=asked.score, why=asked.why)

    return _answer(writing, submission_id, schemas.EvaluatedMatter, "evaluation", act)


@router.post(
    "/extensions",
    operation_id="extendSubmission",
    summary="延期",
    description="推迟办理时限，次数和长短按时限规则。",
    response_model=schemas.ExtendedMatter,
    **_POST,
)
def extend(submission_id: PathId, asked: schemas.NewExtension, writing: Change) -> Response:
    """Put off the deadline."""

    def act(desk: Desk, row: SubmissionRow) -> timeline.Extension:
        return timeline.describe_extension(steps.extend(desk, row, asked.until, asked.why))

    return _answer(writing, submission_id, schemas.ExtendedMatter, "extension", act)
