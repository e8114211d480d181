"""``/clusters``: hot issues of the last weeks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy import select

from ...accounts.actor import Actor
from ...desk.likeness.clusters import WEEKS, Cluster
from ...http.dependencies import permitted
from ...http.problems import responses
from ...http.service import GUARDED, Service
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
) -> Any:
    """Answer with what was computed last."""
    found, computing = Service.of(request).clusters.current(weeks)
    items = found.items if found else ()
    return {
        "items": [show_cluster(one) for one in items if _is_wanted(one, q, growing)],
        "as_of": found.at if found else None,
        "computing": computing,
        "weeks": weeks,
        "matters": found.matters if found else 0,
    }


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
def cluster(cluster_id: PathId, request: Request, actor: Reader, weeks: Weeks = WEEKS) -> Any:
    """Answer with the members as they stand now."""
    service = Service.of(request)
    found, _ = service.clusters.current(weeks)
    one = next((one for one in (found.items if found else ()) if one.medoid == cluster_id), None)
    if one is None:
        raise NotFoundError("热点")
    with service.database.reading() as session:
        members = _members(session, one, actor)
    return {**show_cluster(one).model_dump(), "members": members}


def _is_wanted(one: Cluster, q: str | None, growing: bool) -> bool:
    if growing and not one.grows:
        return False
    words = (q or "").casefold().split()
    text = "\n".join((one.title, one.topic or "", *one.places)).casefold()
    return all(word in text for word in words)


def show_cluster(one: Cluster) -> schemas.Cluster:
    """Return a hot issue without its members."""
    growth = None if one.growth is None else round(one.growth, 2)
    return schemas.Cluster.from_record(one, id=one.medoid, size=len(one.members), growth=growth)


def _members(session: Session, one: Cluster, actor: Actor) -> list[schemas.ClusterMember]:
    query = select(SubmissionRow).where(SubmissionRow.id.in_(one.members[:_MOST_MEMBERS]))
    rows = session.scalars(query.order_by(SubmissionRow.received_at.desc(), SubmissionRow.id.desc()))
    return [_member(row, actor) for row in rows]


def _member(row: SubmissionRow, actor: Actor) -> schemas.ClusterMember:
    may = actor.may("matters.write") and states.step_for(row.kind, "merge", row.state) is not None
    return schemas.ClusterMember.from_record(row, title=row.title or row.text[:_TITLE], may_merge=may)
