"""Deadlines by rule: which counts, how periods end, stages, colours, extensions."""

from __future__ import annotations

import datetime as dt

import pytest

from fenban.serving.desk.deadlines.files import shipped_deadlines
from fenban.serving.desk.deadlines.rules import Deadlines, Extension, Facts, Period, Rule
from fenban.serving.desk.deadlines.workdays import WorkCalendar, known_years
from fenban.serving.store.base import CHINA
from fenban.serving.store.errors import RefusedError

RECEIVED = dt.datetime(2025, 11, 20, 10, 30, tzinfo=CHINA)  # a Thursday
INQUIRY = Facts("complaint", form="咨询")


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=CHINA)


@pytest.mark.parametrize(
    ("period", "until"),
    [
        (Period(24, "hours"), "2025-11-21T10:30"),
        (Period(5, "workdays"), "2025-11-27T18:00"),
        (Period(15, "days"), "2025-12-05T18:00"),
        (Period(2, "days"), "2025-11-24T18:00"),  # a Saturday moves to Monday
        (Period(1, "months"), "2025-12-22T18:00"),  # so does one at the end of a month
        (Period(4, "workhours"), "2025-11-20T15:30"),
    ],
)
def test_how_a_period_ends(period: Period, until: str) -> None:
    assert period.after(RECEIVED, WorkCalendar()) == at(until)


def test_months_end_on_the_last_day_of_a_shorter_one() -> None:
    assert Period(3, "months").after(at("2024-11-30T09:00"), WorkCalendar()) == at("2025-02-28T18:00")
    assert Period(2, "months").after(at("2025-11-14T09:00"), WorkCalendar()) == at("2026-01-14T18:00")


def test_the_day_of_receipt_is_chinas_not_utcs() -> None:
    late = dt.datetime(2025, 11, 20, 17, 0, tzinfo=dt.UTC)  # one at night on Friday
    assert Period(1, "workdays").after(late, WorkCalendar()) == at("2025-11-24T18:00")


def test_a_reading_of_a_period_is_chinese() -> None:
    assert str(Period(5, "workdays")) == "5 个工作日"


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        (INQUIRY, "咨询"),
        (Facts("complaint", form="投诉"), "投诉、求助和其他"),
        (Facts("complaint"), "投诉、求助和其他"),
        (Facts("complaint", form="咨询", lane="紧急"), "紧急"),
        (Facts("complaint", form="咨询", reopened=True), "不满意重办"),
        (Facts("complaint", form="投诉", lane="协商调解"), "协商调解"),
        (Facts("proposal", form="提案"), "提案"),
        (Facts("proposal", form="微建议"), "微提案、微建议、微协商"),
        (Facts("proposal", form="微提案", lane="直通车"), "直通车"),
        (Facts("complaint", form="社情民意"), "社情民意"),
    ],
)
def test_the_first_shipped_rule_that_fits_counts(facts: Facts, name: str) -> None:
    rule = shipped_deadlines().rule_for(facts)
    assert rule is not None
    assert rule.name == name


def test_shipped_deadlines_of_a_complaint() -> None:
    rules = shipped_deadlines()
    assert rules.deadline_for(INQUIRY, RECEIVED) == at("2025-11-27T18:00")
    urgent = Facts("complaint", lane="紧急")
    assert rules.deadline_for(urgent, RECEIVED) == at("2025-11-21T10:30")


def test_a_proposal_counts_from_its_decision() -> None:
    rules, proposal = shipped_deadlines(), Facts("proposal", form="提案")
    assert rules.deadline_for(proposal, RECEIVED) == at("2025-12-22T18:00")  # until when to decide
    assert rules.deadline_for(proposal, RECEIVED, at("2025-12-01T09:00")) == at("2026-03-02T18:00")


def test_without_a_rule_there_is_no_deadline() -> None:
    rules = Deadlines((Rule("咨询", Period(5, "workdays"), {"form": frozenset({"咨询"})}),))
    other = Facts("complaint", form="投诉")
    assert rules.deadline_for(other, RECEIVED) is None
    assert rules.standing(other, None, RECEIVED) == "none"


@pytest.mark.parametrize(
    ("now", "standing"),
    [
        ("2025-11-26T09:00", "fine"),
        ("2025-11-26T18:00", "near"),
        ("2025-11-27T18:00", "near"),
        ("2025-11-27T18:01", "overdue"),
    ],
)
def test_how_a_matter_stands(now: str, standing: str) -> None:
    assert shipped_deadlines().standing(INQUIRY, at("2025-11-27T18:00"), at(now)) == standing


def test_over_a_weekend_the_warning_comes_on_friday() -> None:
    due = at("2025-11-24T18:00")
    assert shipped_deadlines().standing(INQUIRY, due, at("2025-11-21T18:00")) == "near"
    assert shipped_deadlines().standing(INQUIRY, due, at("2025-11-21T17:00")) == "fine"


def test_a_closed_matter_is_judged_by_when_it_closed() -> None:
    rules, due, later = shipped_deadlines(), at("2025-11-27T18:00"), at("2026-01-01T00:00")
    assert rules.standing(INQUIRY, due, later, closed_at=at("2025-11-27T17:00")) == "fine"
    assert rules.standing(INQUIRY, due, later, closed_at=at("2025-11-28T09:00")) == "overdue"


COMPLAINT = Facts("complaint", form="投诉")
DUE = at("2025-12-05T18:00")


def test_an_extension_within_the_rule_passes() -> None:
    shipped_deadlines().check_extension(COMPLAINT, DUE, at("2025-12-22T18:00"), already=0)


@pytest.mark.parametrize(
    ("facts", "due", "until", "already", "reason"),
    [
        (COMPLAINT, DUE, "2025-12-22T18:01", 0, "最多延期 15 天"),
        (COMPLAINT, DUE, "2025-12-08T18:00", 1, "最多延期 1 次"),
        (COMPLAINT, DUE, "2025-12-05T18:00", 0, "要晚于"),
        (INQUIRY, DUE, "2025-12-08T18:00", 0, "不能延期"),
        (COMPLAINT, None, "2025-12-08T18:00", 0, "没有办理时限"),
    ],
)
def test_an_extension_against_the_rule_is_refused(
    facts: Facts, due: dt.datetime | None, until: str, already: int, reason: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        shipped_deadlines().check_extension(facts, due, at(until), already)
    assert reason in refused.value.reason


def test_a_mediation_may_be_extended_twice() -> None:
    mediation = Facts("complaint", lane="协商调解")
    shipped_deadlines().check_extension(mediation, DUE, at("2025-12-30T18:00"), already=1)
    with pytest.raises(RefusedError):
        shipped_deadlines().check_extension(mediation, DUE, at("2025-12-30T18:00"), already=2)


def test_a_deadline_beyond_the_announced_holidays_is_not_certain() -> None:
    rules = shipped_deadlines()
    assert rules.is_certain(None)
    assert rules.is_certain(DUE)
    assert not rules.is_certain(dt.datetime(known_years().stop, 2, 1, tzinfo=CHINA))


def test_an_extension_may_be_counted_in_workdays() -> None:
    rule = Rule("x", Period(1, "workdays"), extension=Extension(Period(1, "workdays"), 3))
    rules = Deadlines((rule,))
    rules.check_extension(COMPLAINT, DUE, at("2025-12-08T18:00"), already=2)
    with pytest.raises(RefusedError):
        rules.check_extension(COMPLAINT, DUE, at("2025-12-08T18:01"), already=2)
