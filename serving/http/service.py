"""The operations of the API. Each documents its answer; none validates it again."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from fenban.model import NEVER, TOPIC_SEPARATOR, shipped

from ..desk.directory.successions import brought_up_to_date
from ..inference.batching import MicroBatcher, NotReadyError, Options
from ..resources import suggestion_schemas as schemas
from ..store.base import CHINA
from .dependencies import permitted
from .problems import FieldError, InvalidFieldsError, responses

if TYPE_CHECKING:
    from fenban.model import Directory, Router, Submission

    from ..desk.deadlines.rules import Deadlines
    from ..desk.directory.unit_index import LiveUnits
    from ..settings import ServiceSettings
    from ..store.database import Database
    from ..store.directories import LiveDirectory

GUARDED: dict[str, Any] = {"security": [{"token": []}, {"session": []}]}
_CLIENT_GONE = 499  # nobody is there to read it; it names the case in the log

api = APIRouter(prefix="/api/v1")
health = APIRouter(tags=["运行状态"])


@dataclass(frozen=True, slots=True)
class Service:
    """What the operations work with; lives in ``app.state.service``."""

    router: Router
    batcher: MicroBatcher[bytes]
    settings: ServiceSettings
    database: Database
    live_directory: LiveDirectory
    deadlines: Deadlines
    units: LiveUnits
    topics: bytes
    model: bytes

    @classmethod
    def of(cls, request: Request) -> Service:
        """Return the service that answers ``request``."""
        service: Service = request.app.state.service
        return service

    def directory(self) -> Directory:
        """Return the directory that counts: the store's latest version, else the model's.

        Raises:
            StoreUnreachableError: the database does not answer.
        """
        return self.live_directory.get().directory


def as_json(value: object) -> bytes:
    """Return compact JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def suggestions_as_json(
    router: Router, live: LiveDirectory, submissions: list[Submission], options: Options
) -> list[bytes]:
    """Ask the router and render its answers; runs in the model's thread, off the event loop."""
    found = router.suggest(
        submissions,
        top=options.top,
        target_precision=options.target_precision,
        evidence="full" if options.explain else True,
    )
    directory = live.imported()
    if directory is None:
        return [as_json(suggestion.as_dict()) for suggestion in found]
    day = dt.datetime.now(CHINA).date()
    return [as_json(brought_up_to_date(suggestion.as_dict(), directory, day)) for suggestion in found]


def topics_as_json(router: Router) -> bytes:
    """Return the ``TopicList`` of a model; it never changes."""
    rows = shipped.table("topics.csv")
    known = {TOPIC_SEPARATOR.join((row["first"], row["second"])): row["definition"] for row in rows}
    paths = sorted(router.scorer.classes("topic"))
    return as_json({"items": [{"path": path, "definition": known.get(path)} for path in paths]})


def model_as_json(router: Router) -> bytes:
    """Return the ``ModelFacts`` of a model; they never change."""
    directory = router.content.directory
    sizes = {name: len(router.scorer.classes(name)) for name in ("function", "topic")}
    sizes["lead_unit"] = len(directory.units) if directory else 0
    thresholds = {label: router.threshold(label) for label in router.content.labels}
    return as_json(
        {
            "version": router.version,
            "facts": dict(router.content.facts),
            "labels": {label: sizes[label] for label in router.content.labels},
            "zone_label": router.zone_label,
            "target_precision": router.content.target_precision,
            "thresholds": {k: None if v >= NEVER else round(v, 4) for k, v in thresholds.items()},
        }
    )


def _check_limits(asked: schemas.SuggestionRequest, settings: ServiceSettings) -> None:
    errors = []
    if len(asked.items) > settings.max_items:
        errors.append(FieldError(field="items", message=f"不能超过 {settings.max_items} 件"))
    if asked.explain and len(asked.items) > schemas.MOST_EXPLAINED:
        message = f"一次最多逐词说明 {schemas.MOST_EXPLAINED} 件"
        errors.append(FieldError(field="explain", message=message))
    for i, item in enumerate(asked.items):
        if len(item.text) > settings.max_text:
            message = f"不能超过 {settings.max_text} 个字符"
            errors.append(FieldError(field=f"items[{i}].text", message=message))
    if errors:
        raise InvalidFieldsError(errors)


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


