"""``/audit``: the lines of the audit, and following their chain."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from ...accounts.actor import Actor
from ...http.dependencies import permitted
from ...http.problems import responses
from ...http.service import GUARDED, Service
from ...store import audit, verification
from ...store.audit import FIRST, AuditRow, Checkpoint
from ..fields import Cursor, Limit, NearDay, PlainText, beginning_of, cursor_of, row_after
from . import schemas

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

router = APIRouter(prefix="/api/v1", tags=["审计"])
Reader = Annotated[Actor, Depends(permitted("audit.read"))]
_DAY = dt.timedelta(days=1)
_FLAWS = {
    "missing": "第 {} 行不见了。",
    "misplaced": "第 {} 行与上一行不衔接。",
    "altered": "第 {} 行被改动过。",
    "unreadable": "第 {} 行已经读不出来。",
    "forged": "第一行之前多出了第 {} 行。",
    "seals": "第 {} 行所附的历史记录清单被改动过。",
    "row": "历史记录 {row} 与第 {} 行记下的不同，或已不见。",
    "stray": "历史记录 {row} 没有对应的审计行。",
    "lost": "启用核对之前的历史记录 {row} 数目变了。",
    "head": "第 {} 行与先前核对时不同。",
}


@router.get(
    "/audit",
    operation_id="listAudit",
    summary="查审计",
    description="审计的行，新的在前。各条件都要符合。需要权限 audit.read。",
    response_model=schemas.AuditPage,
    response_description="成功",
    responses=responses(401, 403, 422, 503),
    openapi_extra=GUARDED,
)
def list_audit(
    request: Request,
    _: Reader,
    actor: Annotated[PlainText | None, Query(max_length=100, description="谁", examples=["li"])] = None,
    action: Annotated[
        PlainText | None, Query(max_length=50, description="动作", examples=["submission.decide"])
    ] = None,
    subject: Annotated[
        PlainText | None, Query(max_length=100, description="对象", examples=["submission:12"])
    ] = None,
    first: Annotated[NearDay | None, Query(alias="from", description="从哪天起（北京时间）")] = None,
    last: Annotated[NearDay | None, Query(alias="to", description="到哪天，含当日")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Any:
    """Answer with one page, the latest lines first."""
    filters: list[ColumnElement[bool]] = [
        column == value.strip()
        for column, value in ((AuditRow.actor, actor), (AuditRow.action, action), (AuditRow.subject, subject))
        if value and value.strip()
    ]
    before = row_after(cursor)
    with Service.of(request).database.reading() as session:
        since = beginning_of(first) if first else None
        until = beginning_of(last) + _DAY if last else None
        filters += audit.read_between(session, since, until)
        lines = audit.read_page(session, filters, before, limit + 1)
        total = None if filters else audit.read_head(session).seq
    return {
        "items": lines[:limit],
        "next": cursor_of(lines[limit - 1].seq) if len(lines) > limit else None,
        "total": total,
    }


@router.get(
    "/audit/verification",
    operation_id="verifyAudit",
    summary="核对审计",
    description=(
        "从第 after 行之后起，逐行核对哈希链和每行所附的历史记录（决定、退单、转办等），"
        "一次最多 limit 行；答复中的 next 用来接着核对，直到为空。"
        "从头核对用默认值。全部核对也可在服务器上运行 fenban audit verify。需要权限 audit.read。"
    ),
    response_model=schemas.Verification,
    response_description="成功",
    responses=responses(401, 403, 422, 503),
    openapi_extra=GUARDED,
)
def verify_audit(
    request: Request,
    _: Reader,
    after: Annotated[int, Query(ge=0, lt=2**31, description="已核对到第几行")] = 0,
    after_hash: Annotated[
        str, Query(pattern="^[0-9a-f]{64}$", description="那一行的哈希，起点为 64 个 0")
    ] = FIRST,
    limit: Annotated[int, Query(ge=1, le=20_000, description="最多核对多少行")] = 2_000,
) -> Any:
    """Answer for some thousand lines; bounded, so that the clerks do not wait for the auditor."""
    with Service.of(request).database.reading() as session:
        total = audit.read_head(session).seq
        verdict = verification.verify_after(session, Checkpoint(after, after_hash), limit)
    onward = {"after": verdict.lines, "after_hash": verdict.head} if verdict.more else None
    return {
        "intact": verdict.flaw is None,
        "first": after + 1,
        "lines": verdict.lines,
        "head": verdict.head,
        "total": total,
        "next": onward,
        "unsealed": None if verdict.more or verdict.flaw else verdict.unsealed,
        "broken_at": verdict.broken_at,
        "row": verdict.row,
        "flaw": verdict.flaw,
        "reason": _FLAWS[verdict.flaw].format(verdict.broken_at, row=verdict.row) if verdict.flaw else None,
    }
