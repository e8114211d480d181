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
CLOSED = frozenset({"办结", "并案", "不予受理", "不予立案", "答复", "评价"})


@dataclass(frozen=True, slots=True)
class Step:
    """An action that takes a matter from any of ``origins`` to ``to``.

    Where ``to`` is None the state stays, or, for ``undo`` and ``split``, is the one before.

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
    _step("decide", "派遣", "待受理 待派遣", "已派遣"),
    _step("decide", "改派", "退单", "已派遣"),
    _step("undo", "撤销派遣", "已派遣", None),
    _step("sign", "签收", "已派遣 重办", "办理中"),
    _step("return", "退单", "已派遣 办理中 重办", "退单", needs_reason=True),
    _step("transfer", "转办", "已派遣 办理中 重办", "已派遣", needs_reason=True),
    _step("extend", "延期", "已派遣 办理中 重办", None, needs_reason=True),
    _step("agree", "登记协商意见书", "已派遣 办理中 重办", "办理中"),
    _step("fulfil", "确认已兑现", "办理中", None),
    _step("unsettle", "调解不成", "已派遣 办理中 重办", None, needs_reason=True),
    _step("resolve", "办结", "已派遣 办理中 重办", "办结"),
    _step("evaluate", "评价", "办结", None),
    _step("reopen", "不满意重办", "办结", "重办", needs_reason=True),
    _step("merge", "并案", "待受理 待补充 待派遣 已派遣 办理中 退单 重办", "并案"),
    _step("split", "取消并案", "并案", None, needs_reason=True),
)

PROPOSAL_STEPS: tuple[Step, ...] = (
    _step("accept", "提交审查", "草稿", "审查"),
    _step("supplement", "补充", "草稿", None),
    _step("register", "立案", "审查", "立案"),
    _step("refuse", "不予立案", "审查", "不予立案", needs_reason=True),
    _step("convert", "转社情民意", "不予立案", "待派遣"),
    _step("ask", "退回补充", "审查", "草稿", needs_reason=True),
    _step("decide", "交办", "立案", "交办"),
    _step("decide", "改派", "退单", "交办"),
    _step("undo", "撤销交办", "交办", None),
    _step("sign", "签收", "交办 重办", "办理中"),
    _step("return", "退单", "交办 办理中 重办", "退单", needs_reason=True),
    _step("transfer", "转办", "交办 办理中 重办", "交办", needs_reason=True),
    _step("extend", "延期", "交办 办理中 重办", None, needs_reason=True),
    _step("agree", "登记协商意见书", "交办 办理中 重办", "办理中"),
    _step("fulfil", "确认已兑现", "办理中", None),
    _step("unsettle", "调解不成", "交办 办理中 重办", None, needs_reason=True),
    _step("resolve", "答复", "交办 办理中 重办", "答复"),
    _step("evaluate", "评价", "答复", "评价"),
    _step("reopen", "不满意重办", "答复 评价", "重办", needs_reason=True),
    _step("merge", "并案", "草稿 审查 立案 交办 办理中 退单 重办", "并案"),
    _step("split", "取消并案", "并案", None, needs_reason=True),
)

# Lines of the timeline that nobody chooses: they come with a step of this or of another matter.
NOTES = {
    "intake": "登记",
    "absorb": "并入一件",
    "release": "一件取消并入",
    "follow": "随主件",
}
_STEPS: dict[str, tuple[Step, ...]] = {"complaint": COMPLAINT_STEPS, "proposal": PROPOSAL_STEPS}
FIRST: dict[str, str] = {"complaint": "待受理", "proposal": "草稿"}


def kind_of(form: str | None) -> Kind:
    """Return whether a form goes the way of a proposal or of a complaint."""
    return "proposal" if form in PROPOSAL_FORMS else "complaint"


def step_for(kind: str, action: str, state: str) -> Step | None:
    """Return the step that ``action`` takes from ``state``; None where it is not allowed."""
    return next((step for step in _STEPS[kind] if step.action == action and state in step.origins), None)


def steps_from(kind: str, state: str) -> tuple[Step, ...]:
    """Return the steps that may be taken from ``state``, in the order of the buttons."""
    return tuple(step for step in _STEPS[kind] if state in step.origins)


def label_of(kind: str, action: str, from_state: str | None = None) -> str:
    """Return what people call an action, as taken from ``from_state`` where that makes a difference.

    A matter whose kind changed keeps the lines of its former kind, so the other kind is asked too.
    """
    for steps in (_STEPS[kind], *_STEPS.values()):
        labels = [step.label for step in steps if step.action == action and from_state in step.origins]
        if labels:
            return labels[0]
    known = (
        step.label for steps in (_STEPS[kind], *_STEPS.values()) for step in steps if step.action == action
    )
    return NOTES.get(action) or next(known, action)


def states_of(kind: str) -> tuple[str, ...]:
    """Return every state of a kind, in the order in which matters pass them."""
    found = dict.fromkeys([FIRST[kind]])
    for step in _STEPS[kind]:
        found |= dict.fromkeys([step.to] if step.to else [])
    return tuple(found)
