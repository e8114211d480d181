"""``/return-risk``: what history says of sending such a matter to some units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from ...accounts.actor import Actor
from ...http.dependencies import permitted
from ...http.problems import responses
from ...http.service import GUARDED, Service
from ...store.statistics import return_risk as history
from ..fields import PlainText
from ..finding import likeness_schemas as schemas

if TYPE_CHECKING:
    from ...store.statistics.return_risk import Risk

router = APIRouter(prefix="/api/v1", tags=["重复与热点"])
Reader = Annotated[Actor, Depends(permitted("matters.read"))]
_Name = Annotated[PlainText, Query(max_length=200)]


@router.get(
    "/return-risk",
    operation_id="listReturnRisks",
    summary="退单风险",
    description=(
        "这些单位最近 90 天里是否常退这类件。先看主题，主题的件太少再看职能。"
        "历史不足以说明问题的单位不列。需要权限 matters.read。"
    ),
    response_model=schemas.RiskList,
    response_description="成功",
    responses=responses(401, 403, 422, 503),
    openapi_extra=GUARDED,
)
def return_risk(
    request: Request,
    _: Reader,
    unit: Annotated[list[_Name], Query(min_length=1, max_length=10, description="单位，可以多个")],
    topic: Annotated[PlainText | None, Query(max_length=200, description="主题")] = None,
    function: Annotated[PlainText | None, Query(max_length=200, description="职能")] = None,
) -> Any:
    """Answer for up to ten units."""
    with Service.of(request).database.reading() as session:
        found = history.find_risks(session, unit, topic, function)
    return {"items": [show_risk(risk) for risk in found]}


def show_risk(risk: Risk) -> schemas.Risk:
    """Return a risk, with the unit that took most of what came back."""
    taken_by, taken = risk.taken_by or (None, 0)
    return schemas.Risk.from_record(risk, taken_by=taken_by, taken=taken)
