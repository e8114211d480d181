"""Merging: the merged matter follows its main one, and can be taken out again."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from fenban.serving.desk.matters import merging, outcomes
from fenban.serving.store import verification
from fenban.serving.store.errors import NotFoundError, RefusedError, StoreBusyError
from fenban.serving.store.tables.matters import MergeRow, TransitionRow


def merge(office, submission_id: int, into: int, why: str = "") -> None:
    with office.desk() as desk:
        merging.merge(desk, *merging.load_both(desk, submission_id, into), why)


def actions(office, submission_id: int) -> list[str]:
    with office.database.reading() as session:
        lines = select(TransitionRow.action).where(TransitionRow.submission_id == submission_id)
        return list(session.scalars(lines.order_by(TransitionRow.id)))


def test_a_merged_matter_is_closed_and_names_its_main_one(office):
    main, other = office.decided(), office.take_in()
    version = office.row(main).version
    merge(office, other, main, "同一盏灯")
    row = office.row(other)
    assert (row.state, row.merged_into, row.closed_at is not None) == ("并案", main, True)
    assert actions(office, main)[-1] == "absorb"
    assert office.row(main).version == version  # whoever is about to decide it is not sent away


def test_it_follows_what_becomes_of_the_main_one(office):
    main, other = office.decided(), office.take_in()
    merge(office, other, main)
    office.do(outcomes.resolve, main, "已修好", resolved=True)
    office.do(outcomes.evaluate, main, satisfied=False, score=2, why="")
    office.do(outcomes.reopen, main, "没修好")
    with office.database.reading() as session:
        lines = session.scalars(
            select(TransitionRow).where(
                TransitionRow.submission_id == other, TransitionRow.action == "follow"
            )
        ).all()
    told = [(line.detail["state"], line.detail["satisfied"]) for line in lines]
    assert told == [("办结", None), ("办结", False), ("重办", None)]
    assert office.row(other).state == "并案"


def test_those_merged_into_it_before_go_along(office):
    first, second, third = office.take_in(), office.take_in(), office.decided()
    merge(office, first, second)
    merge(office, second, third)
    assert [office.row(one).merged_into for one in (first, second)] == [third, third]
    fourth = office.take_in()
    merge(office, fourth, second)  # merged itself: its main one is meant
    assert office.row(fourth).merged_into == third
    with office.database.reading() as session:
        pairs = session.execute(select(MergeRow.submission_id, MergeRow.into_id)).all()
    assert sorted(map(tuple, pairs)) == sorted(
        [(first, second), (second, third), (first, third), (fourth, third)]
    )


def test_what_cannot_be_merged(office):
    main = office.decided()
    closed = office.decided()
    office.do(outcomes.resolve, closed, "已修好", resolved=True)
    proposal = office.take_in(form="提案")
    for one, into in ((main, main), (main, closed), (closed, main), (proposal, main)):
        with pytest.raises(RefusedError):
            merge(office, one, into)
    with pytest.raises(NotFoundError):
        merge(office, main, 99)
    follower = office.take_in()
    merge(office, follower, main)
    with pytest.raises(RefusedError):
        merge(office, main, follower)  # whose main one it is itself


def test_a_merger_by_mistake_is_taken_back(office):
    main, other = office.decided(), office.decided()
    merge(office, other, main)
    with pytest.raises(RefusedError):
        office.do(merging.split, other, "")
    office.do(merging.split, other, "不是同一盏灯")
    row = office.row(other)
    assert (row.state, row.merged_into, row.closed_at) == ("已派遣", None, None)
    assert actions(office, main)[-1] == "release"
    with pytest.raises(RefusedError):
        office.do(merging.split, main, "没有并过")


def test_two_who_merge_the_one_into_the_other_do_not_wait_for_each_other(office):
    one, other = office.take_in(), office.take_in()
    began = threading.Barrier(2)
    told: list[type] = []

    def run(submission_id: int, into: int) -> None:
        began.wait()
        try:
            merge(office, submission_id, into)
        except (RefusedError, StoreBusyError) as error:
            told.append(type(error))

    threads = [threading.Thread(target=run, args=pair) for pair in ((one, other), (other, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert told == [RefusedError]
    assert sorted(office.row(each).state for each in (one, other)) == ["并案", "待派遣"]
    with office.database.reading() as session:
        assert verification.verify(session).broken_at is None
