"""The JSON of suggestions and of the model: what may be asked, and what is answered.

Answers read the attributes of ``fenban.model.Suggestion``; what an attribute is missing for is left out.
"""

# ruff: noqa: D400, D415 - the docstrings of the models are the Chinese text of the OpenAPI document

from __future__ import annotations

import datetime as dt  # noqa: TC003 - pydantic reads it at runtime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from fenban.model import FORMS, Submission, Zone
from fenban.training import as_date

from ..shown import Shown

if TYPE_CHECKING:
    from pydantic.config import JsonDict

MOST_EXPLAINED = 8  # texts of one request; each costs about fifteen
REQUEST_EXAMPLE: JsonDict = {
    "items": [
        {
            "text": "朝阳路口红绿灯坏了三天，早高峰没人指挥，电动车和公交抢道，麻烦尽快修。",
            "title": "红绿灯坏了",
            "jurisdiction": "南宁市/兴宁区",
            "received_at": "2025-03-18",
        }
    ],
    "top": 3,
}


def _read_day(value: object) -> dt.date | None:
    if value is None:
        return None
    day = as_date(value) if isinstance(value, str) else None
    if day is None:
        raise PydanticCustomError("day", "应为日期，例如 2025-03-18")
    return day


def _refuse_half_pairs(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:  # JSON can write half a surrogate pair
        raise PydanticCustomError("string_unicode", "含有无效的 Unicode 字符") from error
    return value


UnicodeText = Annotated[str, AfterValidator(_refuse_half_pairs)]


class Asked(BaseModel):
    """Base of what a caller sends: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SubmissionItem(Asked):
    """一件诉求或提案。"""

    text: UnicodeText = Field(
        description="正文，原样即可，不需要预先清洗", examples=["小区门口的路灯不亮，晚上看不清路。"]
    )
    title: UnicodeText | None = Field(None, max_length=1000, description="标题；正文开头已有的不会重复计算")
    received_at: Annotated[dt.date | None, BeforeValidator(_read_day)] = Field(
        None,
        description="受理时间，只取到日；2025-03-18、2025-03-18 09:30、2025年3月18日 都可以",
        examples=["2025-03-18"],
    )
    jurisdiction: UnicodeText | None = Field(
        None, max_length=200, description="属地：诉求人或承办地所在的行政区划", examples=["南宁市/青秀区"]
    )
    form: UnicodeText | None = Field(None, max_length=20, description=f"形式：{'、'.join(FORMS)}")

    def submission(self, default_jurisdiction: str | None) -> Submission:
        """Return the domain's record of this item."""
        return Submission(
            text=self.text,
            title=self.title or "",
            received_at=self.received_at,
            jurisdiction=self.jurisdiction or default_jurisdiction,
            form=self.form or None,
        )


class SuggestionRequest(Asked):
    """请求分办建议。"""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [REQUEST_EXAMPLE]})

    items: list[SubmissionItem] = Field(min_length=1, description="要判断的诉求，一次可以多件，按顺序返回")
    top: int = Field(3, ge=1, le=10, description="主题、职能、主办单位各列出几个")
    target_precision: float | None = Field(
        None,
        ge=0.5,
        le=0.999,
        description="“可直接分办”应达到的准确率；不填用模型自带的目标",
        examples=[0.95],
    )
    explain: bool = Field(
        False,
        description=(
            "是否逐词重算：依据中的词按去掉后的实际影响排序，并给出怎样会改变结果；"
            f"每件约多花十五件的时间，一次最多 {MOST_EXPLAINED} 件"
        ),
    )


class TopicAnswer(Shown):
    """主题及其概率。"""

    path: str = Field(description="两级主题，以 / 分隔", examples=["交通运输/交通秩序"])
    probability: float = Field(ge=0, le=1, description="校准后的概率", examples=[0.91])


class FunctionAnswer(Shown):
    """职能及其概率。"""

    function: str = Field(description="职能的完整通用名", examples=["公安局交警支队"])
    probability: float = Field(ge=0, le=1, description="校准后的概率")


class UnitAnswer(Shown):
    """单位及其概率。"""

    unit: str = Field(description="单位名称", examples=["南宁市公安局交警支队"])
    function: str | None = Field(description="职能；名录没有写明时为空")
    jurisdiction: str | None = Field(description="属地，由市到镇以 / 分隔；不分属地时为空")
    probability: float = Field(ge=0, le=1, description="校准后的概率")
    trial: bool = Field(description="是否试用单位：新增后尚未参加训练，按职责和例子推荐")
    formerly: str | None = Field(
        None, description="模型里的名称；更名或合并后，unit 是承接的单位。没有更名时无此项"
    )
    ended: bool = Field(False, description="是否已停用而没有承接单位；没有停用时无此项")


class FormAnswer(Shown):
    """诉求形式及其概率。"""

    name: str = Field(description="形式", examples=["投诉"])
    probability: float = Field(ge=0, le=1, description="校准后的概率")


class LaneAnswer(Shown):
    """办理通道及理由。"""

    name: str = Field(description="办理通道", examples=["常规交办"])
    reason: str = Field(description="为什么走这条通道")


