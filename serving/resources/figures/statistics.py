"""``/statistics``: figures over all matters, summed in memory (see ``store.statistics.facts``)."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from ...accounts.actor import Actor
from ...http.dependencies import permitted
from ...http.problems import FieldError, InvalidFieldsError, responses
from ...http.service import GUARDED, Service
from ...store.base import CHINA, now
from ...store.statistics import counts as figures
from ...store.statistics import load
from ...store.statistics.counts import Period, Span
from ...store.statistics.facts import Facts
from ..fields import NearDay, PlainText  # noqa: TC001 - FastAPI reads them
from . import schemas

router = APIRouter(prefix="/api/v1", tags=["统计"])
Reader = Annotated[Actor, Depends(permitted("statistics.read"))]
PeriodName = Annotated[Period, Query(description="按周（周一起）还是按月")]
_COMMON: dict[str, Any] = {
    "response_description": "成功",
    "responses": responses(401, 403, 422, 503),
    "openapi_extra": GUARDED,
}


def facts_of(request: Request) -> Facts:
    """Return the facts of the service's store."""
    return Service.of(request).facts.current()


def span(
    first: Annotated[NearDay | None, Query(alias="from", description="受理日期从（北京时间）")] = None,
    last: Annotated[NearDay | None, Query(alias="to", description="受理日期到，含当日")] = None,
    unit: Annotated[PlainText | None, Query(max_length=200, description="只看这个单位的")] = None,
) -> Span:
    """Return the span that was asked for.

    Raises:
        InvalidFieldsError: it ends before it begins.
    """
    if first and last and last < first:
        raise InvalidFieldsError([FieldError(field="to", message="不能早于 from")])
    return Span(first, last, unit.strip() if unit and unit.strip() else None)


Asked = Annotated[Span, Depends(span)]
Current = Annotated[Facts, Depends(facts_of)]


def _dated(facts: Facts, content: dict[str, Any]) -> dict[str, Any]:
    return {**content, "as_of": facts.at}


@router.get(
    "/statistics/accuracy",
    operation_id="statisticsOfAccuracy",
    summary="首派准确率",
    description="按时段、分区和模型版本。unit 是首次派遣的单位。需要权限 statistics.read。",
    response_model=schemas.Accuracy,
    **_COMMON,
)
def accuracy(_: Reader, asked: Asked, facts: Current, period: PeriodName = "week") -> Any:
    """Answer how often the first address was right."""
    return _dated(facts, figures.count_accuracy(facts, asked, period))


@router.get(
    "/statistics/overrides",
    operation_id="statisticsOfOverrides",
    summary="改派建议",
    description="没有照建议第一位派遣的有多少、改给了谁。unit 是被建议或被派遣的单位。"
    "需要权限 statistics.read。",
    response_model=schemas.Overrides,
    **_COMMON,
)
def overrides(_: Reader, asked: Asked, facts: Current, period: PeriodName = "week") -> Any:
    """Answer what people changed."""
    return _dated(facts, figures.count_overrides(facts, asked, period))


@router.get(
    "/statistics/returns",
    operation_id="statisticsOfReturns",
    summary="退单",
    description="哪个单位退的、什么原因、最后由谁办。unit 是退单的单位。需要权限 statistics.read。",
    response_model=schemas.Returns,
    **_COMMON,
)
def returns(_: Reader, asked: Asked, facts: Current) -> Any:
    """Answer what came back."""
    return _dated(facts, figures.count_returns(facts, asked))


@router.get(
    "/statistics/topics",
    operation_id="statisticsOfTopics",
    summary="热点主题",
    description=(
        "截至 to（不填为今天）的最近七天里，比此前四周明显增多的主题。from 不起作用。"
        "unit 是主办或被建议的单位。需要权限 statistics.read。"
    ),
    response_model=schemas.Topics,
    **_COMMON,
)
def topics(_: Reader, asked: Asked, facts: Current) -> Any:
    """Answer which topics grow."""
    return _dated(facts, load.count_topics(facts, asked, dt.datetime.now(CHINA).date()))


@router.get(
    "/statistics/workload",
    operation_id="statisticsOfWorkload",
    summary="办理情况",
    description="在办和超期、收办量、办结天数、满意率。unit 是主办单位。需要权限 statistics.read。",
    response_model=schemas.Workload,
    **_COMMON,
)
def workload(_: Reader, asked: Asked, facts: Current, period: PeriodName = "week") -> Any:
    """Answer what is on the table."""
    return _dated(facts, load.count_workload(facts, asked, now(), period))
