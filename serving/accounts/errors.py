"""What accounts refuse."""

from __future__ import annotations

from fenban.model.errors import FenbanError
from fenban.serving.accounts.permissions import PERMISSIONS


class ForbiddenError(FenbanError):
    """The caller is known but may not do this; ``reason`` says so in Chinese."""

    def __init__(self, permission: str) -> None:
        super().__init__(f"needs the permission {permission}")
        self.permission = permission
        self.reason = f"需要权限：{PERMISSIONS.get(permission, permission)}。请向管理员申请。"
