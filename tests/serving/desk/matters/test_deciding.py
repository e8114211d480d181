"""Deciding, undoing within ten seconds, and two clerks who decide at once."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from sqlalchemy import select

from fenban.serving.desk.matters import deciding, returning
from fenban.serving.desk.matters.desk import UnknownUnitError
from fenban.serving.store.base import now
from fenban.serving.store.errors import ChangedMeanwhileError, NotFoundError, RefusedError
from fenban.serving.store.tables.matters import DecisionRow

from ..conftest import LIGHTS, ROADS, WATER, suggestion


def decisions(office) -> list[DecisionRow]:
    with office.database.reading() as session:
        return list(session.scalars(select(DecisionRow).order_by(DecisionRow.id)))


def test_a_decision_says_where_the_suggestion_had_the_unit(office):
    submission_id = office.take_in(said=suggestion(LIGHTS, WATER))
    office.decide(submission_id, lead_unit=WATER, co_units=(LIGHTS, WATER, LIGHTS))
    row, (decision,) = office.row(submission_id), decisions(office)
    assert (row.state, row.lead_unit, row.co_units, row.function) == ("已派遣", WATER, [LIGHTS], "水务局")
    assert (decision.rank, decision.by, decision.suggestion_id) == (2, "wang", 1)
    other = office.take_in()
    office.decide(other, lead_unit=ROADS)
    assert decisions(office)[-1].rank is None


def test_a_unit_may_be_called_by_its_alias_but_must_be_known(office):
    submission_id = office.take_in()
    with pytest.raises(UnknownUnitError):
        office.decide(submission_id, lead_unit="某市没有的局")
    office.decide(submission_id, lead_unit="城管")
    assert office.row(submission_id).lead_unit == LIGHTS


def test_what_is_not_waiting_is_not_decided(office):
    submission_id = office.decided()
    with pytest.raises(RefusedError) as refused:
        office.decide(submission_id)
    assert "已派遣" in refused.value.reason
    with pytest.raises(RefusedError):
        office.decide(office.take_in(form="提案"))  # 审查: not registered yet


def test_a_suggestion_of_another_matter_is_not_the_basis(office):
    office.take_in()
    submission_id = office.take_in()
    with pytest.raises(NotFoundError):
        office.decide(submission_id, suggestion_id=1)


def test_across_a_border_both_sides_have_a_lead_unit(office):
    submission_id = office.take_in()
    for other in (None, "", LIGHTS):
        with pytest.raises(RefusedError):
            office.decide(submission_id, lane="跨区域协同", other_lead_unit=other)
    office.decide(submission_id, lane="跨区域协同", other_lead_unit="邻市城市管理局")
    row, (decision,) = office.row(submission_id), decisions(office)
    assert (row.lead_unit, row.other_lead_unit) == (LIGHTS, "邻市城市管理局")
    assert decision.other_lead_unit == "邻市城市管理局"


def test_a_decision_may_say_that_the_border_does_not_matter(office):
    submission_id = office.take_in(lane="跨区域协同")
    with pytest.raises(RefusedError):
        office.decide(submission_id)
    office.decide(submission_id, lane="常规交办")
    assert office.row(submission_id).lane == "常规交办"


def test_a_decision_cannot_turn_a_complaint_into_a_proposal(office):
    submission_id = office.take_in()
    with pytest.raises(RefusedError):
        office.decide(submission_id, form="提案")
    office.decide(submission_id, form="求助")
    assert office.row(submission_id).form == "求助"


def test_undoing_is_a_further_line_and_the_matter_is_as_it_was(office):
    submission_id = office.take_in()
    before = office.row(submission_id)
    decision_id = office.decide(submission_id, lead_unit=WATER, lane="直通车", topic="水务/停水", form="求助")
    office.do(deciding.undo, submission_id, decision_id)
    row, lines = office.row(submission_id), decisions(office)
    for name in ("state", "lead_unit", "co_units", "function", "topic", "lane", "form", "deadline_at"):
        assert getattr(row, name) == getattr(before, name), name
    assert (row.version, [line.undoes for line in lines]) == (3, [None, decision_id])
    office.decide(submission_id)
    assert office.row(submission_id).state == "已派遣"


def test_undoing_another_decision_after_a_return_goes_back_to_the_return(office):
    submission_id = office.decided()
    office.do(returning.send_back, submission_id, "职能不符", "不归我们管")
    decision_id = office.decide(submission_id, lead_unit=WATER)
    office.do(deciding.undo, submission_id, decision_id)
    row = office.row(submission_id)
    assert (row.state, row.lead_unit) == ("退单", LIGHTS)


def test_who_when_and_what_may_be_undone(office):
    submission_id = office.take_in()
    decision_id = office.decide(submission_id)
    with pytest.raises(RefusedError):
        office.do(deciding.undo, submission_id, decision_id, by="li")
    with pytest.raises(NotFoundError):
        office.do(deciding.undo, submission_id, decision_id + 1)
    with pytest.raises(NotFoundError):
        office.do(deciding.undo, office.decided(), decision_id)
    for late in (10.001, 3600):
        at = decisions(office)[0].at + dt.timedelta(seconds=late)
        with office.desk(at=at) as desk, pytest.raises(RefusedError):
            deciding.undo(desk, desk.matter(submission_id), decision_id)
    with office.desk(at=decisions(office)[0].at + dt.timedelta(seconds=10)) as desk:
        deciding.undo(desk, desk.matter(submission_id), decision_id)


def test_a_decision_that_was_followed_by_something_is_not_undone(office):
    submission_id = office.take_in()
    decision_id = office.decide(submission_id)
    office.do(returning.transfer, submission_id, WATER, "水管漏水")
    with pytest.raises(RefusedError):
        office.do(deciding.undo, submission_id, decision_id)
    assert office.row(submission_id).lead_unit == WATER


def test_a_decision_is_undone_once(office):
    submission_id = office.take_in()
    decision_id = office.decide(submission_id)
    office.do(deciding.undo, submission_id, decision_id)
    with pytest.raises(RefusedError):
        office.do(deciding.undo, submission_id, decision_id)


def test_the_period_of_a_proposal_counts_from_the_first_decision(office):
    received = now() - dt.timedelta(days=40)
    submission_id = office.take_in(form="提案", received_at=received)
    from fenban.serving.desk.matters.steps import PLAIN

    office.do(PLAIN["register"], submission_id, "")
    waiting = office.row(submission_id).deadline_at
    office.decide(submission_id)
    assert office.row(submission_id).deadline_at > now() + dt.timedelta(days=20)
    assert office.row(submission_id).deadline_at != waiting


def test_of_two_clerks_at_once_the_second_is_told_the_present_version(office):
    submission_id = office.take_in()
    began = threading.Barrier(2)
    told: list[object] = []

    def decide(unit: str) -> None:
        began.wait()
        try:
            with office.desk(unit) as desk:
                row = desk.matter(submission_id, version=1)
                deciding.decide(desk, row, deciding.Choice(lead_unit=unit))
            told.append(unit)
        except ChangedMeanwhileError as error:
            told.append(error.version)

    threads = [threading.Thread(target=decide, args=(unit,)) for unit in (LIGHTS, WATER)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 2 in told
    (winner,) = (unit for unit in told if unit != 2)
    assert office.row(submission_id).lead_unit == winner
    assert len(decisions(office)) == 1
