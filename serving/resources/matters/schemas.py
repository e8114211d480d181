"""The JSON of matters: what may be registered, and what is answered."""

# ruff: noqa: D400, D415 - the docstrings of the models are the Chinese text of the OpenAPI document

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from fenban.model import FORMS, LANES, Zone

from ..fields import MaskedText, PastMoment, PlainText, SaidText  # noqa: TC001 - fields
from ..shown import Instant, Shown
from ..suggestions.schemas import Asked, SuggestionAnswer

Form = Literal["投诉", "求助", "咨询", "举报", "建议", "提案", "微提案", "微建议", "微协商", "社情民意"]
LaneName = Literal["常规交办", "直通车", "协商调解", "跨区域协同", "紧急"]
KindName = Literal["complaint", "proposal"]
assert Form.__args__ == FORMS  # type: ignore[attr-defined]
assert LaneName.__args__ == LANES  # type: ignore[attr-defined]


class NewSubmission(Asked):
    """要登记的一件诉求或提案。原文单独保存，其余各处只用遮蔽了个人信息的文字。"""

    text: SaidText = Field(description="正文，原样即可", examples=["小区门口的路灯不亮，晚上看不清路。"])
    title: PlainText = Field("", max_length=1000, description="标题")
    form: Form | None = Field(None, description="形式；不填按模型判断")
    lane: LaneName | None = Field(None, description="办理通道；不填按模型判断")
    channel: MaskedText | None = Field(None, max_length=50, description="来源渠道", examples=["12345 热线"])
    jurisdiction: MaskedText | None = Field(
        None, max_length=200, description="属地", examples=["南宁市/青秀区"]
    )
    received_at: PastMoment | None = Field(
        None, description="受理时间；不填为现在，没有时区按北京时间", examples=["2026-03-18T09:30:00+08:00"]
    )
    submitter: PlainText | None = Field(None, max_length=100, description="诉求人，只存原文处")
    contact: PlainText | None = Field(None, max_length=200, description="联系方式，只存原文处")
    kind: KindName | None = Field(None, description="complaint 诉求、proposal 提案；不填按形式")
    accept: bool = Field(True, description="是否直接受理（提案为提交审查）；否则停在待受理（草稿）")


class Action(Shown):
    """现在可以办的一步。"""

    action: str = Field(description="代号", examples=["decide"])
    label: str = Field(description="按钮上的字", examples=["派遣"])
    needs_reason: bool = Field(description="是否必须写理由")


class Matter(Shown):
    """一件办件。"""

    id: int = Field(description="编号（id），用于接口")
    number: str = Field(description="办件编号，给人看", examples=["20261126-000123"])
    version: int = Field(description='版本，每次改动加一；ETag 为 "v版本"')
    kind: KindName = Field(description="complaint 诉求、proposal 提案")
    state: str = Field(description="状态", examples=["待派遣"])
    form: str | None = Field(description="形式")
    lane: str | None = Field(description="办理通道")
    channel: str | None = Field(description="来源渠道")
    title: str = Field(description="标题，已遮蔽")
    text: str = Field(description="正文，已遮蔽；列表中只给开头 300 字，更长的以 … 结尾")
    jurisdiction: str | None = Field(description="属地")
    received_at: Instant = Field(description="受理时间")
    deadline_at: Instant | None = Field(description="办理时限；没有适用规则时为空")
    standing: Literal["none", "fine", "near", "overdue"] = Field(
        description="时限状况：none 没有时限、fine 正常、near 临近、overdue 超期"
    )
    overdue: bool = Field(description="是否还没办完且已超期")
    closed_at: Instant | None = Field(description="办结、并案或不予受理的时间")
    zone: Zone | None = Field(description="分区：auto 可直接分办、confirm 请确认、manual 人工研判")
    suggested_unit: str | None = Field(description="模型首选的主办单位")
    topic: str | None = Field(description="主题")
    function: str | None = Field(description="职能")
    lead_unit: str | None = Field(description="主办单位；还没派遣时为空")
    other_lead_unit: str | None = Field(description="跨区域协同时另一方的主办单位")
    co_units: list[str] = Field(description="协办单位")
    merged_into: int | None = Field(description="已并入哪一件（id）")
    satisfied: bool | None = Field(description="诉求人是否满意；没有评价时为空")
    created_by: str = Field(description="登记人")
    created_at: Instant = Field(description="登记时间")
    updated_at: Instant = Field(description="最近一次改动的时间")
    actions: list[Action] = Field(description="您现在可以办的")


class MatterPage(Shown):
    """办件的一页。"""

    items: list[Matter] = Field(description="本页的办件")
    next: str | None = Field(description="下一页的 cursor；没有下一页时为空")
    total: int | None = Field(description="总数，最多数到 10000；第一页以外，或数起来太久时为空")
    total_is_more: bool = Field(description="是否还多于 total（为空时：很多）")


class KeptSuggestion(Shown):
    """为一件办件保存的分办建议。"""

    id: int = Field(description="编号，决定时填 suggestion_id")
    at: Instant = Field(description="什么时候问的")
    model_version: str = Field(description="模型版本")
    zone: Zone = Field(description="分区")
    suggestion: SuggestionAnswer = Field(
        validation_alias="body",
        description="分办建议，与 /suggestions 的回答相同；字词的位置按已遮蔽的标题和正文计",
    )


class SuggestionList(Shown):
    """一件办件的全部分办建议。"""

    items: list[KeptSuggestion] = Field(description="分办建议，早的在前")


class Registered(Matter):
    """登记好的办件，以及分办建议。"""

    suggestion: KeptSuggestion | None = Field(description="分办建议；模型没有应答时为空，可以再问")


class SuggestedMatter(Shown):
    """新的分办建议和办件。"""

    suggestion: KeptSuggestion = Field(description="分办建议")
    matter: Matter = Field(description="办件")


class RawText(Shown):
    """原文和联系方式，未遮蔽。"""

    title: str = Field(description="标题原文")
    text: str = Field(description="正文原文")
    submitter: str | None = Field(description="诉求人")
    contact: str | None = Field(description="联系方式")


class TimelineEntry(Shown):
    """办理过程中的一步。"""

    id: int = Field(description="编号")
    at: Instant = Field(description="时间")
    by: str = Field(description="谁")
    action: str = Field(description="代号", examples=["decide"])
    label: str = Field(description="名称", examples=["派遣"])
    from_state: str | None = Field(description="之前的状态；登记时为空")
    to_state: str = Field(description="之后的状态")
    why: str = Field(description="理由或内容，已遮蔽")
    detail: dict[str, Any] = Field(description="这一步的内容，例如主办单位、退单原因、延期到何时")


class Timeline(Shown):
    """办理过程。"""

    items: list[TimelineEntry] = Field(description="各步，早的在前")
