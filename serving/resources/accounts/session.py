"""``/session``: who is there, logging in and out in place, and one's own password."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ...accounts import login
from ...accounts.errors import SessionOnlyError
from ...accounts.permissions import PERMISSIONS, ROLES, in_order
from ...http.accounts import address_of
from ...http.cookies import clear_session, session_cookie, set_session
from ...http.dependencies import own_id
from ...http.problems import responses
from ...http.service import GUARDED, Service
from .schemas import LoginAsked, PasswordAsked, PermissionFacts, SessionFacts

if TYPE_CHECKING:
    from ...accounts.identities import Identity
    from ...accounts.login import Opened

router = APIRouter(prefix="/api/v1", tags=["账户"])


def _show(identity: Identity) -> SessionFacts:
    actor = identity.actor
    return SessionFacts.from_record(
        actor,
        permissions=in_order(actor.permissions),
        csrf=identity.csrf or None,
        expires_at=identity.expires_at,
    )


async def _begin(request: Request, response: Response, opened: Opened) -> SessionFacts:
    """Hand a session that was opened to the browser, and return its facts."""
    accounts = Service.of(request).accounts
    accounts.identities.forget()
    identity = await run_in_threadpool(accounts.identities.look_up, "session", opened.secret)
    assert identity is not None, "the session was written a moment ago"
    set_session(response, request, accounts.port, opened.secret)
    return _show(identity)


@router.get(
    "/session",
    operation_id="describeSession",
    summary="我是谁",
    description="当前会话或令牌属于谁、能做什么、何时到期。",
    response_model=SessionFacts,
    response_description="成功",
    responses=responses(401),
    openapi_extra=GUARDED,
)
async def describe(request: Request) -> SessionFacts:
    """Answer with what the access middleware found."""
    return _show(request.scope["identity"])


@router.post(
    "/session",
    operation_id="logIn",
    summary="登录",
    description="核对登录名和密码，建立浏览器会话。只接受来自本站页面的请求；程序请使用令牌。"
    "连续 5 次不对，同一登录名停用 15 分钟。",
    response_model=SessionFacts,
    response_description="成功，会话在 Set-Cookie 里",
    responses=responses(400, 401, 403, 413, 422, 429, 503),
)
async def log_in(asked: LoginAsked, request: Request, response: Response) -> SessionFacts:
    """Begin a session; the one that the browser had ends."""
    accounts = Service.of(request).accounts
    cookie = request.cookies.get(session_cookie(accounts.port), "")
    attempt = login.Attempt(asked.name, asked.password, address_of(request), cookie)
    work = functools.partial(login.log_in, accounts.database, attempt, accounts.lifetime)
    return await _begin(request, response, await accounts.gate.run(work))


@router.patch(
    "/session",
    operation_id="changePassword",
    summary="修改自己的密码",
    description="其他会话全部结束，当前浏览器得到一个新会话；revoke_tokens 为 true 时，"
    "自己的令牌也全部作废。不能用令牌。",
    response_model=SessionFacts,
    response_description="成功，新会话在 Set-Cookie 里",
    responses=responses(400, 401, 403, 409, 413, 422, 429, 503),
    openapi_extra=GUARDED,
)
async def change_password(asked: PasswordAsked, request: Request, response: Response) -> SessionFacts:
    """Replace the password of the person in the browser."""
    accounts, identity = Service.of(request).accounts, _require_session(request)
    work = functools.partial(
        login.change_password,
        accounts.database,
        identity.actor,
        login.PasswordChange(asked.current_password, asked.password, asked.revoke_tokens),
        accounts.lifetime,
        address_of(request),
    )
    return await _begin(request, response, await accounts.gate.run(work))


@router.delete(
    "/session",
    operation_id="logOut",
    summary="退出",
    description="结束当前浏览器的会话。不能用令牌；令牌请作废。",
    status_code=204,
    response_description="成功",
    responses=responses(401, 403, 503),
    openapi_extra=GUARDED,
)
async def log_out(request: Request) -> Response:
    """End the session of this browser, and take its cookie back."""
    accounts, identity = Service.of(request).accounts, _require_session(request)
    actor = identity.actor
    await run_in_threadpool(login.log_out, accounts.database, identity.digest, actor.name, own_id(actor))
    accounts.identities.forget()
    response = Response(status_code=204)
    clear_session(response, request, accounts.port)
    return response


@router.get(
    "/permissions",
    operation_id="listPermissions",
    summary="列出权限和角色",
    description="令牌的权限从这里选；每个角色能做什么。",
    response_model=PermissionFacts,
    response_description="成功",
    responses=responses(401),
    openapi_extra=GUARDED,
)
async def list_permissions() -> PermissionFacts:
    """Answer with the table of permissions."""
    return PermissionFacts(
        permissions=PERMISSIONS, roles={role: in_order(may) for role, may in ROLES.items()}
    )


def _require_session(request: Request) -> Identity:
    identity: Identity = request.scope["identity"]
    if not identity.digest:
        raise SessionOnlyError
    return identity
