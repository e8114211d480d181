from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from sqlalchemy import select

from fenban.serving.store import audit
from fenban.serving.store.statistics import counts as figures
from fenban.serving.store.statistics import facts as facts_
from fenban.serving.store.statistics.counts import Span
from fenban.serving.store.statistics.facts import FactsCache, refresh
from fenban.serving.store.statistics.load import count_topics, count_workload
from fenban.serving.store.tables.matters import (
    DecisionRow,
    OutcomeRow,
    ReturnRow,
    SubmissionRow,
    SuggestionRow,
    TransferRow,
)

MONDAY = dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC)  # nine in the morning in China
ROADS, POLICE, HOUSING = "市政局", "交警支队", "住建局"


class Book:
    """Writes matters with their history the short way."""

    def __init__(self, session) -> None:
        self.session = session
        self.count = 0

    def matter(self, *, days=0, suggested=None, model="m1", decided=None, final=None, **more):
        self.count += 1
        at = MONDAY + dt.timedelta(days=days)
        row = SubmissionRow(
            number=f"n-{self.count}",
            kind="complaint",
            text="路灯不亮",
            received_at=at,
            lead_unit=final or decided,
            suggested_unit=suggested,
            created_by="li",
            **{
                "state": "办结" if final else "办理中" if decided else "待派遣",
                "zone": "confirm",
                "updated_at": at,
                **more,
            },
        )
        self.session.add(row)
        self.session.flush()
        suggestion = None
        if suggested:
            suggestion = SuggestionRow(
                submission_id=row.id, model_version=model, zone="confirm", lead_unit=suggested, body={}
            )
            self.add(suggestion)
        if decided:
            self.add(
                DecisionRow(
                    submission_id=row.id,
                    by="li",
                    lead_unit=decided,
                    suggestion_id=suggestion and suggestion.id,
                )
            )
        if final:
            row.closed_at = row.closed_at or at + dt.timedelta(days=2)
            self.add(OutcomeRow(submission_id=row.id, by="li", final_unit=final, resolved=True))
        return row

    def add(self, line):
        self.session.add(line)
        self.session.flush()
        audit.record(self.session, "li", "test", "test:1")
        return line

    def sent_back(self, row, unit, reason="职能不符"):
        self.add(ReturnRow(submission_id=row.id, by="li", unit=unit, reason=reason, at=row.received_at))


@pytest.fixture
def facts_of(database):
    """Return the facts after a function has written into the store."""

    def read(write):
        with database.writing() as session:
            write(Book(session))
        with database.reading() as session:
            return refresh(session)

    return read


def a_little_history(book):
    book.matter(suggested=ROADS, decided=ROADS, final=ROADS, zone="auto")
    moved = book.matter(days=1, suggested=ROADS, decided=POLICE, final=HOUSING, model="m2")
    book.sent_back(moved, POLICE)
    back = book.matter(days=7, suggested=HOUSING, decided=ROADS, final=ROADS)
    book.sent_back(back, ROADS, "属地不符")
    book.add(TransferRow(submission_id=back.id, by="li", from_unit=ROADS, to_unit=ROADS))
    book.matter(days=7, suggested=POLICE, decided=POLICE)
    book.matter(days=8, suggested=POLICE)
    book.matter(days=9, decided=HOUSING, final=HOUSING, state="答复", satisfied=True)


def test_accuracy_counts_settled_matters_that_were_never_moved(facts_of):
    found = figures.count_accuracy(facts_of(a_little_history), Span())
    assert (found["settled"], found["right"], found["pending"]) == (4, 2, 1)
    assert found["rate"] == 0.5
    assert found["periods"] == [
        {"start": "2026-03-02", "settled": 2, "right": 1, "rate": 0.5},
        {"start": "2026-03-09", "settled": 2, "right": 1, "rate": 0.5},
    ]
    assert {(z["zone"], z["settled"], z["right"]) for z in found["zones"]} == {
        ("auto", 1, 1),
        ("confirm", 3, 1),
    }
    assert {(m["model"], m["settled"], m["right"]) for m in found["models"]} == {
        ("m1", 2, 1),
        ("m2", 1, 0),
        (None, 1, 1),
    }


def test_accuracy_by_month_and_of_a_unit(facts_of):
    facts = facts_of(a_little_history)
    assert [p["start"] for p in figures.count_accuracy(facts, Span(), "month")["periods"]] == ["2026-03-01"]
    assert figures.count_accuracy(facts, Span(unit=POLICE))["settled"] == 1
    assert figures.count_accuracy(facts, Span(unit="没有这个局"))["settled"] == 0
    assert figures.count_accuracy(facts, Span(unit="没有这个局"))["rate"] is None


def test_a_span_holds_both_its_ends(facts_of):
    facts = facts_of(a_little_history)
    first, second = dt.date(2026, 3, 3), dt.date(2026, 3, 9)
    assert len(Span(first, second).of(facts, ())) == 3
    assert len(Span(second, second).of(facts, ())) == 2


def test_days_are_those_of_china(facts_of):
    def write(book):
        book.matter(days=-9 / 24 - 1 / 1440)  # a minute before midnight in China

    assert figures.day_of(facts_of(write).matters["day"][0]) == "2026-03-01"


def test_overrides_say_what_was_chosen_instead(facts_of):
    found = figures.count_overrides(facts_of(a_little_history), Span())
    assert (found["decided"], found["overridden"]) == (4, 2)
    assert [(unit["unit"], unit["decided"], unit["overridden"]) for unit in found["units"]] == [
        (ROADS, 2, 1),
        (HOUSING, 1, 1),
    ]
    assert found["units"][0]["instead"] == [{"unit": POLICE, "n": 1}]


