"""The JSON of the full-text search."""

# ruff: noqa: D400, D415 - the docstrings of the models are the Chinese text of the OpenAPI document

from __future__ import annotations

from pydantic import Field

from ..shown import InstantText, Shown


class Passage(Shown):
    """一段文字，以及其中要标出的字。"""

    text: str = Field(description="文字（已遮蔽个人信息）")
    start: int = Field(description="这一段从全文第几个字开始，从 0 数起")
    marks: list[tuple[int, int]] = Field(description="要标出的 [起, 止)，在这一段里按字数（码点）计")


class Hit(Shown):
    """检索到的一件。"""

    id: int = Field(description="编号（id），用于接口")
    number: str = Field(description="办件编号")
    kind: str = Field(description="complaint 诉求、proposal 提案")
    state: str = Field(description="状态")
    form: str | None = Field(description="形式")
    zone: str | None = Field(description="分区")
    topic: str | None = Field(description="主题")
    lead_unit: str | None = Field(description="主办单位")
    jurisdiction: str | None = Field(description="属地")
    received_at: InstantText = Field(description="受理时间")
    deadline_at: InstantText | None = Field(description="办理时限")
    closed_at: InstantText | None = Field(description="办完时间")
    overdue: bool = Field(description="是否还没办完且已超期")
    title: Passage = Field(description="标题")
    snippet: Passage = Field(description="正文中最能说明为什么检索到的一段")


class SearchPage(Shown):
    """一页检索结果。"""

    items: list[Hit]
    next: str | None = Field(description="下一页的 cursor；没有下一页为空")
    total: int | None = Field(description="一共多少件；太多而没有数完为空")
    complete: bool = Field(description="false：命中太多，按相关排序时只排最近的 300 件")
    words: list[str] = Field(description="读作这些词，都要出现")
    without: list[str] = Field(description="都不能出现")
    units: list[str] = Field(description="检索词恰好是这些单位的名称或别名，可再按 unit 筛选")
