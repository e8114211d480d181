"""What accounts refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fenban.model import FenbanError

from .permissions import PERMISSIONS

if TYPE_CHECKING:
    from collections.abc import Sequence


class AccountError(FenbanError):
    """Base of what accounts refuse; ``reason`` says why, in Chinese."""

    reason = ""


class ForbiddenError(AccountError):
    """The caller is known but may not do this."""

    def __init__(self, permission: str) -> None:
        super().__init__(f"needs the permission {permission}")
        self.permission = permission
        self.reason = f"需要权限：{PERMISSIONS.get(permission, permission)}。请向管理员申请。"


class BeyondOwnError(ForbiddenError):
    """The caller would give or touch permissions that are not the caller's own."""

    def __init__(self, beyond: Sequence[str]) -> None:
        AccountError.__init__(self, f"beyond the caller's own permissions: {', '.join(beyond)}")
        missing = "、".join(PERMISSIONS[name] for name in beyond)
        self.reason = f"不能授予自己没有的权限，也不能改动权限比自己多的账户。您没有：{missing}。"


class CrowdedError(AccountError):
    """Too many log in at once."""

    retry_after = 5
    reason = "同时登录的人太多，请几秒后再试。"

    def __init__(self) -> None:
        super().__init__("too many password checks wait")


class LoginError(AccountError):
    """Name and password were not accepted; whether the name exists is not told."""

    def __init__(self, reason: str) -> None:
        super().__init__("the login was refused")
        self.reason = reason


class LockedError(LoginError):
    """Logging in is locked for a while, under this name or from this address."""

    def __init__(self, reason: str, retry_after: int) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class InvitationError(AccountError):
    """The link was used, has expired or never was one."""

    reason = "这个链接已经用过或已过期，请向管理员要一个新的。"

    def __init__(self) -> None:
        super().__init__("the invitation is not valid")


class SessionOnlyError(ForbiddenError):
    """A token asked for what only a person in a browser may do."""

    def __init__(self) -> None:
        AccountError.__init__(self, "only for a session")
        self.reason = "这一项只能在浏览器里登录后做，不能用令牌。"


class ProviderError(AccountError):
    """The identity provider refused, or what it said does not hold."""

    reason = "统一身份登录没有成功，请再试；仍不行请找管理员。"


class StrangerError(AccountError):
    """The provider knows the person, this service does not (or not any more)."""

    reason = "您在这里还没有账户，或账户已停用，请找管理员。"

    def __init__(self) -> None:
        super().__init__("the provider's person has no account")
