"""What each role may do. A permission is a string; a token's scopes are permissions too."""

from __future__ import annotations

PERMISSIONS: dict[str, str] = {
    "suggest": "请求分办建议",
    "matters.read": "查看办件",
    "matters.write": "登记和办理办件",
    "matters.raw": "查看未遮蔽的原文和联系方式",
    "directory.read": "查看单位名录",
    "directory.write": "修改单位名录",
    "statistics.read": "查看统计",
    "models.manage": "管理模型",
    "audit.read": "查看审计",
    "tokens.manage": "管理自己的令牌",
    "users.manage": "管理账户和所有令牌",
}

_CLERK = frozenset(
    {
        "suggest",
        "matters.read",
        "matters.write",
        "matters.raw",
        "directory.read",
        "statistics.read",
        "tokens.manage",
    }
)
ROLES: dict[str, frozenset[str]] = {
    "clerk": _CLERK,
    "lead": _CLERK | {"directory.write"},
    "engineer": frozenset(
        {
            "suggest",
            "matters.read",
            "directory.read",
            "directory.write",
            "statistics.read",
            "models.manage",
            "tokens.manage",
        }
    ),
    "admin": frozenset(PERMISSIONS),
    "auditor": frozenset(
        {"matters.read", "directory.read", "statistics.read", "audit.read", "tokens.manage"}
    ),
}
ROLE_NAMES: dict[str, str] = {
    "clerk": "受理员",
    "lead": "分办负责人",
    "engineer": "技术人员",
    "admin": "管理员",
    "auditor": "审计员",
}


def permissions_of(role: str) -> frozenset[str]:
    """Return what a role may do; nothing where the role is not known (any more)."""
    return ROLES.get(role, frozenset())


def in_order(permissions: frozenset[str]) -> list[str]:
    """Return permissions in the order in which they are listed here."""
    return [name for name in PERMISSIONS if name in permissions]
