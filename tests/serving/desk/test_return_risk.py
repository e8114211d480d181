"""A unit's returns are told where they are no chance, and by kind of matter."""

from __future__ import annotations

import datetime as dt

import pytest

from fenban.serving.desk.matters import returning
from fenban.serving.store.base import now
from fenban.serving.store.statistics.return_risk import compute_wilson_lower, find_risks

from .conftest import LIGHTS, ROADS, WATER

TOPIC = "城市管理/路灯照明"
DAY = dt.timedelta(days=1)


def history(office, sent, returned, reason="职能不符", taker=None):
    """Send so many matters to the lamps' office, which returns some."""
    for n in range(sent):
        submission_id = office.decided()
        if n < returned:
            office.do(returning.send_back, submission_id, reason, "不归我们管")
            if taker:
                office.decide(submission_id, lead_unit=taker)


def told(office, *units, topic=TOPIC, function=None, at=None):
    with office.database.reading() as session:
        return find_risks(session, units or (LIGHTS,), topic, function, at)


def test_seven_of_nine_are_told_with_reason_and_taker(office):
    history(office, 9, 7, taker=WATER)
    (risk,) = told(office, WATER, LIGHTS, LIGHTS, ROADS)
    assert (risk.unit, risk.returned, risk.of, risk.days) == (LIGHTS, 7, 9, 90)
    assert (risk.reason, risk.what, risk.taken_by) == ("职能不符", TOPIC, (WATER, 7))


def test_nobody_may_have_taken_them_yet(office):
    history(office, 6, 5)
    (risk,) = told(office)
    assert risk.taken_by is None


@pytest.mark.parametrize(("sent", "returned"), [(4, 4), (9, 2), (5, 3), (6, 0)])
def test_what_may_be_chance_is_not_told(office, sent, returned):
    history(office, sent, returned)
    assert told(office) == []


def test_another_topic_is_another_history(office):
    history(office, 6, 6)
    assert told(office, topic="城市管理/市容环境") == []
    assert told(office, topic=None) == []


def test_few_of_a_topic_leave_the_word_to_the_function(office):
    history(office, 6, 6)
    (risk,) = told(office, topic="城市管理/市容环境", function="城市管理局")
    assert (risk.what, risk.of) == ("城市管理局", 6)


def test_what_is_long_ago_no_longer_counts(office):
    history(office, 6, 6)
    assert told(office, at=now() + 91 * DAY) == []


def test_a_decision_undone_was_none(office):
    from fenban.serving.desk.matters import deciding

    history(office, 5, 4)
    for _ in range(6):
        submission_id = office.take_in()
        decision = office.decide(submission_id)
        office.do(deciding.undo, submission_id, decision)
    (risk,) = told(office)
    assert (risk.returned, risk.of) == (4, 5)


def test_wilsons_bound():
    """Values of the formula, computed by hand for z = 1.645."""
    assert compute_wilson_lower(7, 9) == pytest.approx(0.5036, abs=1e-4)
    assert compute_wilson_lower(0, 5) == pytest.approx(0, abs=1e-9)
    assert compute_wilson_lower(5, 5) == pytest.approx(5 / (5 + 1.645**2))