@api.post(
    "/suggestions",
    operation_id="suggest",
    summary="请求分办建议",
    description="读一件或多件诉求，返回主题、职能、主办与协办单位及其概率、分区、依据和提醒。文本不保存，也不写入日志。",
    tags=["分办建议"],
    response_model=schemas.SuggestionResponse,
    response_description="成功",
    responses=responses(400, 401, 403, 413, 422, 429, 503),
    openapi_extra=GUARDED,
    dependencies=[Depends(permitted("suggest"))],
)
async def suggest(asked: schemas.SuggestionRequest, request: Request) -> Response:
    """Answer from the batcher; when the caller goes away, what has not begun is dropped."""
    service = Service.of(request)
    _check_limits(asked, service.settings)
    submissions = [item.submission(service.settings.jurisdiction) for item in asked.items]
    options = Options(asked.top, asked.target_precision, asked.explain)
    work = asyncio.create_task(service.batcher.suggest(submissions, options))
    gone = asyncio.create_task(_gone(request))
    try:
        await asyncio.wait((work, gone), return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            return Response(status_code=_CLIENT_GONE)
        answers = work.result()
    finally:
        work.cancel()
        gone.cancel()
    tail = {
        "model": {"version": service.router.version},
        "timings": {
            "waiting_ms": round(answers.waiting * 1e3, 3),
            "inference_ms": round(answers.inference * 1e3, 3),
        },
    }
    body = b'{"items":[' + b",".join(answers.items) + b"]," + as_json(tail)[1:]
    return Response(body, media_type="application/json")


@api.get(
    "/topics",
    operation_id="listTopics",
    summary="列出主题",
    description="模型认识的全部主题；与内置主题表相符的附范围说明。",
    tags=["名录"],
    response_model=schemas.TopicList,
    response_description="成功",
    responses=responses(401, 403),
    openapi_extra=GUARDED,
    dependencies=[Depends(permitted("directory.read"))],
)
async def topics(request: Request) -> Response:
    """Answer with what was rendered at the start."""
    return Response(Service.of(request).topics, media_type="application/json")


@api.get(
    "/model",
    operation_id="describeModel",
    summary="说明所用模型",
    description="模型的版本、训练情况、能判断的项目，以及达到目标准确率所需的概率。",
    tags=["模型"],
    response_model=schemas.ModelFacts,
    response_description="成功",
    responses=responses(401, 403),
    openapi_extra=GUARDED,
    dependencies=[Depends(permitted("directory.read"))],
)
async def model(request: Request) -> Response:
    """Answer with what was rendered at the start."""
    return Response(Service.of(request).model, media_type="application/json")


@health.get(
    "/healthz",
    operation_id="checkHealth",
    summary="进程是否在运行",
    description="不需要令牌。",
    response_model=schemas.Health,
    response_description="成功",
    responses=responses(),
)
async def healthz() -> Response:
    """Answer as soon as the process does."""
    return Response(b'{"status":"ok"}', media_type="application/json")


@health.get(
    "/readyz",
    operation_id="checkReadiness",
    summary="能否处理请求",
    description="模型载入并预热、数据库有应答且能写入时返回 200 和计数，否则返回 503。不需要令牌。",
    response_model=schemas.Readiness,
    response_description="成功",
    responses=responses(503),
)
async def readyz(request: Request) -> Response:
    """Answer with the counters once the model reads texts."""
    service: Service = Service.of(request)
    if not service.batcher.ready:
        raise NotReadyError("the model is not loaded yet")
    await run_in_threadpool(service.database.check)
    content = {
        "status": "ready",
        "model": {"version": service.router.version},
        "counters": asdict(service.batcher.counters),
    }
    return Response(as_json(content), media_type="application/json")
