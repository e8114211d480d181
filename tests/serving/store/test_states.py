"""The tables of steps: every transition there must be, and nothing that leads nowhere."""

from __future__ import annotations

import pytest

from fenban.model.case import FORMS
from fenban.serving.store import states


def test_the_way_of_a_complaint_and_what_may_happen_on_it():
    taken = [("accept", "待受理"), ("decide", "待派遣"), ("sign", "已派遣"), ("resolve", "办理中")]
    reached = [states.step_for("complaint", *step).to for step in taken]
    assert reached == ["待派遣", "已派遣", "办理中", "办结"]
    ends = {
        ("return", "办理中"): "退单",
        ("decide", "退单"): "已派遣",
        ("ask", "待派遣"): "待补充",
        ("supplement", "待补充"): "待派遣",
        ("merge", "待派遣"): "并案",
        ("reopen", "办结"): "重办",
        ("refuse", "待受理"): "不予受理",
    }
    assert {key: states.step_for("complaint", *key).to for key in ends} == ends
    assert states.step_for("complaint", "extend", "办理中").to is None


def test_the_way_of_a_proposal():
    ends = {
        ("accept", "草稿"): "审查",
        ("register", "审查"): "立案",
        ("merge", "审查"): "并案",
        ("refuse", "审查"): "不予立案",
        ("convert", "不予立案"): "待派遣",
        ("decide", "立案"): "交办",
        ("resolve", "办理中"): "答复",
        ("evaluate", "答复"): "评价",
        ("reopen", "评价"): "重办",
    }
    assert {key: states.step_for("proposal", *key).to for key in ends} == ends


@pytest.mark.parametrize("kind", ["complaint", "proposal"])
def test_every_state_can_be_reached_and_closed_ones_are_known(kind):
    reached, waiting = set(), [states.FIRST[kind]]
    while waiting:
        state = waiting.pop()
        reached.add(state)
        waiting += [step.to for step in states.steps_from(kind, state) if step.to and step.to not in reached]
    named = {state for step in states._STEPS[kind] for state in step.origins}
    assert named <= reached
    assert reached <= states.OPEN | states.CLOSED
    assert not states.OPEN & states.CLOSED


@pytest.mark.parametrize("kind", ["complaint", "proposal"])
def test_no_state_has_two_steps_of_one_action(kind):
    for state in states.OPEN | states.CLOSED:
        actions = [step.action for step in states.steps_from(kind, state)]
        assert len(actions) == len(set(actions))


def test_a_decision_is_called_by_what_it_is():
    assert states.label_of("complaint", "decide", "待派遣") == "派遣"
    assert states.label_of("complaint", "decide", "退单") == "改派"
    assert states.label_of("proposal", "decide", "立案") == "交办"


def test_lines_from_before_a_conversion_keep_their_name():
    assert states.label_of("complaint", "register", "审查") == "立案"
    assert states.label_of("complaint", "intake") == "登记"


def test_each_form_has_a_kind():
    kinds = {form: states.kind_of(form) for form in FORMS}
    assert kinds["提案"] == kinds["微协商"] == "proposal"
    assert kinds["投诉"] == kinds["社情民意"] == states.kind_of(None) == "complaint"
