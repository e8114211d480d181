"""The lists of what was done with one matter, a resource for each kind of line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Request

from ...accounts.actor import Actor
from ...desk.matters import timeline
from ...http.dependencies import permitted
from ...http.problems import responses
from ...http.service import GUARDED, Service
from ...store.tables.matters import EvaluationRow, MergeRow, OutcomeRow, ReturnRow, TransferRow
from ..fields import PathId  # noqa: TC001 - FastAPI reads the annotations
from . import step_schemas as schemas

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.orm import Session

    from ...store.tables.matters import Line

router = APIRouter(prefix="/api/v1/submissions/{submission_id}", tags=["办件"])
Reader = Annotated[Actor, Depends(permitted("matters.read"))]
_GET: dict[str, Any] = {
    "response_description": "成功",
    "responses": responses(401, 403, 404, 422, 503),
    "openapi_extra": GUARDED,
}


def _read(
    request: Request, submission_id: int, read: Callable[[Session, int], Sequence[object]]
) -> dict[str, Sequence[object]]:
    with Service.of(request).database.reading() as session:
        timeline.load_matter(session, submission_id)
        return {"items": read(session, submission_id)}


def _read_lines(request: Request, submission_id: int, table: type[Line]) -> dict[str, Sequence[object]]:
    return _read(request, submission_id, lambda session, one: timeline.load_lines(session, table, one))


@router.get(
    "/returns",
    operation_id="listReturns",
    summary="看退单",
    description="这一件的全部退单。",
    response_model=schemas.ReturnList,
    **_GET,
)
def list_returns(submission_id: PathId, request: Request, actor: Reader) -> Any:
    """Answer with all returns."""
    return _read_lines(request, submission_id, ReturnRow)


@router.get(
    "/transfers",
    operation_id="listTransfers",
    summary="看转办",
    description="这一件的全部转办。",
    response_model=schemas.TransferList,
    **_GET,
)
def list_transfers(submission_id: PathId, request: Request, actor: Reader) -> Any:
    """Answer with all transfers."""
    return _read_lines(request, submission_id, TransferRow)


@router.get(
    "/merges",
    operation_id="listMerges",
    summary="看并案",
    description="这一件并入了哪些件；并入这一件的见 GET /submissions?merged_into=。",
    response_model=schemas.MergeList,
    **_GET,
)
def list_merges(submission_id: PathId, request: Request, actor: Reader) -> Any:
    """Answer with all merges."""
    return _read_lines(request, submission_id, MergeRow)


@router.get(
    "/outcomes",
    operation_id="listOutcomes",
    summary="看办理结果",
    description="这一件的全部办理结果；重办过的有多个。",
    response_model=schemas.OutcomeList,
    **_GET,
)
def list_outcomes(submission_id: PathId, request: Request, actor: Reader) -> Any:
    """Answer with all outcomes."""
    return _read_lines(request, submission_id, OutcomeRow)


@router.get(
    "/evaluations",
    operation_id="listEvaluations",
    summary="看评价",
    description="这一件的全部评价。",
    response_model=schemas.EvaluationList,
    **_GET,
)
def list_evaluations(submission_id: PathId, request: Request, actor: Reader) -> Any:
    """Answer with all evaluations."""
    return _read_lines(request, submission_id, EvaluationRow)


@router.get(
    "/extensions",
    operation_id="listExtensions",
    summary="看延期",
    description="这一件的全部延期。",
    response_model=schemas.ExtensionList,
    **_GET,
)
def list_extensions(submission_id: PathId, request: Request, actor: Reader) -> Any:
    """Answer with all extensions."""
    return _read(request, submission_id, timeline.load_extensions)


@router.get(
    "/agreements",
    operation_id="listAgreements",
    summary="看协商意见书",
    description="这一件的全部协商意见书，及约定的事兑现了没有。",
    response_model=schemas.AgreementList,
    **_GET,
)
def list_agreements(submission_id: PathId, request: Request, actor: Reader) -> Any:
    """Answer with all agreements."""
    return _read(request, submission_id, timeline.load_agreements)
