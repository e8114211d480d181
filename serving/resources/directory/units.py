"""Looking into the directory that counts: a list that can be searched, and one unit whole."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation

from ...accounts.actor import Actor
from ...http.dependencies import permitted
from ...http.problems import responses
from ...http.service import GUARDED, Service
from ...store.base import CHINA
from ...store.errors import NotFoundError
from . import schemas

if TYPE_CHECKING:
    from fenban.model import Directory, Unit

router = APIRouter(prefix="/api/v1", tags=["名录"])
Reader = Annotated[Actor, Depends(permitted("directory.read"))]


def today() -> dt.date:
    """Return the day it is in China."""
    return dt.datetime.now(CHINA).date()


@router.get(
    "/units",
    operation_id="listUnits",
    summary="查询单位名录",
    description="按名称、曾用名、别名、职能或属地查找现用名录中的单位，分页返回。需要权限 directory.read。",
    response_model=schemas.UnitPage,
    response_description="成功",
    responses=responses(401, 403, 422, 503),
    openapi_extra=GUARDED,
)
def list_units(
    request: Request,
    _: Reader,
    q: Annotated[
        str | None,
        Query(max_length=100, description="名称等处包含的字；空格分开的都要包含", examples=["交警"]),
    ] = None,
    function: Annotated[
        str | None, Query(max_length=100, description="职能的名称或别名", examples=["城市管理局"])
    ] = None,
    jurisdiction: Annotated[
        str | None, Query(max_length=200, description="属地，含其下级", examples=["南宁市/青秀区"])
    ] = None,
    ended: Annotated[bool, Query(description="是否也列出已停用和尚未启用的")] = False,
    limit: Annotated[int, Query(ge=1, le=500, description="每页个数")] = 50,
    offset: Annotated[int, Query(ge=0, le=10_000_000, description="跳过的个数")] = 0,
) -> Any:
    """Answer with one page of the units that fit, those in force today unless ``ended``."""
    day = today()
    found = Service.of(request).units.get().find(q, function, jurisdiction, None if ended else day)
    return {
        "items": [show_unit(unit, day) for unit in found[offset : offset + limit]],
        "total": len(found),
        "limit": limit,
        "offset": offset,
    }


@router.get(
    "/units/{name}",
    operation_id="getUnit",
    summary="查看一个单位",
    description="职责、来历和承接单位，以及现用模型能否建议它。需要权限 directory.read。",
    response_model=schemas.UnitFacts,
    response_description="成功",
    responses=responses(401, 403, 404, 422, 503),
    openapi_extra=GUARDED,
)
def get_unit(
    request: Request,
    _: Reader,
    name: Annotated[str, Path(max_length=200, description="单位名称", examples=["南宁市教育局"])],
) -> Any:
    """Answer with the unit's entries, one a function."""
    service = Service.of(request)
    directory = service.units.get().directory
    entries = [unit for unit in directory.units if unit.name == name]
    if not entries:
        raise NotFoundError("单位")
    day = today()
    heir = directory.successor(name, day)
    learnt = service.router.content.directory
    return {
        "unit": name,
        "entries": [_entry(unit, directory, day) for unit in entries],
        "successor": heir.name if heir else None,
        "suggestible": learnt is not None and learnt.unit(name) is not None,
    }


def show_unit(unit: Unit, day: dt.date) -> schemas.DirectoryUnit:
    """Return a unit as it stands on ``day``."""
    return schemas.DirectoryUnit.from_record(unit, unit=unit.name, current=unit.valid_on(day))


def _entry(unit: Unit, directory: Directory, day: dt.date) -> schemas.UnitEntry:
    function = directory.functions.get(unit.function or "")
    return schemas.UnitEntry.from_record(
        unit,
        unit=unit.name,
        current=unit.valid_on(day),
        duties=function.duties if function else (),
        function_predecessors=function.predecessors if function else (),
    )
