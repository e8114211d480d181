from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from fenban.model.errors import InputError
from fenban.serving.store import purging, verification
from fenban.serving.store.audit import AuditRow
from fenban.serving.store.base import now
from fenban.serving.store.tables.accounts import SessionRow, UserRow
from fenban.serving.store.tables.matters import IdempotencyRow, SubmissionRow, SubmissionTextRow
from fenban.serving.store.tables.purges import PurgeRow

LONG_AGO = dt.datetime(2024, 5, 1, tzinfo=dt.UTC)
BEFORE = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
SECRET = "请打一三八零零那个号码找住在桂花巷尾的覃阿姨"


def matter(session, number, *, state="办结", closed_at=LONG_AGO, into=None, secret=SECRET):
    row = SubmissionRow(
        number=number,
        kind="complaint",
        state=state,
        text="路灯不亮",
        received_at=LONG_AGO,
        closed_at=closed_at,
        merged_into=into,
        created_by="li",
    )
    session.add(row)
    session.flush()
    session.add(SubmissionTextRow(submission_id=row.id, text=secret * 20, submitter="覃某", contact=secret))
    session.flush()
    return row.id


@pytest.fixture
def filled(database):
    with database.writing() as session:
        matter(session, "old")
        matter(session, "recent", closed_at=BEFORE + dt.timedelta(days=1))
        matter(session, "open", state="办理中", closed_at=None)
        main = matter(session, "main", state="办理中", closed_at=None)
        matter(session, "merged", state="并案", into=main)
        done = matter(session, "main done")
        matter(session, "merged and done", state="并案", into=done)
    return database


def left(database):
    with database.reading() as session:
        query = select(SubmissionRow.number).join(
            SubmissionTextRow, SubmissionTextRow.submission_id == SubmissionRow.id
        )
        return set(session.scalars(query))


def test_what_closed_before_loses_its_raw_text(filled):
    with filled.reading() as session:
        assert purging.count_due(session, BEFORE) == 3
    assert purging.purge(filled, BEFORE, "cli:li").texts == 3
    assert left(filled) == {"recent", "open", "main", "merged"}
    with filled.reading() as session:
        assert session.scalar(select(func.count()).select_from(SubmissionRow)) == 7
        (record,) = session.scalars(select(PurgeRow))
        assert (record.by, record.older_than, record.submissions) == ("cli:li", BEFORE, 3)
        (line,) = session.scalars(select(AuditRow))
        assert (line.action, line.subject, line.detail["submissions"]) == ("store.purge", "purge:1", 3)
        assert verification.verify(session).flaw is None


def test_purging_again_finds_nothing_and_says_so(filled):
    purging.purge(filled, BEFORE, "cli:li")
    assert purging.purge(filled, BEFORE, "cli:li").texts == 0
    with filled.reading() as session:
        assert list(session.scalars(select(PurgeRow.submissions).order_by(PurgeRow.id))) == [3, 0]


def test_every_batch_leaves_its_own_record(filled, monkeypatch):
    monkeypatch.setattr(purging, "BATCH", 2)
    told = []
    assert purging.purge(filled, BEFORE, "cli:li", told.append).texts == 3
    assert told == [2, 3]
    with filled.reading() as session:
        assert list(session.scalars(select(PurgeRow.submissions).order_by(PurgeRow.id))) == [2, 1]


def test_an_interrupted_purge_has_recorded_what_is_gone(filled, monkeypatch):
    monkeypatch.setattr(purging, "BATCH", 1)

    def stop(texts):
        if texts == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        purging.purge(filled, BEFORE, "cli:li", stop)
    with filled.reading() as session:
        assert session.scalar(select(func.sum(PurgeRow.submissions))) == 2
        assert session.scalar(select(func.count()).select_from(SubmissionTextRow)) == 5


def test_answers_and_sessions_that_are_over_go_too(database):
    yesterday, tomorrow = now() - dt.timedelta(days=2), now() + dt.timedelta(days=1)
    with database.writing() as session:
        session.add(UserRow(id=1, name="li", display_name="李", role="clerk"))
        session.flush()
        for key, at in (("old", yesterday), ("new", now())):
            session.add(IdempotencyRow(key=key, actor="li", fingerprint="0" * 64, status=201, body={}, at=at))
        for key, at in (("a" * 64, yesterday), ("b" * 64, tomorrow)):
            session.add(SessionRow(id=key, user_id=1, csrf="c", expires_at=at))
    done = purging.purge(database, BEFORE, "cli:li")
    assert (done.answers, done.sessions) == (1, 1)
    with database.reading() as session:
        assert list(session.scalars(select(IdempotencyRow.key))) == ["new"]
        assert list(session.scalars(select(SessionRow.id))) == ["b" * 64]


def test_no_byte_of_a_deleted_text_stays_in_the_files(filled, tmp_path):
    if not filled.is_sqlite:
        pytest.skip("the files of a PostgreSQL server are its own")

    def holding():
        return [path.name for path in Path(tmp_path).iterdir() if SECRET.encode() in path.read_bytes()]

    with filled.writing() as session:  # written over several times, in other places of the file
        for row in session.scalars(select(SubmissionTextRow)):
            row.text += "又及"
    assert holding()
    purging.purge(filled, dt.datetime(2026, 1, 1, tzinfo=dt.UTC), "cli:li")
    with filled.writing() as session:
        for row in session.scalars(select(SubmissionTextRow)):
            row.text, row.contact = "别的话", None
    assert purging.compact(filled)
    assert holding() == []


def test_compacting_keeps_everything_else(filled):
    purging.purge(filled, BEFORE, "cli:li")
    assert purging.compact(filled)
    assert left(filled) == {"recent", "open", "main", "merged"}
    with filled.reading() as session:
        assert session.execute(text("SELECT version_num FROM alembic_version")).scalar_one()


def test_a_reader_keeps_the_log_from_being_emptied(filled, monkeypatch):
    if not filled.is_sqlite:
        pytest.skip("of SQLite's write-ahead log")
    with filled.reading() as session:
        session.execute(select(SubmissionRow.id)).all()
        with filled.writing() as writer:
            matter(writer, "while somebody reads")
        with filled.alone() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout = 50")
            assert connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0] == 1
            connection.exec_driver_sql("PRAGMA busy_timeout = 10000")
    assert purging.compact(filled)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("30d", dt.datetime(2026, 2, 1, 12, tzinfo=dt.UTC)),
        ("2024-01-01", dt.datetime(2023, 12, 31, 16, tzinfo=dt.UTC)),
        ("0d", dt.datetime(2026, 3, 3, 12, tzinfo=dt.UTC)),
    ],
)
def test_moments(given, expected):
    assert purging.parse_age(given, dt.datetime(2026, 3, 3, 12, tzinfo=dt.UTC)) == expected


@pytest.mark.parametrize("given", ["", "365", "1y", "2024-13-01", "2027-01-01", "99999999d", "-3d"])
def test_other_moments_are_refused(given):
    with pytest.raises(InputError, match="--older-than"):
        purging.parse_age(given, dt.datetime(2026, 3, 3, tzinfo=dt.UTC))
