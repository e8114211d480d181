"""``/clusters``: hot issues of the last weeks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy import select
from starlette.responses import Response

from ...accounts.actor import Actor
from ...desk.likeness.clusters import WEEKS, Cluster, ClustersCache
from ...http.dependencies import permitted
from ...http.problems import responses
from ...http.service import GUARDED, Service, as_json
from ...store import states
from ...store.errors import NotFoundError
from ...store.tables.matters import SubmissionRow
from ..fields import PathId, PlainText  # noqa: TC001 - FastAPI reads them
from . import likeness_schemas as schemas

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

router = APIRouter(prefix="/api/v1", tags=["重复与热点"])
Reader = Annotated[Actor, Depends(permitted("matters.read"))]
Weeks = Annotated[int, Query(ge=2, le=26, description="看最近几周")]
_MOST_MEMBERS = 500
_TITLE = 60


@router.get(
    "/clusters",
    operation_id="listClusters",
    summary="列出热点",
    description=(
        "最近几周里至少三件说同一件事的。在后台计算，来了新件才重算，所以可能晚几分钟；见 as_of。"
        "需要权限 matters.read。"
    ),
    response_model=schemas.ClusterList,
    response_description="成功",
    responses=responses(401, 403, 422, 503),
    openapi_extra=GUARDED,
)
def clusters(
    request: Request,
    _: Reader,
    weeks: Weeks = WEEKS,
    q: Annotated[PlainText | None, Query(max_length=100, description="标题、主题或属地中的字")] = None,
    growing: Annotated[bool, Query(description="只要明显增多的")] = False,
) -> Response:
    """Answer with what was computed last."""
    found, computing = _cache(request).current(weeks)
    items = found.items if found else ()
    content = {
        "items": [_values(one) for one in items if _wanted(one, q, growing)],
        "as_of": found.at.isoformat() if found else None,
        "computing": computing,
        "weeks": weeks,
        "matters": found.matters if found else 0,
    }
    return Response(as_json(content), media_type="application/json")


@router.get(
    "/clusters/{cluster_id}",
    operation_id="getCluster",
    summary="一个热点的各件",
    description=(
        "编号来自 /clusters，weeks 与那时相同；重算后编号可能变，这时返回 404。需要权限 matters.read。"
    ),
    response_model=schemas.ClusterDetail,
    response_description="成功",
    responses=responses(401, 403, 404, 422, 503),
    openapi_extra=GUARDED,
)
def cluster(cluster_id: PathId, request: Request, actor: Reader, weeks: Weeks = WEEKS) -> Response:
    """Answer with the members as they stand now."""
    found, _ = _cache(request).current(weeks)
    one = next((one for one in (found.items if found else ()) if one.medoid == cluster_id), None)
    if one is None:
        raise NotFoundError("热点")
    with Service.of(request).database.reading() as session:
        members = _members(session, one, actor)
    return Response(as_json({**_values(one), "members": members}), media_type="application/json")


def _cache(request: Request) -> ClustersCache:
    cache: ClustersCache = request.app.state.clusters
    return cache


def _wanted(one: Cluster, q: str | None, growing: bool) -> bool:
    if growing and not one.grows:
        return False
    words = (q or "").casefold().split()
    text = "\n".join((one.title, one.topic or "", *one.places)).casefold()
    return all(word in text for word in words)


def _values(one: Cluster) -> dict[str, Any]:
    return {
        "id": one.medoid,
        "title": one.title,
        "size": len(one.members),
        "open": one.open,
        "weeks": list(one.weeks),
        "growth": None if one.growth is None else round(one.growth, 2),
        "grows": one.grows,
        "topic": one.topic,
        "places": list(one.places),
    }


def _members(session: Session, one: Cluster, actor: Actor) -> list[dict[str, Any]]:
    query = select(SubmissionRow).where(SubmissionRow.id.in_(one.members[:_MOST_MEMBERS]))
    rows = session.scalars(query.order_by(SubmissionRow.received_at.desc(), SubmissionRow.id.desc()))
    return [_member(row, actor) for row in rows]


def _member(row: SubmissionRow, actor: Actor) -> dict[str, Any]:
    may = actor.may("matters.write") and states.step_for(row.kind, "merge", row.state) is not None
    return {
        "id": row.id,
        "number": row.number,
        "version": row.version,
        "kind": row.kind,
        "state": row.state,
        "title": row.title or row.text[:_TITLE],
        "jurisdiction": row.jurisdiction,
        "lead_unit": row.lead_unit,
        "received_at": row.received_at.isoformat(),
        "may_merge": may,
    }
