"""An invented store is as one that the desk has written: found, listed, audited, decided on."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import func, select

from fenban.benchmarks.desk.store_filling import fill
from fenban.model.errors import InputError
from fenban.serving.desk.lists import listing
from fenban.serving.desk.lists.narrowing import Wanted
from fenban.serving.desk.matters import intake, timeline
from fenban.serving.store import states, verification
from fenban.serving.store.search import index as search
from fenban.serving.store.search.tokens import list_tokens_of_document
from fenban.serving.store.tables.matters import (
    DecisionRow,
    OutcomeRow,
    ReturnRow,
    SubmissionRow,
    SubmissionTextRow,
    SuggestionRow,
    TransitionRow,
)
from fenban.serving.store.tables.search import SearchTextRow

UNTIL = dt.datetime(2026, 11, 26, tzinfo=dt.UTC)
COUNT = 300


@pytest.fixture
def filled(database):
    fill(database, COUNT, until=UNTIL)
    return database


@pytest.mark.slow
def test_every_matter_has_what_belongs_to_it(filled):
    with filled.reading() as session:
        for table in (SubmissionRow, SubmissionTextRow, SuggestionRow, SearchTextRow):
            assert session.scalar(select(func.count()).select_from(table)) == COUNT
        for table in (DecisionRow, ReturnRow, OutcomeRow):
            assert session.scalar(select(func.count()).select_from(table)) > 0
        verdict = verification.verify(session)
        assert (verdict.lines, verdict.flaw) == (COUNT, None)
        for row in session.scalars(select(SubmissionRow)):
            steps = timeline.load_lines(session, TransitionRow, row.id)
            assert steps[-1].to_state == row.state
            assert (row.closed_at is not None) == (row.state in states.CLOSED)
            assert steps[-1].at <= UNTIL
            for step in steps[1:]:
                assert states.step_for(row.kind, step.action, step.from_state), (row.id, step.action)


@pytest.mark.slow
def test_it_is_searched_as_if_it_had_been_taken_in(filled):
    with filled.reading() as session:
        for row in session.scalars(select(SubmissionRow).limit(50)):
            folded = session.get_one(SearchTextRow, row.id).folded
            assert folded == list_tokens_of_document(row.number, row.title, row.text)
            assert row.id in set(session.scalars(search.select_matching(session, row.number)))
        words = session.scalars(search.select_matching(session, "反映")).all()
    assert 0 < len(words) < COUNT


@pytest.mark.slow
def test_the_desk_goes_on_where_it_ends(filled):
    from fenban.model.directory import Directory
    from fenban.serving.desk.deadlines.files import shipped_deadlines
    from fenban.serving.desk.matters.desk import Desk

    with filled.writing() as session:
        desk = Desk(session, "wang", shipped_deadlines(), Directory((), ()))
        row, _ = intake.take_in(desk, intake.Arrival(text="灯不亮", received_at=desk.at), None)
    assert row.id == COUNT + 1
    with filled.reading() as session:
        assert verification.verify(session).lines == COUNT + 1
        assert listing.list_matters(session, Wanted(), "received", 5).total == COUNT + 1


@pytest.mark.slow
def test_the_same_seed_gives_the_same_store(filled, migrated_file, tmp_path):
    import shutil

    from fenban.serving.store.database import Database, parse_database_url

    shutil.copy(migrated_file, tmp_path / "other.db")
    other = Database(parse_database_url(f"sqlite:///{tmp_path / 'other.db'}", tmp_path))
    fill(other, COUNT, until=UNTIL)
    with filled.reading() as one, other.reading() as two:
        wanted = select(
            SubmissionRow.number, SubmissionRow.text, SubmissionRow.lead_unit, SubmissionRow.state
        )
        assert sorted(one.execute(wanted).all()) == sorted(two.execute(wanted).all())
    other.close()


@pytest.mark.slow
def test_only_an_empty_store_is_filled(filled):
    with pytest.raises(InputError, match="not empty"):
        fill(filled, 1)
