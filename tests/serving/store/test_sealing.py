"""Lines of a matter's history are only ever added, whoever writes to the database."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError

from fenban.serving.store.base import now
from fenban.serving.store.tables.matters import DecisionRow, SubmissionRow, TransitionRow


@pytest.fixture
def lined(database):
    """One matter with one line of two kinds."""
    moment = now()
    with database.writing() as session:
        row = SubmissionRow(
            number="20261126-000001",
            kind="complaint",
            state="已派遣",
            text="路灯不亮",
            received_at=moment,
            created_by="wang",
        )
        session.add(row)
        session.flush()
        shared = {"submission_id": row.id, "at": moment, "by": "wang"}
        session.execute(insert(DecisionRow), [{**shared, "lead_unit": "城管局", "co_units": []}])
        session.execute(insert(TransitionRow), [{**shared, "action": "decide", "to_state": "已派遣"}])
    return database


@pytest.mark.parametrize("table", ["decisions", "transitions"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET why = 'x'", "DELETE FROM {}"])
def test_a_line_is_neither_changed_nor_deleted(lined, table, statement):
    with pytest.raises(DBAPIError, match="append-only"), lined.writing() as session:
        session.execute(text(statement.format(table)))
    with lined.reading() as session:
        (why,) = session.execute(text(f"SELECT why FROM {table}")).one()
    assert why == ""


def test_the_matter_itself_changes(lined):
    with lined.writing() as session:
        session.execute(text("UPDATE submissions SET state = '办理中'"))
    with lined.reading() as session:
        assert session.get(SubmissionRow, 1).state == "办理中"


def test_a_line_of_no_matter_is_refused(lined):
    with pytest.raises(DBAPIError), lined.writing() as session:
        session.execute(
            insert(TransitionRow),
            [{"submission_id": 99, "at": now(), "by": "wang", "action": "x", "to_state": "y"}],
        )
