"""``/suggestions``, and what the model behind it knows: ``/topics`` and ``/model``."""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from fenban.model import NEVER, TOPIC_SEPARATOR, shipped

from ...http.dependencies import permitted
from ...http.problems import FieldError, InvalidFieldsError, responses
from ...http.service import GUARDED, Service
from ...inference.batching import Options
from . import schemas

if TYPE_CHECKING:
    from ...settings import ServiceSettings

_CLIENT_GONE = 499  # nobody is there to read it; it names the case in the log

router = APIRouter(prefix="/api/v1")


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


async def _wait_until_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


@router.post(
    "/suggestions",
    operation_id="suggest",
    summary="请求分办建议",
    description="读一件或多件诉求，返回主题、职能、主办与协办单位及其概率、分区、依据和提醒。文本不保存，也不写入日志。",
    tags=["分办建议"],
    response_model=schemas.SuggestionResponse,
    response_model_exclude_unset=True,
    response_description="成功",
    responses=responses(400, 401, 403, 413, 422, 429, 503),
    openapi_extra=GUARDED,
    dependencies=[Depends(permitted("suggest"))],
)
async def suggest(asked: schemas.SuggestionRequest, request: Request) -> Any:
    """Answer from the batcher; when the caller goes away, what has not begun is dropped.

    Suggestions are validated and written on the event loop: 0.03 ms each on a 2-core machine, against
    0.1 ms for ``json.dumps(suggestion.as_dict())`` and 0.6 ms for the model, so a thread would cost more.
    """
    service = Service.of(request)
    _check_limits(asked, service.settings)
    submissions = [item.submission(service.settings.jurisdiction) for item in asked.items]
    options = Options(asked.top, asked.target_precision, asked.explain)
    work = asyncio.create_task(service.batcher.suggest(submissions, options))
    gone = asyncio.create_task(_wait_until_gone(request))
    try:
        await asyncio.wait((work, gone), return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            return Response(status_code=_CLIENT_GONE)
        answers = work.result()
    finally:
        work.cancel()
        gone.cancel()
    return {
        "items": answers.items,
        "model": {"version": service.router.version},
        "timings": {
            "waiting_ms": round(answers.waiting * 1e3, 3),
            "inference_ms": round(answers.inference * 1e3, 3),
        },
    }


@functools.cache
def _shipped_definitions() -> dict[str, str]:
    rows = shipped.table("topics.csv")
    return {TOPIC_SEPARATOR.join((row["first"], row["second"])): row["definition"] for row in rows}


@router.get(
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
async def list_topics(request: Request) -> schemas.TopicList:
    """Answer with the topics in the order of their paths."""
    paths = sorted(Service.of(request).router.scorer.classes("topic"))
    known = _shipped_definitions()
    return schemas.TopicList(items=[schemas.Topic(path=path, definition=known.get(path)) for path in paths])


@router.get(
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
async def describe_model(request: Request) -> schemas.ModelFacts:
    """Answer with what the manifest and the thresholds say."""
    router = Service.of(request).router
    content = router.content
    sizes = {name: len(router.scorer.classes(name)) for name in ("function", "topic")}
    sizes["lead_unit"] = len(content.directory.units) if content.directory else 0
    thresholds = {label: router.threshold(label) for label in content.labels}
    return schemas.ModelFacts(
        version=router.version,
        facts=dict(content.facts),
        labels={label: sizes[label] for label in content.labels},
        zone_label=router.zone_label,
        target_precision=content.target_precision,
        thresholds={name: None if value >= NEVER else round(value, 4) for name, value in thresholds.items()},
    )
