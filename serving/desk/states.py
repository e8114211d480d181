"""The states of a matter and the only steps between them, for complaints and for proposals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["complaint", "proposal"]

PROPOSAL_FORMS = frozenset({"提案", "微提案", "微建议", "微协商"})

RETURN_REASONS = ("职能不符", "属地不符", "信息不全", "重复办件", "不属受理范围", "其他")
OPEN = frozenset(
    {"待受理", "待补充", "待派遣", "已派遣", "办理中", "退单", "重办", "草稿", "审查", "立案", "交办"}
)
WITH_A_UNIT = frozenset({"已派遣", "办理中", "交办", "重办"})
UNDECIDED = frozenset({"待派遣", "退单", "立案"})
CLOSED = frozenset({"办结", "并案", "不予受理", "不予立案", "答复", "评价"})


@dataclass(frozen=True, slots=True)
class Step:
    """An action that takes a matter from any of ``origins`` to ``to``; ``to`` None leaves the state.

    ``label`` is what the button says, ``needs_reason`` whether a reason must be given.
    """

    action: str
    label: str
    origins: frozenset[str]
    to: str | None
    needs_reason: bool = False


def _step(action: str, label: str, origins: str, to: str | None, needs_reason: bool = False) -> Step:
    return Step(action, label, frozenset(origins.split()), to, needs_reason)


COMPLAINT_STEPS: tuple[Step, ...] = (
    _step("accept", "受理", "待受理", "待派遣"),
    _step("refuse", "不予受理", "待受理 待补充 待派遣 退单", "不予受理", needs_reason=True),
    _step("ask", "要求补充", "待受理 待派遣 退单", "待补充", needs_reason=True),
    _step("supplement", "补充", "待补充", "待派遣"),
    _step("decide", "派遣", "待受理 待派遣 退单", "已派遣"),
    _step("undo", "撤销派遣", "已派遣", None),
    _step("sign", "签收", "已派遣 重办", "办理中"),
    _step("return", "退单", "已派遣 办理中 重办", "退单", needs_reason=True),
    _step("transfer", "转办", "已派遣 办理中 重办", "已派遣", needs_reason=True),
    _step("extend", "延期", "已派遣 办理中 重办", None, needs_reason=True),
    _step("agree", "登记协商意见书", "已派遣 办理中 重办", "办理中"),
    _step("fulfil", "确认已兑现", "办理中", None),
    _step("resolve", "办结", "已派遣 办理中 重办", "办结"),
    _step("evaluate", "评价", "办结", None),
    _step("reopen", "不满意重办", "办结", "重办", needs_reason=True),
    _step("merge", "并案", "待受理 待补充 待派遣 已派遣 办理中 退单 重办", "并案"),
)

PROPOSAL_STEPS: tuple[Step, ...] = (
    _step("accept", "提交审查", "草稿", "审查"),
    _step("register", "立案", "审查", "立案"),
    _step("refuse", "不予立案", "审查", "不予立案", needs_reason=True),
    _step("ask", "退回补充", "审查", "草稿", needs_reason=True),
    _step("decide", "交办", "立案 退单", "交办"),
    _step("undo", "撤销交办", "交办", None),
    _step("sign", "签收", "交办 重办", "办理中"),
    _step("return", "退单", "交办 办理中 重办", "退单", needs_reason=True),
    _step("transfer", "转办", "交办 办理中 重办", "交办", needs_reason=True),
    _step("extend", "延期", "交办 办理中 重办", None, needs_reason=True),
    _step("agree", "登记协商意见书", "交办 办理中 重办", "办理中"),
    _step("fulfil", "确认已兑现", "办理中", None),
    _step("resolve", "答复", "交办 办理中 重办", "答复"),
    _step("evaluate", "评价", "答复", "评价"),
    _step("reopen", "不满意重办", "答复 评价", "重办", needs_reason=True),
    _step("merge", "并案", "草稿 审查 立案 交办 办理中 退单", "并案"),
)

_STEPS: dict[str, dict[str, Step]] = {
    "complaint": {step.action: step for step in COMPLAINT_STEPS},
    "proposal": {step.action: step for step in PROPOSAL_STEPS},
}
FIRST: dict[str, str] = {"complaint": "待受理", "proposal": "草稿"}


def kind_of(form: str | None) -> Kind:
    """Return whether a form goes the way of a proposal or of a complaint."""
    return "proposal" if form in PROPOSAL_FORMS else "complaint"


def step_for(kind: str, action: str, state: str) -> Step | None:
    """Return the step that ``action`` takes from ``state``; None where it is not allowed."""
    step = _STEPS[kind].get(action)
    return step if step and state in step.origins else None


def allowed(kind: str, state: str) -> tuple[Step, ...]:
    """Return the steps that may be taken from ``state``, in the order of the buttons."""
    return tuple(step for step in _STEPS[kind].values() if state in step.origins)


def states_of(kind: str) -> tuple[str, ...]:
    """Return every state of a kind, in the order in which matters pass them."""
    found = dict.fromkeys([FIRST[kind]])
    for step in _STEPS[kind].values():
        found |= dict.fromkeys([step.to] if step.to else [])
    return tuple(found)
