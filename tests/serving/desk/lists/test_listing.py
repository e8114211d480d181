"""Lists: each filter, three orders, and pages that neither repeat nor skip while matters come and go."""

from __future__ import annotations

import datetime as dt

import pytest

from fenban.model.case import RankedTopic
from fenban.serving.desk.lists import listing
from fenban.serving.desk.lists.narrowing import Wanted
from fenban.serving.desk.matters import outcomes, steps
from fenban.serving.store.base import now
from fenban.serving.store.search.query import UnreadableQueryError
from fenban.serving.store.tables.matters import SubmissionRow

from ..conftest import LIGHTS, WATER, suggestion


def ids(office, sort="received", limit=50, **wanted) -> list[int]:
    with office.database.reading() as session:
        page = listing.list_matters(session, Wanted(**wanted), sort, limit)
    return [row.id for row, _ in page.rows]


def all_pages(office, sort, limit, between=lambda: None, **wanted) -> list[int]:
    found, after = [], None
    while True:
        with office.database.reading() as session:
            page = listing.list_matters(session, Wanted(**wanted), sort, limit, after)
        found += [row.id for row, _ in page.rows]
        if page.next is None:
            return found
        after = page.next
        between()


@pytest.fixture
def some(office):
    """Six matters: their ids in the order they were taken in."""
    at = now() - dt.timedelta(days=3)
    found = [
        office.take_in("临江路路灯不亮", received_at=at, jurisdiction="某市/东区"),
        office.take_in("自来水发黄", received_at=at, said=suggestion(WATER, zone="auto"), lane="紧急"),
        office.take_in("关于增设路灯的提案", form="提案", jurisdiction="某市/东区/一街"),
        office.take_in("公园没有灯", jurisdiction="某市/东区北"),
        office.take_in("楼道积水", accept=False),
        office.take_in("井盖丢失", said=suggestion(WATER, topics=(RankedTopic("水务/井盖", 1.0),))),
    ]
    office.decide(found[3], by="li")
    office.decide(found[5], lead_unit=WATER)
    office.do(outcomes.resolve, found[5], "已补齐", resolved=True)
    return found


def test_filters(office, some):
    expected = {
        "state": (ids(office, states=("待派遣", "待受理")), [some[4], some[1], some[0]]),
        "open": (ids(office, open=True), [*reversed(some[2:5]), some[1], some[0]]),
        "closed": (ids(office, open=False), [some[5]]),
        "zone": (ids(office, zone="auto"), [some[1]]),
        "kind": (ids(office, kind="proposal"), [some[2]]),
        "lane": (ids(office, lane="紧急"), [some[1]]),
        "form": (ids(office, form="提案"), [some[2]]),
        "unit": (ids(office, unit=WATER), [some[5]]),
        "topic": (ids(office, topic="水务"), [some[5]]),
        "whole topic": (ids(office, topic="水务/井盖"), [some[5]]),
        "place": (ids(office, jurisdiction="某市/东区"), [some[2], some[0]]),
        "mine": (ids(office, mine="li"), [some[3]]),
        "words": (ids(office, q="路灯"), [some[2], some[0]]),
        "from": (ids(office, received_from=now() - dt.timedelta(days=1)), list(reversed(some[2:]))),
        "to": (ids(office, received_to=now() - dt.timedelta(days=1)), [some[1], some[0]]),
        "together": (ids(office, q="路灯", kind="complaint", states=("待派遣",)), [some[0]]),
        "none": (ids(office, states=("没有这个状态",)), []),
    }
    assert {key: found for key, (found, _) in expected.items()} == {
        key: wanted for key, (_, wanted) in expected.items()
    }


def test_either_side_of_a_border_finds_its_matters(office):
    submission_id = office.take_in()
    office.decide(submission_id, lane="跨区域协同", other_lead_unit="邻市城市管理局")
    assert ids(office, unit=LIGHTS) == ids(office, unit="邻市城市管理局") == [submission_id]


def test_overdue_is_what_is_open_beyond_its_deadline(office):
    old = now() - dt.timedelta(days=60)
    late, closed, early = office.decided(received_at=old), office.decided(received_at=old), office.decided()
    office.do(outcomes.resolve, closed, "已修好", resolved=True)
    assert ids(office, overdue=True) == [late]
    assert set(ids(office, overdue=False)) == {closed, early}
    assert ids(office, due_before=now()) == [closed, late]


def test_matters_merged_into_one(office):
    main, other = office.decided(), office.take_in()
    from fenban.serving.desk.matters import merging

    with office.desk() as desk:
        merging.merge(desk, *merging.load_both(desk, other, main))
    assert ids(office, merged_into=main) == [other]


def test_the_text_is_cut_and_the_total_counted_once(office):
    office.take_in("灯" * 1000)
    office.take_in()
    with office.database.reading() as session:
        page = listing.list_matters(session, Wanted(), "received", 1)
        rest = listing.list_matters(session, Wanted(), "received", 1, page.next)
    assert (page.total, rest.total, rest.next) == (2, None, None)
    assert rest.rows[0][1] == "灯" * (listing.EXCERPT + 1)


def test_the_total_is_bounded(office, some, monkeypatch):
    monkeypatch.setattr(listing, "MOST_COUNTED", 3)
    with office.database.reading() as session:
        assert listing.list_matters(session, Wanted(), "received", 1).total == 4


@pytest.fixture
def many(office):
    """Nine matters: three with the same deadline, two without one."""
    at = now()
    for number in range(9):
        submission_id = office.take_in(received_at=at - dt.timedelta(minutes=number // 3))
        with office.database.writing() as session:
            row = session.get(SubmissionRow, submission_id)
            row.deadline_at = None if number in (2, 5) else at + dt.timedelta(days=number % 4)
    for submission_id in (1, 4, 7):
        office.decide(submission_id)
    return office


@pytest.mark.parametrize("sort", ["deadline", "received", "updated"])
@pytest.mark.parametrize("limit", [1, 2, 4, 9])
@pytest.mark.parametrize("states", [(), ("待派遣", "已派遣")])
def test_pages_hold_every_matter_once_in_order(many, sort, limit, states):
    found = all_pages(many, sort, limit, states=states)
    assert found == ids(many, sort, 50, states=states)
    assert sorted(found) == list(range(1, 10))


def test_those_without_a_deadline_come_last(many):
    found = ids(many, "deadline")
    assert found[-2:] == [3, 6]
    with many.database.reading() as session:
        deadlines = [session.get(SubmissionRow, one).deadline_at for one in found[:-2]]
    assert deadlines == sorted(deadlines)


def test_what_comes_in_meanwhile_moves_no_page(many):
    before = ids(many, "received")
    found = all_pages(many, "received", 2, between=many.take_in)
    assert found == before


def test_what_leaves_the_list_meanwhile_hides_no_other(many):
    before = ids(many, "deadline", states=("待派遣",))
    leaving = iter(before)

    def leave() -> None:
        many.do(steps.refuse, next(leaving), "不属受理范围")

    found = all_pages(many, "deadline", 1, between=leave, states=("待派遣",))
    assert found == before


def test_a_query_of_nothing_is_refused(office):
    with pytest.raises(UnreadableQueryError):
        ids(office, q="，。")
