from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from fenban.serving.store import audit, verification
from fenban.serving.store.audit import FIRST, AuditRow, Checkpoint

LINES = 7


@pytest.fixture
def lines(database):
    with database.writing() as session:
        for i in range(LINES):
            audit.record(
                session, "li" if i % 2 else "token:hotline", "submission.decide", f"submission:{i}", n=i
            )
    return database


def unsealed(database, statement, **values):
    """Change the audit as somebody would who may do everything with the database."""
    with database.writing() as session:
        if database.is_sqlite:
            session.execute(text("DROP TRIGGER IF EXISTS audit_no_update"))
            session.execute(text("DROP TRIGGER IF EXISTS audit_no_delete"))
        else:
            session.execute(text("DROP TRIGGER IF EXISTS audit_append_only ON audit"))
        session.execute(text(statement), values)


def verdict_of(database, head=None):
    with database.reading() as session:
        return verification.verify(session, head)


def test_an_untouched_chain_holds(lines, monkeypatch):
    with lines.reading() as session:
        head = audit.read_head(session)
        assert audit.count(session) == LINES
    verdict = verdict_of(lines)
    assert (verdict.lines, verdict.head, verdict.flaw) == (LINES, head.hash, None)
    monkeypatch.setattr(verification, "PAGE", 2)  # read in pieces, it is the same
    assert verdict_of(lines) == verdict


def test_an_empty_chain_holds(database):
    assert (verdict_of(database).lines, verdict_of(database).head) == (0, FIRST)


@pytest.mark.parametrize(
    ("statement", "broken_at", "flaw"),
    [
        ("UPDATE audit SET actor = 'wang' WHERE seq = 4", 4, "altered"),
        ("UPDATE audit SET detail = '{\"n\": 9}' WHERE seq = 1", 1, "altered"),
        ("UPDATE audit SET at = '2020-01-01 00:00:00+00:00' WHERE seq = 7", 7, "altered"),
        ("DELETE FROM audit WHERE seq = 3", 3, "missing"),
        ("DELETE FROM audit WHERE seq = 1", 1, "missing"),
        ("UPDATE audit SET hash = previous WHERE seq = 5", 5, "altered"),
    ],
)
def test_the_first_broken_line_is_named(lines, statement, broken_at, flaw):
    unsealed(lines, statement)
    verdict = verdict_of(lines)
    assert (verdict.broken_at, verdict.flaw, verdict.lines) == (broken_at, flaw, broken_at - 1)
    assert str(broken_at) in verdict.reason


def test_a_line_altered_with_its_hash_no_longer_leads_to_the_next(lines):
    with lines.reading() as session:
        line = session.get_one(AuditRow, 4)
        line.actor = "wang"
        forged = audit.hash_of(line)
        session.rollback()
    unsealed(lines, "UPDATE audit SET actor = 'wang', hash = :forged WHERE seq = 4", forged=forged)
    verdict = verdict_of(lines)
    assert (verdict.broken_at, verdict.flaw) == (5, "misplaced")


def test_lines_cut_off_at_the_end_are_found_by_a_head_noted_earlier(lines):
    with lines.reading() as session:
        noted = audit.read_head(session).hash
    assert verdict_of(lines, noted).flaw is None
    unsealed(lines, f"DELETE FROM audit WHERE seq = {LINES}")
    assert verdict_of(lines).flaw is None
    verdict = verdict_of(lines, noted)
    assert (verdict.flaw, verdict.lines) == ("head", LINES - 1)


def test_a_head_from_the_middle_is_still_in_the_chain(lines):
    with lines.reading() as session:
        noted = session.get_one(AuditRow, 2).hash
    assert verdict_of(lines, noted).flaw is None
    assert verdict_of(lines, "f" * 64).flaw == "head"


def test_verifying_goes_on_from_a_line_that_held(lines):
    with lines.reading() as session:
        first = verification.verify_after(session, limit=3)
        assert (first.lines, first.more) == (3, True)
        rest = verification.verify_after(session, Checkpoint(first.lines, first.head), limit=100)
        assert (rest.lines, rest.more, rest.flaw) == (LINES, False, None)
        end = verification.verify_after(session, Checkpoint(rest.lines, rest.head))
        assert (end.lines, end.more, end.flaw) == (LINES, False, None)
        assert verification.verify_after(session, Checkpoint(3, rest.head)).flaw == "head"
        assert verification.verify_after(session, Checkpoint(99, rest.head)).flaw == "head"


KEYS = st.text("aé中_", max_size=3)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e15, 1e15, allow_nan=False)
    | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(detail=JSON)
def test_what_a_database_does_to_json_breaks_no_chain(database, detail):
    with database.writing() as session:
        audit.record(session, "li", "test", "test:1", detail=detail)
    assert verdict_of(database).flaw is None


def test_pages_and_filters(lines):
    with lines.reading() as session:
        latest = audit.read_page(session, limit=3)
        assert [line.seq for line in latest] == [7, 6, 5]
        assert [line.seq for line in audit.read_page(session, before=5, limit=2)] == [4, 3]
        by_li = audit.read_page(session, [AuditRow.actor == "li"])
        assert [line.seq for line in by_li] == [6, 4, 2]


def test_lines_between_two_moments(database, monkeypatch):
    day = dt.timedelta(days=1)
    start = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
    times = [start, start + day, start + 2 * day, start + 2 * day - dt.timedelta(minutes=1), start + 3 * day]
    with database.writing() as session:
        for at in times:  # the fourth by a clock that was set back
            monkeypatch.setattr(audit, "now", lambda at=at: at)
            audit.record(session, "li", "test", "test:1")
    with database.reading() as session:

        def between(since, until):
            return sorted(
                line.seq for line in audit.read_page(session, audit.read_between(session, since, until))
            )

        assert between(start + 2 * day, None) == [3, 5]
        assert between(start + day, start + 2 * day) == [2, 4]
        assert between(None, start + day) == [1]
        assert between(start + 9 * day, None) == []
        assert between(None, start - day) == []
