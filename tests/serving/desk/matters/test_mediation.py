"""Mediation stays open until what was agreed has happened."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from fenban.serving.desk.matters import agreements, merging, outcomes, timeline
from fenban.serving.desk.matters.agreements import Promise
from fenban.serving.store.errors import NotFoundError, RefusedError
from fenban.serving.store.tables.matters import AgreementRow

from ..conftest import LIGHTS, WATER

PHONE = "13800000000"
PROMISES = (Promise(LIGHTS, "装隔音板", dt.date(2026, 12, 20)), Promise("店主", "十点后关外摆"))


@pytest.fixture
def mediated(office) -> int:
    submission_id = office.take_in(lane="协商调解")
    office.decide(submission_id)
    return submission_id


def agreed(office, submission_id) -> tuple[int, list[int]]:
    agreement = office.do(
        agreements.agree, submission_id, f"双方同意，电话{PHONE}", ["住户", f"店主{PHONE}"], PROMISES
    )
    with office.database.reading() as session:
        (found,) = timeline.load_agreements(session, submission_id)
    return agreement.id, [promise.id for promise in found.promises]


def refusal(office, submission_id) -> str:
    with pytest.raises(RefusedError) as refused:
        office.do(outcomes.resolve, submission_id, "已办", resolved=True)
    return refused.value.reason


def test_it_is_not_closed_before_every_promise_is_kept(office, mediated):
    assert "协商意见书" in refusal(office, mediated)
    agreement_id, promises = agreed(office, mediated)
    assert office.row(mediated).state == "办理中"
    assert "2 项" in refusal(office, mediated)
    office.do(agreements.fulfil, mediated, agreement_id, promises[0], "到场看过")
    assert "1 项" in refusal(office, mediated)
    office.do(agreements.fulfil, mediated, agreement_id, promises[1], "电话回访")
    office.do(outcomes.resolve, mediated, "已全部兑现", resolved=True)
    assert office.row(mediated).state == "办结"


def test_another_lane_does_not_close_what_was_promised(office, mediated):
    agreed(office, mediated)
    with pytest.raises(RefusedError):
        office.do(agreements.unsettle, mediated, "谈不拢")
    main_id = office.decided()
    with office.desk() as desk, pytest.raises(RefusedError):
        merging.merge(desk, *merging.load_both(desk, mediated, main_id))
    assert office.row(mediated).state == "办理中"


def test_mediation_that_came_to_nothing_goes_on_without(office, mediated):
    office.do(agreements.unsettle, mediated, "双方谈不拢")
    assert office.row(mediated).lane == "常规交办"
    office.do(outcomes.resolve, mediated, "已另行处理", resolved=False)
    with pytest.raises(RefusedError):
        office.do(agreements.unsettle, office.decided(), "没有调解")


def test_a_promise_is_kept_once_and_belongs_to_its_agreement(office, mediated):
    agreement_id, promises = agreed(office, mediated)
    office.do(agreements.fulfil, mediated, agreement_id, promises[0], "看过")
    with pytest.raises(RefusedError):
        office.do(agreements.fulfil, mediated, agreement_id, promises[0], "又看过")
    for wrong in ((agreement_id + 1, promises[1]), (agreement_id, promises[1] + 1)):
        with pytest.raises(NotFoundError):
            office.do(agreements.fulfil, mediated, *wrong, "看过")
    with pytest.raises(NotFoundError):
        office.do(agreements.fulfil, office.decided(), agreement_id, promises[1], "看过")


def test_an_agreement_is_masked_and_for_mediation_alone(office, mediated):
    agreed(office, mediated)
    with office.database.reading() as session:
        agreement = session.scalars(select(AgreementRow)).one()
    assert PHONE not in agreement.why + "".join(agreement.parties)
    with pytest.raises(RefusedError):
        office.do(agreements.agree, office.decided(), "同意", ["甲", "乙"], PROMISES)


def test_the_lane_may_be_chosen_with_the_decision(office):
    submission_id = office.take_in()
    office.decide(submission_id, lane="协商调解", lead_unit=WATER)
    assert "协商意见书" in refusal(office, submission_id)
