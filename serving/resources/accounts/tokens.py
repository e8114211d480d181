"""``/tokens``: one's own tokens, and for administrators everybody's."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from ...accounts import tokens, users
from ...accounts.actor import Actor
from ...accounts.errors import ForbiddenError
from ...http.dependencies import own_id, permitted
from ...http.problems import responses
from ...http.service import GUARDED, Service
from ...store.base import now
from ...store.errors import RefusedError
from .schemas import NewToken, Token, TokenAsked, TokenPage

router = APIRouter(prefix="/api/v1", tags=["账户"])
Holder = Annotated[Actor, Depends(permitted("tokens.manage"))]
TokenId = Annotated[int, Path(ge=1, le=2**31 - 1, description="令牌的编号")]


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
) -> Any:
    """Answer with one page of tokens: one's own, or everybody's for administrators."""
    if everybody and not actor.may("users.manage"):
        raise ForbiddenError("users.manage")
    with Service.of(request).accounts.database.reading() as session:
        found = tokens.list_tokens(session, limit + 1, cursor, None if everybody else own_id(actor))
        page = [Token.from_record(row, owner=users.get(session, row.user_id).name) for row in found[:limit]]
    more = str(page[-1].id) if len(found) > limit else None
    return {"items": page, "next": more, "total": None}


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
def add_token(asked: TokenAsked, request: Request, actor: Holder) -> NewToken:
    """Add a token of one's own, which may do no more and last no longer than what asks for it."""
    identity = request.scope["identity"]
    if actor.token and now() + dt.timedelta(days=asked.days) > identity.expires_at:
        raise RefusedError("用令牌建的令牌，不能比它更晚到期")
    with Service.of(request).accounts.database.writing() as session:
        owner = users.get(session, own_id(actor))
        secret, row = tokens.create(session, actor, owner, asked.name, asked.scopes, asked.days)
        return NewToken(token=Token.from_record(row, owner=owner.name), secret=secret)


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
    """Revoke a token at once; its record stays."""
    accounts = Service.of(request).accounts
    with accounts.database.writing() as session:
        tokens.revoke(session, actor, token_id)
    accounts.identities.forget()
    return Response(status_code=204)