class WordAnswer(Shown):
    """起作用的词。"""

    text: str = Field(description="原文中的字词")
    start: int = Field(
        description="在“标题+换行+正文”中的起点，按字符计；没有标题或正文以标题开头时从正文算起"
    )
    end: int = Field(description="终点，不含")
    weight: float = Field(description="对首选结果的贡献；请求 explain 时为去掉它后首选的对数几率下降多少")


class SimilarAnswer(Shown):
    """相似的已办件。"""

    text: str = Field(description="已脱敏的内容，只留开头")
    lead_unit: str | None = Field(description="最终的主办单位；没有记录时为空")
    function: str | None = Field(description="职能；没有记录时为空")
    topic: str | None = Field(description="主题；没有记录时为空")
    received_at: dt.date | None = Field(description="受理日期；没有记录时为空")
    similarity: float = Field(ge=0, le=1, description="相似度：1 为用词相同，0 为任意两件的平均水平")


class ChangeAnswer(Shown):
    """怎样会改变结果：改动后重新判断得到的首选。"""

    kind: Literal["words", "place"] = Field(description="words 去掉一些词，place 换一个属地")
    removed: list[str] = Field(description="去掉的词")
    jurisdiction: str | None = Field(description="换成的属地")
    answer: str = Field(description="改动后的首选：去词时为职能（没有职能时为主题），换属地时为单位")
    probability: float = Field(ge=0, le=1, description="改动后首选的概率")
    changed: bool = Field(description="首选是否变了；去掉最起作用的几个词仍不变时为 false")
    text: str = Field(description="一句话说明", examples=["去掉“路灯”后，第一位变为公安局（41%）"])


class EvidenceAnswer(Shown):
    """依据。"""

    words: list[WordAnswer] = Field(description="起作用的词，贡献大的在前")
    duties: str | None = Field(description="对应的职责条款")
    similar: list[SimilarAnswer] = Field(description="相似的已办件，最多三件")
    changes: list[ChangeAnswer] = Field(description="怎样会改变结果；请求 explain 时才有")


class MatterAnswer(Shown):
    """一事多诉中的一件。"""

    text: str = Field(description="这一件的文字，已脱敏")
    start: int = Field(description="在原文中的起点，与起作用的词同样计算")
    end: int = Field(description="终点，不含")
    functions: list[FunctionAnswer] = Field(description="职能，可能性大的在前")
    lead_unit: UnitAnswer | None = Field(description="这一件的主办单位；模型不认识单位时为空")


class ModelVersion(Shown):
    """所用模型。"""

    version: str = Field(description="模型版本", examples=["b7e5e0b973f9"])


class SuggestionAnswer(Shown):
    """一件诉求的分办建议。"""

    topics: list[TopicAnswer] = Field(description="主题，可能性大的在前")
    functions: list[FunctionAnswer] = Field(description="职能，可能性大的在前")
    lead_units: list[UnitAnswer] = Field(description="主办单位，可能性大的在前")
    co_units: list[UnitAnswer] = Field(description="协办单位")
    zone: Zone = Field(description="auto 可直接分办、confirm 请确认、manual 人工研判")
    form: FormAnswer | None = Field(description="形式；模型没有学过时为空")
    lane: LaneAnswer | None = Field(description="办理通道；模型没有学过时可能为空")
    flags: list[str] = Field(
        description="提醒：danger 可能危及人身安全、out_of_scope 可能不属于政府部门职责、unreadable 文字太少"
    )
    missing: list[str] = Field(description="缺少的信息：place 缺地点")
    evidence: EvidenceAnswer = Field(description="依据")
    model: ModelVersion = Field(description="所用模型")
    hints: list[str] = Field(
        description="提醒的理由和去处，给经办人看", examples=[["文中提到“漏气”，可能危及人身（燃气）"]]
    )
    matters: list[MatterAnswer] = Field(description="一事多诉时逐件列出；只有一件时为空")


class Timings(Shown):
    """耗时，单位毫秒。"""

    waiting_ms: float = Field(description="排队等待", examples=[0.2])
    inference_ms: float = Field(description="模型计算", examples=[3.1])


class SuggestionResponse(Shown):
    """分办建议，与请求中的 items 一一对应。"""

    items: list[SuggestionAnswer] = Field(description="分办建议，顺序与请求相同")
    model: ModelVersion = Field(description="所用模型")
    timings: Timings = Field(description="耗时")


class Topic(Shown):
    """模型认识的一个主题。"""

    path: str = Field(description="两级主题", examples=["交通运输/公共交通"])
    definition: str | None = Field(description="范围说明；自定义主题没有说明时为空")


class TopicList(Shown):
    """模型认识的全部主题。"""

    items: list[Topic] = Field(description="主题，按名称排序")


class ModelFacts(Shown):
    """模型的说明。"""

    version: str = Field(description="模型版本")
    facts: dict[str, Any] = Field(description="模型清单中的事实：训练数据的件数与指纹、各指标、依赖库版本")
    labels: dict[str, int] = Field(
        description="能判断的项目，各有多少个取值", examples=[{"lead_unit": 236, "topic": 91}]
    )
    zone_label: str = Field(description="分区依据哪一项")
    target_precision: float = Field(description="“可直接分办”的目标准确率")
    thresholds: dict[str, float | None] = Field(description="各项达到目标准确率所需的概率；为空表示达不到")