def test_a_decision_that_was_undone_does_not_count(facts_of):
    def write(book):
        row = book.matter(suggested=ROADS, decided=POLICE, state="办理中")
        first = book.session.scalars(select(DecisionRow)).one()
        book.add(DecisionRow(submission_id=row.id, by="li", lead_unit=POLICE, undoes=first.id))
        book.add(DecisionRow(submission_id=row.id, by="li", lead_unit=ROADS))

    assert figures.count_overrides(facts_of(write), Span())["overridden"] == 0


def test_returns_by_pair_of_departments(facts_of):
    found = figures.count_returns(facts_of(a_little_history), Span())
    assert (found["returns"], found["matters"], found["decided"]) == (2, 2, 5)
    assert {(pair["from"], pair["to"], pair["n"]) for pair in found["pairs"]} == {
        (POLICE, HOUSING, 1),
        (ROADS, ROADS, 1),
    }
    row, column = found["from"].index(POLICE), found["to"].index(HOUSING)
    assert found["matrix"][row][column] == 1
    assert np.array(found["matrix"]).sum() == 2
    assert {(reason["reason"], reason["n"]) for reason in found["reasons"]} == {
        ("职能不符", 1),
        ("属地不符", 1),
    }
    assert figures.count_returns(facts_of(lambda book: None), Span(unit=ROADS))["returns"] == 1


def test_a_matter_that_nobody_took_yet_has_no_end(facts_of):
    def write(book):
        book.sent_back(book.matter(decided=ROADS, state="退单"), ROADS)

    found = figures.count_returns(facts_of(write), Span())
    assert found["pairs"] == [{"from": ROADS, "to": None, "n": 1}]
    assert found["to"] == []


def test_workload(facts_of):
    at = MONDAY + dt.timedelta(days=10)

    def write(book):
        book.matter(decided=ROADS, deadline_at=at - dt.timedelta(hours=1))
        book.matter(decided=ROADS, deadline_at=at + dt.timedelta(days=2))
        book.matter(days=1, deadline_at=at + dt.timedelta(days=30))
        for days, satisfied in ((1, True), (3, False), (8, True)):
            closed = MONDAY + dt.timedelta(days=days)
            book.matter(decided=POLICE, final=POLICE, closed_at=closed, satisfied=satisfied)

    found = count_workload(facts_of(write), Span(), at)
    assert (found["received"], found["open"], found["overdue"], found["soon"], found["closed"]) == (
        6,
        3,
        1,
        1,
        3,
    )
    assert (found["evaluated"], found["satisfied"], found["satisfaction"]) == (3, 2, 0.6667)
    assert found["median_days"] == 3.0
    assert found["units"] == [{"unit": ROADS, "open": 2, "overdue": 1}]
    assert found["periods"] == [
        {"start": "2026-03-02", "received": 6, "closed": 2},
        {"start": "2026-03-09", "received": 0, "closed": 1},
    ]
    assert {(s["state"], s["n"], s["overdue"]) for s in found["states"]} == {
        ("办理中", 2, 1),
        ("待派遣", 1, 0),
        ("办结", 3, 0),
    }


def test_topics_that_grow_come_first(facts_of):
    today = dt.date(2026, 3, 31)

    def write(book):
        for week in range(5):
            for _ in range(4):
                book.matter(days=29 - 7 * week, topic="市容/噪音")
        for _ in range(9):
            book.matter(days=25, topic="供水/停水")
        book.matter(days=10, topic="供水/停水")
        book.matter(days=40, topic="供水/停水")  # after the last day

    found = count_topics(facts_of(write), Span(), today)
    assert found["weeks"][-1] == "2026-03-25"
    assert [(topic["topic"], topic["n"], topic["before"]) for topic in found["topics"]] == [
        ("供水/停水", 9, 0.2),
        ("市容/噪音", 4, 4.0),
    ]
    assert found["topics"][1]["weekly"] == [0, 0, 0, 4, 4, 4, 4, 4]
    assert found["topics"][1]["growth"] == 0.0


def test_an_empty_store_has_figures_too(facts_of):
    facts = facts_of(lambda book: None)
    assert figures.count_accuracy(facts, Span())["rate"] is None
    assert figures.count_overrides(facts, Span())["units"] == []
    assert figures.count_returns(facts, Span())["matrix"] == []
    assert count_workload(facts, Span(), MONDAY)["median_days"] is None
    assert count_topics(facts, Span(), MONDAY.date())["topics"] == []


def test_facts_follow_what_changes(database):
    """Brought up to date or read anew, the arrays are the same."""
    with database.writing() as session:
        book = Book(session)
        a_little_history(book)
    with database.reading() as session:
        before = refresh(session)
    with database.writing() as session:
        row = session.get_one(SubmissionRow, 4)
        book = Book(session)
        book.count = 10
        book.sent_back(row, POLICE)
        row.updated_at = facts_.now()
        row.state = "退单"
        book.matter(suggested=HOUSING, decided=HOUSING, updated_at=facts_.now())
    with database.reading() as session:
        after, anew = refresh(session, before), refresh(session)
    assert len(before.matters) == 6  # a snapshot is never changed
    assert len(after.returns) == 3
    for span in (Span(), Span(unit=POLICE)):
        assert figures.count_returns(after, span) == figures.count_returns(anew, span)
        assert figures.count_accuracy(after, span) == figures.count_accuracy(anew, span)
        assert count_workload(after, span, MONDAY) == count_workload(anew, span, MONDAY)


def test_the_cache_asks_again_only_after_a_while(database, monkeypatch):
    cache = FactsCache(database)
    first = cache.current()
    with database.writing() as session:
        Book(session).matter(updated_at=facts_.now())
    assert cache.current() is first
    monkeypatch.setattr(facts_, "_FRESH", dt.timedelta(0))
    assert len(cache.current().matters) == 1
