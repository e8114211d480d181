"""``/users``: the people, for administrators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response  # noqa: TC002 - FastAPI reads the annotations

from ...accounts import users
from ...accounts.actor import Actor
from ...http.dependencies import permitted
from ...http.problems import responses
from ...http.service import GUARDED, Service
from ..etags import etag_of, version_asked
from .schemas import Invitation, User, UserAsked, UserChange, UserPage

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ...store.tables.accounts import UserRow

router = APIRouter(prefix="/api/v1", tags=["账户"])
Manager = Annotated[Actor, Depends(permitted("users.manage"))]
UserId = Annotated[int, Path(ge=1, le=2**31 - 1, description="账户的编号")]


def show_user(user: UserRow) -> User:
    """Return a person's account as it stands."""
    return User.from_record(user, state=users.state_of(user))


def _show(response: Response, user: UserRow) -> User:
    response.headers["ETag"] = etag_of(user.version)
    return show_user(user)


def _invite(session: Session, response: Response, by: Actor, user: UserRow) -> Invitation:
    secret, expires_at = users.invite(session, by, user)
    return Invitation(user=_show(response, user), link=f"/invitation?secret={secret}", expires_at=expires_at)


@router.get(
    "/users",
    operation_id="listUsers",
    summary="列出账户",
    description="按编号分页。需要权限 users.manage。",
    response_model=UserPage,
    response_description="成功",
    responses=responses(401, 403, 422, 503),
    openapi_extra=GUARDED,
)
def list_users(
    request: Request,
    actor: Manager,
    limit: Annotated[int, Query(ge=1, le=500, description="每页个数")] = 50,
    cursor: Annotated[int, Query(ge=0, le=2**31 - 1, description="上一页的 next")] = 0,
) -> Any:
    """Answer with one page of people, by their ids."""
    with Service.of(request).accounts.database.reading() as session:
        found = users.list_people(session, limit + 1, cursor)
        total = users.count(session)
    page = found[:limit]
    more = str(page[-1].id) if len(found) > limit else None
    return {"items": [show_user(user) for user in page], "next": more, "total": total}


@router.post(
    "/users",
    operation_id="addUser",
    summary="新建账户",
    description="返回设置密码的一次性链接，请当面或用可靠的方式交给本人。"
    "角色的权限不能超过自己（用令牌时，不能超过令牌）的。需要权限 users.manage。",
    status_code=201,
    response_model=Invitation,
    response_description="成功",
    responses=responses(400, 401, 403, 409, 413, 422, 503),
    openapi_extra=GUARDED,
)
def add_user(asked: UserAsked, request: Request, response: Response, actor: Manager) -> Invitation:
    """Add a person and invite them."""
    with Service.of(request).accounts.database.writing() as session:
        user = users.add(session, actor, asked.name, asked.display_name, asked.role)
        return _invite(session, response, actor, user)


@router.get(
    "/users/{user_id}",
    operation_id="describeUser",
    summary="查看账户",
    description="需要权限 users.manage。",
    response_model=User,
    response_description="成功",
    responses=responses(401, 403, 404, 422, 503),
    openapi_extra=GUARDED,
)
def describe_user(request: Request, response: Response, actor: Manager, user_id: UserId) -> User:
    """Answer with one person."""
    with Service.of(request).accounts.database.reading() as session:
        return _show(response, users.get(session, user_id))


@router.patch(
    "/users/{user_id}",
    operation_id="changeUser",
    summary="修改账户",
    description="修改姓名、角色，停用或恢复。须带 If-Match。至少保留一名可以登录的管理员。"
    "账户现有的和将有的权限都不能超过自己（用令牌时，不能超过令牌）的。需要权限 users.manage。",
    response_model=User,
    response_description="成功",
    responses=responses(400, 401, 403, 404, 409, 412, 413, 422, 428, 503),
    openapi_extra=GUARDED,
)
def change_user(
    asked: UserChange, request: Request, response: Response, actor: Manager, user_id: UserId
) -> User:
    """Change what was given, over the version that If-Match names."""
    accounts = Service.of(request).accounts
    with accounts.database.writing() as session:
        current = users.get(session, user_id).version
        version = version_asked(request, current)
        user = users.change(
            session,
            actor,
            user_id,
            version,
            display_name=asked.display_name,
            role=asked.role,
            disabled=asked.disabled,
        )
    accounts.identities.forget()
    return _show(response, user)


@router.post(
    "/users/{user_id}/invitations",
    operation_id="inviteUser",
    summary="重新发放设置密码的链接",
    description="用于忘记密码或链接过期。原密码、原链接、全部会话和令牌随即失效。"
    "不能用于权限比自己多的账户。需要权限 users.manage。",
    status_code=201,
    response_model=Invitation,
    response_description="成功",
    responses=responses(401, 403, 404, 422, 503),
    openapi_extra=GUARDED,
)
def invite_user(request: Request, response: Response, actor: Manager, user_id: UserId) -> Invitation:
    """Invite a person anew."""
    accounts = Service.of(request).accounts
    with accounts.database.writing() as session:
        invitation = _invite(session, response, actor, users.get(session, user_id))
    accounts.identities.forget()
    return invitation
