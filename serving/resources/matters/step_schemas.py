"""The JSON of what is done with a matter, and of the lines that are written about it."""

# ruff: noqa: D400, D415 - the docstrings of the models are the Chinese text of the OpenAPI document

from __future__ import annotations

import datetime as dt  # noqa: TC003 - pydantic reads it at runtime
from typing import Generic, Literal, TypeVar

from pydantic import Field

from ...store.states import RETURN_REASONS
from ..fields import (  # noqa: TC001 - pydantic reads them
    FutureMoment,
    Id,
    MaskedName,
    Name,
    NearDay,
    PlainText,
    SaidText,
)
from ..shown import Instant, Shown
from ..suggestions.schemas import Asked
from .schemas import Form, LaneName, Matter, TimelineEntry  # noqa: TC001 - pydantic reads them

ReturnReason = Literal["职能不符", "属地不符", "信息不全", "重复办件", "不属受理范围", "其他"]
assert ReturnReason.__args__ == RETURN_REASONS  # type: ignore[attr-defined]
_LONG = 20_000
ItemT = TypeVar("ItemT", bound=Shown)


class NewDecision(Asked):
    """分办决定。没有填的项保持办件现在的值。"""

    lead_unit: Name = Field(description="主办单位，名录中的全称或别名", examples=["南宁市公安局交警支队"])
    co_units: list[Name] = Field([], max_length=20, description="协办单位")
    other_lead_unit: MaskedName | None = Field(None, description="另一方的主办单位；跨区域协同时必填")
    function: MaskedName | None = Field(None, description="职能；不填随主办单位")
    topic: MaskedName | None = Field(None, description="主题")
    lane: LaneName | None = Field(None, description="办理通道")
    form: Form | None = Field(None, description="形式")
    why: PlainText = Field("", max_length=_LONG, description="理由")
    suggestion_id: Id | None = Field(None, description="决定时看的是哪个分办建议；不填为最后一个")


class NewReturn(Asked):
    """退单。"""

    reason: ReturnReason = Field(description="原因")
    why: SaidText = Field(max_length=_LONG, description="单位怎么说的")


class NewTransfer(Asked):
    """转办。"""

    to_unit: Name = Field(description="转给哪个单位")
    why: SaidText = Field(max_length=_LONG, description="理由")


class NewMerge(Asked):
    """并案。"""

    into: Id = Field(description="并入哪一件（id）；那一件已并入别的件时，并入其主件")
    why: PlainText = Field("", max_length=_LONG, description="理由")


class NewOutcome(Asked):
    """办理结果。"""

    reply: SaidText = Field(max_length=_LONG, description="给诉求人的答复")
    resolved: bool = Field(description="是否已实际解决（否则为已解释、已列入计划等）")


class NewEvaluation(Asked):
    """诉求人的评价。"""

    satisfied: bool = Field(description="是否满意")
    score: int | None = Field(None, ge=1, le=5, description="打分，1 到 5")
    why: PlainText = Field("", max_length=_LONG, description="诉求人的意见")


class NewExtension(Asked):
    """延期。"""

    until: FutureMoment = Field(description="新的办理时限", examples=["2027-01-08T18:00:00+08:00"])
    why: SaidText = Field(max_length=_LONG, description="理由")


class NewPromise(Asked):
    """协商意见书中约定的一件事。"""

    unit: Name = Field(description="谁来办")
    what: SaidText = Field(max_length=2000, description="办什么")
    due_on: NearDay | None = Field(None, description="最迟哪天办好")


class NewAgreement(Asked):
    """协商意见书。"""

    text: SaidText = Field(max_length=_LONG, description="达成的意见")
    parties: list[Name] = Field(min_length=2, max_length=20, description="参加协商的各方")
    promises: list[NewPromise] = Field(
        min_length=1, max_length=50, description="约定的事，全部兑现后才能办结"
    )


class NewFulfilment(Asked):
    """确认一件约定的事已兑现。"""

    why: SaidText = Field(max_length=_LONG, description="怎样确认的")


class NewStep(Asked):
    """办理中的一步。"""

    action: Literal[
        "accept", "refuse", "ask", "supplement", "register", "sign", "reopen", "unsettle", "split"
    ] = Field(
        description=(
            "accept 受理或提交审查、refuse 不予受理或不予立案（转社情民意）、ask 要求补充、supplement 补充、"
            "register 立案、sign 签收、reopen 不满意重办、unsettle 调解不成、split 取消并案"
        )
    )
    why: PlainText = Field("", max_length=_LONG, description="理由；是否必填见办件的 actions")
    text: PlainText | None = Field(None, max_length=100_000, description="补充的内容，仅 supplement，必填")


class Undoing(Asked):
    """撤销，没有内容。"""


class Written(Shown):
    """只增不改的一条记录。"""

    id: int = Field(description="编号")
    at: Instant = Field(description="时间")
    by: str = Field(description="谁")
    why: str = Field(description="理由，已遮蔽")


