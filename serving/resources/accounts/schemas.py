"""The JSON of sessions, people and tokens."""

# ruff: noqa: D400, D415 - the docstrings of the models are the Chinese text of the OpenAPI document

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ...accounts.permissions import PERMISSIONS
from ..fields import PlainText
from ..shown import Instant, Shown
from ..suggestions.schemas import Asked, UnicodeText

Role = Literal["clerk", "lead", "engineer", "admin", "auditor"]
_ROLE_TEXT = "角色：clerk 受理员、lead 分办负责人、engineer 技术人员、admin 管理员、auditor 审计员"
LoginName = Annotated[
    PlainText,
    Field(min_length=1, max_length=60, description="登录名，字母、数字、汉字和 . _ -", examples=["zhangsan"]),
]
DisplayName = Annotated[
    PlainText, Field(min_length=1, max_length=100, description="姓名，显示在页面上", examples=["张三"])
]
Scope = Annotated[str, Field(max_length=40, examples=["suggest"])]


class LoginAsked(Asked):
    """登录名和密码。"""

    name: LoginName
    password: Annotated[UnicodeText, Field(min_length=1, max_length=200, description="密码")]


class PasswordAsked(Asked):
    """修改自己的密码。"""

    current_password: Annotated[UnicodeText, Field(max_length=200, description="现在的密码")]
    password: Annotated[UnicodeText, Field(max_length=200, description="新密码，至少 10 个字符")]
    revoke_tokens: bool = Field(False, description="同时作废自己的全部令牌；怀疑有人知道密码时用")


class SessionFacts(Shown):
    """当前是谁在访问，能做什么。"""

    name: str = Field(description="登录名；用令牌访问时是令牌所属账户的")
    display_name: str = Field(description="姓名")
    role: Role = Field(description=_ROLE_TEXT)
    permissions: list[str] = Field(description="现在能做的事；用令牌访问时不超过令牌的权限")
    token: str | None = Field(description="令牌的名称；用浏览器会话访问时为 null")
    csrf: str | None = Field(description="改动数据时放进 X-CSRF-Token 请求头；用令牌访问时为 null")
    expires_at: Instant = Field(description="会话或令牌到期的时刻；会话随使用顺延")


class UserAsked(Asked):
    """新账户。"""

    name: LoginName
    display_name: DisplayName
    role: Role = Field(description=_ROLE_TEXT)


class UserChange(Asked):
    """要改的项目，不写的不变。"""

    display_name: DisplayName | None = None
    role: Role | None = Field(None, description=_ROLE_TEXT)
    disabled: bool | None = Field(None, description="停用或恢复；停用立即结束会话，令牌也不能再用")


class User(Shown):
    """一个账户。"""

    id: int = Field(description="编号")
    version: int = Field(description="版本，与 ETag 相同")
    name: str = Field(description="登录名")
    display_name: str = Field(description="姓名")
    role: Role = Field(description=_ROLE_TEXT)
    state: Literal["active", "invited", "disabled"] = Field(
        description="active 可以登录；invited 还没有设置密码；disabled 已停用"
    )
    created_at: Instant = Field(description="建立的时刻")
    seen_at: Instant | None = Field(description="最近一次登录的时刻")


class UserPage(Shown):
    """一页账户。"""

    items: list[User] = Field(description="账户")
    next: str | None = Field(description="取下一页时的 cursor；没有下一页时为 null")
    total: int = Field(description="总数")


class Invitation(Shown):
    """设置密码的一次性链接，只显示这一次。"""

    user: User = Field(description="账户")
    link: str = Field(description="链接的路径，前面加上本服务的地址", examples=["/invitation?secret=…"])
    expires_at: Instant = Field(description="链接失效的时刻")


class TokenAsked(Asked):
    """新令牌。"""

    name: Annotated[PlainText, Field(min_length=1, max_length=60, description="名称，历史记录里用它")]
    scopes: Annotated[
        list[Scope],
        Field(min_length=1, max_length=len(PERMISSIONS), description="权限，不超过自己的"),
    ]
    days: int = Field(90, ge=1, le=366, description="有效天数")


class Token(Shown):
    """一个令牌；内容只在建立时显示一次。"""

    id: int = Field(description="编号")
    name: str = Field(description="名称")
    owner: str = Field(description="所属账户的登录名")
    scopes: list[str] = Field(description="权限")
    created_at: Instant = Field(description="建立的时刻")
    expires_at: Instant = Field(description="到期的时刻")
    revoked_at: Instant | None = Field(description="作废的时刻")
    used_at: Instant | None = Field(description="最近一次使用的时刻，五分钟内的多次只记一次")


class NewToken(Shown):
    """刚建立的令牌。"""

    token: Token = Field(description="令牌的情况")
    secret: str = Field(description="令牌的内容，只显示这一次", examples=["fenban_…"])


class TokenPage(Shown):
    """一页令牌。"""

    items: list[Token] = Field(description="令牌")
    next: str | None = Field(description="取下一页时的 cursor；没有下一页时为 null")
    total: int | None = Field(description="总数，不计时为 null")


class PermissionFacts(Shown):
    """权限和角色的对照。"""

    permissions: dict[str, str] = Field(description="每项权限的说明")
    roles: dict[str, list[str]] = Field(description="每个角色有哪些权限")
