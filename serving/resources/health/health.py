"""``/healthz`` and ``/readyz``: for whoever watches over the service, without a token."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from ...http.problems import responses
from ...http.service import Service
from ...inference.batching import NotReadyError
from ..shown import Shown
from ..suggestions.schemas import ModelVersion

# ruff: noqa: D400, D415 - the docstrings of the models are the Chinese text of the OpenAPI document

router = APIRouter(tags=["运行状态"])


class Health(Shown):
    """进程是否在运行。"""

    status: str = Field(description="ok", examples=["ok"])


class Readiness(Shown):
    """能否处理请求，以及启动以来的计数。"""

    status: str = Field(description="ready", examples=["ready"])
    model: ModelVersion = Field(description="所用模型")
    counters: dict[str, int] = Field(
        description="requests 请求、texts 文本、batches 批次、rejected 拒绝、failed 失败、waiting 正在等待",
        examples=[{"requests": 12, "texts": 40, "batches": 9, "rejected": 0, "failed": 0, "waiting": 0}],
    )


@router.get(
    "/healthz",
    operation_id="checkHealth",
    summary="进程是否在运行",
    description="不需要令牌。",
    response_model=Health,
    response_description="成功",
    responses=responses(),
)
async def check_health() -> Health:
    """Answer as soon as the process does."""
    return Health(status="ok")


@router.get(
    "/readyz",
    operation_id="checkReadiness",
    summary="能否处理请求",
    description="模型载入并预热、数据库有应答且能写入时返回 200 和计数，否则返回 503。不需要令牌。",
    response_model=Readiness,
    response_description="成功",
    responses=responses(503),
)
async def check_readiness(request: Request) -> Readiness:
    """Answer with the counters once the model reads texts and the database answers."""
    service = Service.of(request)
    if not service.batcher.ready:
        raise NotReadyError("the model is not loaded yet")
    await run_in_threadpool(service.database.check)
    return Readiness(
        status="ready",
        model=ModelVersion(version=service.router.version),
        counters=asdict(service.batcher.counters),
    )