class Decision(Written):
    """一个分办决定，或对它的撤销。"""

    suggestion_id: int | None = Field(description="决定时看的分办建议")
    undoes: int | None = Field(description="这一条撤销了哪个决定；不是撤销时为空")
    lead_unit: str = Field(description="主办单位")
    other_lead_unit: str | None = Field(description="另一方的主办单位")
    co_units: list[str] = Field(description="协办单位")
    function: str | None = Field(description="职能")
    topic: str | None = Field(description="主题")
    rank: int | None = Field(description="主办单位在分办建议中排第几；建议中没有时为空")


class MadeDecision(Decision):
    """刚作出的决定。"""

    undo_until: Instant = Field(description="本人在此之前可以撤销")


class Return(Written):
    """一次退单。"""

    unit: str = Field(description="哪个单位退的")
    function: str | None = Field(description="当时的职能")
    topic: str | None = Field(description="当时的主题")
    reason: ReturnReason = Field(description="原因")


class Transfer(Written):
    """一次转办。"""

    from_unit: str = Field(description="由哪个单位")
    to_unit: str = Field(description="转给哪个单位")


class Merge(Written):
    """一次并案。"""

    into: int = Field(validation_alias="into_id", description="主件（id）")


class Outcome(Shown):
    """一次办理结果。"""

    id: int = Field(description="编号")
    at: Instant = Field(description="时间")
    by: str = Field(description="谁")
    reply: str = Field(validation_alias="why", description="答复，已遮蔽")
    final_unit: str = Field(description="最后的主办单位")
    resolved: bool = Field(description="是否已实际解决")


class Evaluation(Written):
    """一次评价。"""

    satisfied: bool = Field(description="是否满意")
    score: int | None = Field(description="打分")


class Extension(Written):
    """一次延期。"""

    former: Instant | None = Field(description="原来的时限")
    until: Instant = Field(description="新的时限")


class Promise(Shown):
    """约定的一件事。"""

    id: int = Field(description="编号")
    unit: str = Field(description="谁来办")
    what: str = Field(description="办什么，已遮蔽")
    due_on: dt.date | None = Field(description="最迟哪天")
    fulfilment: Written | None = Field(description="怎样兑现的；还没有时为空")


class Agreement(Shown):
    """一份协商意见书。"""

    id: int = Field(description="编号")
    at: Instant = Field(description="时间")
    by: str = Field(description="谁登记的")
    text: str = Field(description="达成的意见，已遮蔽")
    parties: list[str] = Field(description="参加的各方，已遮蔽")
    promises: list[Promise] = Field(description="约定的事")


class Items(Shown, Generic[ItemT]):
    """一件办件的全部记录。"""

    items: list[ItemT] = Field(description="记录，早的在前")


class DecisionList(Items[Decision]):
    """一件办件的全部决定和撤销。"""


class ReturnList(Items[Return]):
    """一件办件的全部退单。"""


class TransferList(Items[Transfer]):
    """一件办件的全部转办。"""


class MergeList(Items[Merge]):
    """一件办件的全部并案。"""


class OutcomeList(Items[Outcome]):
    """一件办件的全部办理结果。"""


class EvaluationList(Items[Evaluation]):
    """一件办件的全部评价。"""


class ExtensionList(Items[Extension]):
    """一件办件的全部延期。"""


class AgreementList(Items[Agreement]):
    """一件办件的全部协商意见书。"""


class DecidedMatter(Shown):
    """决定和办件。"""

    decision: MadeDecision = Field(description="决定")
    matter: Matter = Field(description="办件")


class UndoneMatter(Shown):
    """撤销的记录和办件。"""

    decision: Decision = Field(description="撤销的记录")
    matter: Matter = Field(description="办件，恢复到决定之前")


class ReturnedMatter(Shown):
    """退单和办件。"""

    returned: Return = Field(description="退单")
    matter: Matter = Field(description="办件")


class TransferredMatter(Shown):
    """转办和办件。"""

    transfer: Transfer = Field(description="转办")
    matter: Matter = Field(description="办件")


class MergedMatter(Shown):
    """并案和办件。"""

    merge: Merge = Field(description="并案")
    matter: Matter = Field(description="并入的一件")
    main: Matter = Field(description="主件")


class ResolvedMatter(Shown):
    """办理结果和办件。"""

    outcome: Outcome = Field(description="办理结果")
    matter: Matter = Field(description="办件")


class EvaluatedMatter(Shown):
    """评价和办件。"""

    evaluation: Evaluation = Field(description="评价")
    matter: Matter = Field(description="办件")


class ExtendedMatter(Shown):
    """延期和办件。"""

    extension: Extension = Field(description="延期")
    matter: Matter = Field(description="办件")


class AgreedMatter(Shown):
    """协商意见书和办件。"""

    agreement: Agreement = Field(description="协商意见书")
    matter: Matter = Field(description="办件")


class FulfilledMatter(Shown):
    """兑现的记录和办件。"""

    fulfilment: Written = Field(description="兑现的记录")
    matter: Matter = Field(description="办件")


class SteppedMatter(Shown):
    """这一步和办件。"""

    step: TimelineEntry = Field(description="这一步在办理过程中的记录")
    matter: Matter = Field(description="办件")
