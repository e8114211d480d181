"""The JSON of the audit."""

# ruff: noqa: D400, D415 - the docstrings of the models are the Chinese text of the OpenAPI document

from __future__ import annotations

from typing import Any

from pydantic import Field

from ..shown import InstantText, Shown


class AuditLine(Shown):
    """审计的一行：谁在什么时候对什么做了什么。"""

    seq: int = Field(description="行号，从 1 起，连续")
    at: InstantText = Field(description="时间")
    actor: str = Field(description="登录名；接口令牌为 token:名称；命令行为 cli:名称")
    action: str = Field(description="动作", examples=["submission.decide"])
    subject: str = Field(description="对象", examples=["submission:12"])
    detail: dict[str, Any] = Field(description="细节，不含个人信息")
    hash: str = Field(description="这一行连同上一行哈希的 SHA-256")


class AuditPage(Shown):
    """一页审计，新的在前。"""

    items: list[AuditLine]
    next: str | None = Field(description="下一页的 cursor；没有下一页为空")
    total: int | None = Field(description="没有条件时为总行数，否则为空")


class Onward(Shown):
    """接着核对要用的参数。"""

    after: int = Field(description="核对到第几行")
    after_hash: str = Field(description="那一行的哈希")


class Verification(Shown):
    """核对一段的结果。"""

    intact: bool = Field(description="这一段是否完好")
    first: int = Field(description="这一段从第几行起")
    lines: int = Field(description="到第几行为止都完好")
    head: str = Field(description="那一行的哈希；抄存在别处，日后可以查出末尾被删去的行")
    total: int = Field(description="一共多少行")
    next: Onward | None = Field(description="接着核对的参数；核对完了或有问题时为空")
    unsealed: int | None = Field(description="有多少条历史记录早于核对办法，只知数目；核对完了才有，否则为空")
    broken_at: int | None = Field(description="第一处有问题的行号；问题不在某一行时为空")
    row: str | None = Field(description="有问题的历史记录：表和编号", examples=["decisions:12"])
    flaw: str | None = Field(
        description="missing 缺行、misplaced 与上一行不衔接、altered 被改动、unreadable 读不出、"
        "forged 第一行之前的行、seals 所附清单被改动、row 历史记录被改动或不见、"
        "stray 没有审计行的历史记录、lost 早先的历史记录数目变了、head 起点不符"
    )
    reason: str | None = Field(description="问题的说明")
