"""``/similar`` and ``/submissions/{id}/similar``: matters that may be one with the one at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Request

from fenban.model import Submission, mask

from ...accounts.actor import Actor
from ...desk.likeness import duplicates
from ...desk.likeness.differences import Side
from ...http.dependencies import permitted
from ...http.problems import FieldError, InvalidFieldsError, responses
from ...http.service import GUARDED, Service
from ...store.base import now
from ...store.errors import NotFoundError
from ...store.tables.matters import SubmissionRow
from ..fields import PathId  # noqa: TC001 - FastAPI reads it
from ..matters.shaping import show_matter
from . import likeness_schemas as schemas

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...desk.likeness.duplicates import Candidate

router = APIRouter(prefix="/api/v1", tags=["重复与热点"])
Reader = Annotated[Actor, Depends(permitted("matters.read"))]


@router.post(
    "/similar",
    operation_id="findSimilar",
    summary="查一件还没登记的是否有人反映过",
    description="在前后 60 天的办件中找文字几乎相同或可能是同一件事的。文字不保存。需要权限 matters.read。",
    response_model=schemas.SimilarList,
    response_description="成功",
    responses=responses(400, 401, 403, 413, 422, 503),
    openapi_extra=GUARDED,
)
def find_similar(asked: schemas.SimilarRequest, request: Request, actor: Reader) -> schemas.SimilarList:
    """Answer for a text that is not in the store."""
    service = Service.of(request)
    if len(asked.text) > service.settings.max_text:
        message = f"不能超过 {service.settings.max_text} 个字符"
        raise InvalidFieldsError([FieldError(field="text", message=message)])
    here = Side(
        mask(asked.text),
        mask((asked.title or "").strip()),
        asked.jurisdiction or service.settings.jurisdiction,
        asked.received_at or now(),
    )
    vector = service.meaning.vector(Submission(text=here.text, title=here.title))
    with service.database.reading() as session:
        found = duplicates.find_candidates(session, here, vector)
    return _show(service, actor, found)


@router.get(
    "/submissions/{submission_id}/similar",
    operation_id="listSimilar",
    summary="列出可能与它重复的办件",
    description="在前后 60 天的办件中找。是否并案由人决定。需要权限 matters.read。",
    response_model=schemas.SimilarList,
    response_description="成功",
    responses=responses(401, 403, 404, 422, 503),
    openapi_extra=GUARDED,
)
def similar(submission_id: PathId, request: Request, actor: Reader) -> schemas.SimilarList:
    """Answer for a matter in the store."""
    service = Service.of(request)
    with service.database.reading() as session:
        row = session.get(SubmissionRow, submission_id)
        if row is None:
            raise NotFoundError("办件")
        here = Side(row.text, row.title, row.jurisdiction, row.received_at)
        vector = duplicates.load_vector(session, row.id)
        found = duplicates.find_candidates(session, here, vector, exclude=row.id)
    return _show(service, actor, found)


def _show(service: Service, actor: Actor, found: Sequence[Candidate]) -> schemas.SimilarList:
    items = [
        schemas.SimilarMatter(
            matter=show_matter(one.row, actor, service.deadlines),
            kind=one.kind,
            similarity=round(min(one.score, 1.0), 4),
            differences=list(one.differences.lines),
            pieces=[schemas.Piece.model_validate(piece) for piece in one.differences.pieces],
        )
        for one in found
    ]
    return schemas.SimilarList(items=items)
