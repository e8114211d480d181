"""After the decision: returns, transfers, extensions, outcomes, evaluations, doing it again."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from fenban.serving.desk.matters import outcomes, returning, steps
from fenban.serving.store.base import now
from fenban.serving.store.errors import RefusedError
from fenban.serving.store.tables.matters import OutcomeRow, ReturnRow, TransferRow, TransitionRow

from ..conftest import LIGHTS, WATER

PHONE = "13800000000"


def only(office, table):
    with office.database.reading() as session:
        return session.scalars(select(table)).one()


def test_a_returned_matter_waits_for_another_decision(office):
    submission_id = office.decided()
    office.do(returning.send_back, submission_id, "职能不符", f"联系人{PHONE}，不归我们")
    returned = only(office, ReturnRow)
    assert (returned.unit, returned.reason, returned.function) == (LIGHTS, "职能不符", "城市管理局")
    assert PHONE not in returned.why
    office.decide(submission_id, lead_unit=WATER)
    row = office.row(submission_id)
    assert (row.state, row.lead_unit) == ("已派遣", WATER)


@pytest.mark.parametrize(("reason", "why"), [("不想办", "理由"), ("职能不符", " ")])
def test_a_return_needs_a_known_reason_and_words(office, reason, why):
    submission_id = office.decided()
    with pytest.raises(RefusedError):
        office.do(returning.send_back, submission_id, reason, why)
    assert office.row(submission_id).state == "已派遣"


def test_what_no_unit_has_is_neither_returned_nor_transferred(office):
    submission_id = office.take_in()
    with pytest.raises(RefusedError):
        office.do(returning.send_back, submission_id, "职能不符", "不归我们")
    with pytest.raises(RefusedError):
        office.do(returning.transfer, submission_id, WATER, "水管")


def test_a_transfer_changes_the_unit_and_its_function(office):
    submission_id = office.take_in()
    office.decide(submission_id, co_units=(WATER,))
    office.do(steps.PLAIN["sign"], submission_id, "")
    office.do(returning.transfer, submission_id, WATER, "是水管")
    row, line = office.row(submission_id), only(office, TransferRow)
    assert (row.state, row.lead_unit, row.function, row.co_units) == ("已派遣", WATER, "水务局", [])
    assert (line.from_unit, line.to_unit) == (LIGHTS, WATER)
    with pytest.raises(RefusedError):
        office.do(returning.transfer, submission_id, WATER, "再转")


def test_extending_changes_the_deadline_as_far_as_the_rule_allows(office):
    submission_id = office.decided()
    before = office.row(submission_id).deadline_at
    with pytest.raises(RefusedError):
        office.do(steps.extend, submission_id, before + dt.timedelta(days=400), "要开挖")
    with pytest.raises(RefusedError):
        office.do(steps.extend, submission_id, before - dt.timedelta(days=1), "要开挖")
    with pytest.raises(RefusedError):
        office.do(steps.extend, submission_id, before + dt.timedelta(days=1), " ")
    assert office.row(submission_id).deadline_at == before
    office.do(steps.extend, submission_id, before + dt.timedelta(days=1), "要开挖")
    assert office.row(submission_id).deadline_at == before + dt.timedelta(days=1)


def test_an_extended_deadline_is_not_counted_anew_by_another_decision(office):
    submission_id = office.decided()
    until = office.row(submission_id).deadline_at + dt.timedelta(days=1)
    office.do(steps.extend, submission_id, until, "要开挖")
    office.do(returning.send_back, submission_id, "职能不符", "不归我们")
    office.decide(submission_id, lead_unit=WATER, lane="紧急")
    assert office.row(submission_id).deadline_at == until


def test_an_outcome_closes_and_is_masked(office):
    submission_id = office.decided()
    office.do(outcomes.resolve, submission_id, f"已修好，联系{PHONE}", resolved=True)
    row, outcome = office.row(submission_id), only(office, OutcomeRow)
    assert (row.state, row.closed_at is not None) == ("办结", True)
    assert (outcome.final_unit, outcome.resolved, PHONE in outcome.why) == (LIGHTS, True, False)
    with pytest.raises(RefusedError):
        office.do(returning.send_back, submission_id, "职能不符", "太晚")


def test_an_unsatisfied_person_has_it_done_again(office):
    submission_id = office.decided()
    office.do(outcomes.resolve, submission_id, "已修", resolved=True)
    with pytest.raises(RefusedError):
        office.do(outcomes.reopen, submission_id, "没修好")  # not evaluated yet
    office.do(outcomes.evaluate, submission_id, satisfied=False, score=1, why="还是不亮")
    with pytest.raises(RefusedError):
        office.do(outcomes.evaluate, submission_id, satisfied=True, score=5, why="")
    with pytest.raises(RefusedError):
        office.do(outcomes.reopen, submission_id, "")
    office.do(outcomes.reopen, submission_id, "没修好")
    row = office.row(submission_id)
    assert (row.state, row.satisfied, row.closed_at, row.lead_unit) == ("重办", None, None, LIGHTS)
    assert row.deadline_at > now()
    office.do(outcomes.resolve, submission_id, "换了灯", resolved=True)
    office.do(outcomes.evaluate, submission_id, satisfied=True, score=5, why="")
    with pytest.raises(RefusedError):
        office.do(outcomes.reopen, submission_id, "再来")


def test_a_proposal_is_answered_evaluated_and_done_again(office):
    submission_id = office.take_in(form="提案")
    office.do(steps.PLAIN["register"], submission_id, "")
    office.decide(submission_id)
    office.do(steps.PLAIN["sign"], submission_id, "")
    office.do(outcomes.resolve, submission_id, "列入明年计划", resolved=False)
    assert office.row(submission_id).state == "答复"
    office.do(outcomes.evaluate, submission_id, satisfied=False, score=None, why="太慢")
    row = office.row(submission_id)
    assert (row.state, row.closed_at is not None) == ("评价", True)
    office.do(outcomes.reopen, submission_id, "请重新答复")
    assert office.row(submission_id).state == "重办"


def test_a_proposal_that_is_not_registered_goes_on_as_public_opinion(office):
    submission_id = office.take_in(form="提案")
    version = office.row(submission_id).version
    with pytest.raises(RefusedError):
        office.do(steps.refuse, submission_id, "")
    office.do(steps.refuse, submission_id, "不属提案范围")
    row = office.row(submission_id)
    assert (row.kind, row.form, row.state, row.closed_at) == ("complaint", "社情民意", "待派遣", None)
    assert row.version == version + 1
    with office.database.reading() as session:
        lines = session.execute(select(TransitionRow.action, TransitionRow.to_state)).all()
    assert [tuple(line) for line in lines[-2:]] == [("refuse", "不予立案"), ("convert", "待派遣")]
    office.decide(submission_id)
    assert office.row(submission_id).state == "已派遣"


def test_a_complaint_that_is_refused_is_closed(office):
    submission_id = office.take_in()
    office.do(steps.refuse, submission_id, "不属受理范围")
    row = office.row(submission_id)
    assert (row.state, row.closed_at is not None) == ("不予受理", True)
    with pytest.raises(RefusedError):
        office.decide(submission_id)


def test_a_proposal_goes_back_to_its_authors_and_comes_again(office):
    submission_id = office.take_in(form="微提案")
    office.do(steps.PLAIN["ask"], submission_id, "缺少建议部分")
    assert office.row(submission_id).state == "草稿"
    office.do(steps.PLAIN["accept"], submission_id, "")
    assert office.row(submission_id).state == "审查"
