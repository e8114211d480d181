"""``/tokens``: one's own tokens, and for administrators everybody's."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import JSONResponse, Response

from ...accounts import tokens, users
from ...accounts.actor import Actor
from ...accounts.errors import ForbiddenError
from ...http.accounts import Accounts
from ...http.dependencies import own_id, permitted
from ...http.problems import responses
from ...http.service import GUARDED
from ...store.base import now
from ...store.errors import RefusedError
from .schemas import NewToken, TokenAsked, TokenPage

if TYPE_CHECKING:
    from ...store.tables.accounts import TokenRow

router = APIRouter(prefix="/api/v1", tags=["账户"])
Holder = Annotated[Actor, Depends(permitted("tokens.manage"))]
TokenId = Annotated[int, Path(ge=1, le=2**31 - 1, description="令牌的编号")]


def token_as_dict(row: TokenRow, owner: str) -> dict[str, Any]:
    """Return the ``Token`` JSON of a row."""
    return {
        "id": row.id,
        "name": row.name,
        "owner": owner,
        "scopes": list(row.scopes),
        "created_at": row.created_at.isoformat(),
        "expires_at": row.expires_at.isoformat(),
        "revoked_at": row.revoked_at.isoformat() if row.revoked_at else None,
        "used_at": row.used_at.isoformat() if row.used_at else None,
    }


@router.get(
    "/tokens",
    operation_id="listTokens",
    summary="列出令牌",
    description="自己的令牌；有权限 users.manage 的可以用 everybody=true 列出所有人的。"
    "需要权限 tokens.manage。",
    response_model=TokenPage,
    response_description="成功",
    responses=responses(401, 403, 422, 503),
    openapi_extra=GUARDED,
)
def list_tokens(
    request: Request,
    actor: Holder,
    everybody: Annotated[bool, Query(description="所有人的")] = False,
    limit: Annotated[int, Query(ge=1, le=500, description="每页个数")] = 50,
    cursor: Annotated[int, Query(ge=0, le=2**31 - 1, description="上一页的 next")] = 0,
) -> Response:
    """Answer with one page."""
    if everybody and not actor.may("users.manage"):
        raise ForbiddenError("users.manage")
    with Accounts.of(request).database.reading() as session:
        found = tokens.listed(session, limit + 1, cursor, None if everybody else own_id(actor))
        page = [token_as_dict(row, users.get(session, row.user_id).name) for row in found[:limit]]
    more = str(page[-1]["id"]) if len(found) > limit else None
    return JSONResponse({"items": page, "next": more, "total": None})


@router.post(
    "/tokens",
    operation_id="addToken",
    summary="新建令牌",
    description="令牌的内容只在这里显示一次。权限不能超过自己的；用令牌建的，也不能比它更晚到期。"
    "需要权限 tokens.manage。",
    status_code=201,
    response_model=NewToken,
    response_description="成功",
    responses=responses(400, 401, 403, 409, 413, 422, 503),
    openapi_extra=GUARDED,
)
def add_token(asked: TokenAsked, request: Request, actor: Holder) -> Response:
    """Add a token of one's own."""
    identity = request.scope["identity"]
    if actor.token and now() + dt.timedelta(days=asked.days) > identity.expires_at:
        raise RefusedError("用令牌建的令牌，不能比它更晚到期")
    with Accounts.of(request).database.writing() as session:
        owner = users.get(session, own_id(actor))
        secret, row = tokens.create(session, actor, owner, asked.name, asked.scopes, asked.days)
        content = {"token": token_as_dict(row, owner.name), "secret": secret}
    return JSONResponse(content, 201)


@router.delete(
    "/tokens/{token_id}",
    operation_id="revokeToken",
    summary="作废令牌",
    description="立即不能再用；记录保留。自己的，或有权限 users.manage 时任何人的。需要权限 tokens.manage。",
    status_code=204,
    response_description="成功",
    responses=responses(401, 403, 404, 422, 503),
    openapi_extra=GUARDED,
)
def revoke_token(request: Request, actor: Holder, token_id: TokenId) -> Response:
    """Revoke a token."""
    accounts = Accounts.of(request)
    with accounts.database.writing() as session:
        tokens.revoke(session, actor, token_id)
    accounts.identities.forget()
    return Response(status_code=204)
