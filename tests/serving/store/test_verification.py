"""History that was rewritten past the triggers, and forged lines: each is found and named."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError

from fenban.serving.store import audit, verification
from fenban.serving.store.base import now
from fenban.serving.store.sealing import HISTORY, SEALED
from fenban.serving.store.tables.directory import DirectoryVersionRow
from fenban.serving.store.tables.matters import (
    AgreementRow,
    DecisionRow,
    EvaluationRow,
    FulfilmentRow,
    MergeRow,
    OutcomeRow,
    PromiseRow,
    ReturnRow,
    SubmissionRow,
    SuggestionRow,
    TransferRow,
    TransitionRow,
)
from fenban.serving.store.tables.purges import PurgeRow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from fenban.serving.store.database import Database

MATTERS = 3


def history_of(number: int) -> list[Any]:
    """One row of each kind of history, of the matter of this number."""
    shared = {"submission_id": number, "at": now(), "by": "wang", "why": "职责明确"}
    body = {"lead_units": [{"unit": "城管局", "probability": 0.9863}], "large": 1e16, "small": 1e-7}
    return [
        SuggestionRow(
            submission_id=number, model_version="m", zone="auto", probability=0.1 * number, body=body
        ),
        TransitionRow(**shared, action="decide", to_state="已派遣", detail={"rank": 1, "before": None}),
        DecisionRow(**shared, lead_unit="城管局", co_units=["公安局"]),
        ReturnRow(**shared, unit="城管局", reason="职能不符"),
        TransferRow(**shared, from_unit="城管局", to_unit="公安局"),
        MergeRow(**shared, into_id=1),
        OutcomeRow(**shared, final_unit="城管局", resolved=True),
        EvaluationRow(**shared, satisfied=False, score=2),
        AgreementRow(**shared, parties=["甲", "乙"]),
        PurgeRow(by="wang", older_than=now(), submissions=3),
        DirectoryVersionRow(by="wang", note=str(number), fingerprint="0" * 64, records={"units": []}),
    ]


@pytest.fixture
def lined(database: Database) -> Database:
    """Three matters, each with a row of every kind of history under one line of the audit."""
    for number in range(1, MATTERS + 1):
        with database.writing() as session:
            session.add(
                SubmissionRow(
                    number=f"20261126-{number:06}",
                    kind="complaint",
                    state="已派遣",
                    text="路灯不亮",
                    received_at=now(),
                    created_by="wang",
                )
            )
            session.flush()
            session.add_all(history_of(number))
            session.flush()
            promise = PromiseRow(
                submission_id=number, by="wang", why="修路灯", agreement_id=number, unit="城管局"
            )
            session.add(promise)
            session.flush()
            session.add(FulfilmentRow(submission_id=number, by="wang", promise_id=promise.id))
            audit.record(session, "wang", "submission.decide", f"submission:{number}")
    return database


def verdict_of(database: Database) -> verification.Verdict:
    with database.reading() as session:
        return verification.verify(session)


def force(database: Database, statement: str, **values: Any) -> None:
    """Do what only somebody can who may do everything with the database."""
    with database.writing() as session:
        without_triggers(database, session)
        session.execute(text(statement), values)


def without_triggers(database: Database, session: Session) -> None:
    if database.is_sqlite:
        session.execute(text("PRAGMA defer_foreign_keys = ON"))
        names = text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in session.execute(names).all():
            session.execute(text(f"DROP TRIGGER {name}"))
        return
    session.execute(text("SET LOCAL session_replication_role = replica"))


def test_history_that_nobody_touched_holds(lined: Database) -> None:
    verdict = verdict_of(lined)
    assert (verdict.lines, verdict.flaw, verdict.unsealed) == (MATTERS, None, 0)


def test_history_is_committed_under_a_line_of_the_audit_or_not_at_all(lined: Database) -> None:
    with pytest.raises(RuntimeError, match="without a line"), lined.writing() as session:
        session.add(ReturnRow(submission_id=1, by="wang", unit="城管局", reason="其他"))
    assert verdict_of(lined).flaw is None


@pytest.mark.parametrize("table", HISTORY)
def test_a_row_that_was_changed_is_named(lined: Database, table: str) -> None:
    column = {"purges": "submissions", "directory_versions": "note"}.get(table, "submission_id")
    value = "'1'" if column == "note" else "1"
    force(lined, f"UPDATE {table} SET {column} = {value} WHERE id = 2")
    verdict = verdict_of(lined)
    assert (verdict.flaw, verdict.row, verdict.broken_at, verdict.lines) == ("row", f"{table}:2", 2, 1)
    assert f"{table}:2" in (verdict.reason or "")


@pytest.mark.parametrize("table", sorted(HISTORY.keys() - {"agreements", "promises"}))
def test_a_row_that_is_gone_is_named(lined: Database, table: str) -> None:
    # to agreements and promises other rows refer
    force(lined, f"DELETE FROM {table} WHERE id = 3")
    verdict = verdict_of(lined)
    assert (verdict.flaw, verdict.row, verdict.broken_at) == ("row", f"{table}:3", 3)


@pytest.mark.parametrize(
    "column", ["why = 'x'", "by = 'li'", "co_units = '[]'", "lead_unit = 'x'", "rank = 1"]
)
def test_every_column_of_a_decision_counts(lined: Database, column: str) -> None:
    force(lined, f"UPDATE decisions SET {column} WHERE id = 1")
    assert verdict_of(lined).row == "decisions:1"


@pytest.mark.parametrize("row_id", [-5, 0, 77])
def test_a_row_that_no_line_speaks_of_is_named(lined: Database, row_id: int) -> None:
    force(
        lined,
        "INSERT INTO returns (id, submission_id, at, by, why, unit, reason)"
        " VALUES (:id, 1, '2026-01-01 00:00:00', 'li', '', '城管局', '其他')",
        id=row_id,
    )
    verdict = verdict_of(lined)
    assert (verdict.flaw, verdict.row, verdict.broken_at) == ("stray", f"returns:{row_id}", None)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE seals SET digest = 'f' WHERE table_name = 'decisions' AND row_id = 2",
        "DELETE FROM seals WHERE seq = 2",
        "INSERT INTO seals (table_name, row_id, seq, digest) VALUES ('returns', 77, 2, 'f')",
        "UPDATE audit SET rows = NULL WHERE seq = 2",
    ],
)
def test_seals_that_were_touched_are_found(lined: Database, statement: str) -> None:
    force(lined, statement)
    verdict = verdict_of(lined)
    assert verdict.flaw in ("seals", "altered")
    assert (verdict.broken_at, verdict.lines) == (2, 1)


@pytest.mark.parametrize("seq", [0, -7])
def test_a_forged_line_before_the_first_is_found(lined: Database, seq: int) -> None:
    force(
        lined,
        "INSERT INTO audit (seq, at, actor, action, subject, detail, previous, hash)"
        " VALUES (:seq, '2026-01-01 00:00:00', 'li', 'x', 'y', '{}', 'p', 'h')",
        seq=seq,
    )
    verdict = verdict_of(lined)
    assert (verdict.flaw, verdict.broken_at, verdict.lines) == ("forged", seq, 0)


@pytest.mark.parametrize(
    "change", ["detail = 'not json'", "at = 'yesterday'", "detail = CAST(x'ff' AS TEXT)", "actor = x'00ff'"]
)
def test_a_line_that_cannot_be_read_is_named(lined: Database, change: str) -> None:
    if not lined.is_sqlite:
        pytest.skip("PostgreSQL takes nothing into a column that is not of its type")
    force(lined, f"UPDATE audit SET {change} WHERE seq = 2")
    verdict = verdict_of(lined)
    assert verdict.flaw in ("unreadable", "altered")
    assert (verdict.broken_at, verdict.lines) == (2, 1)


@pytest.mark.parametrize("change", ["co_units = 'not json'", "at = 'yesterday'", "why = CAST(x'ff' AS TEXT)"])
def test_a_row_that_cannot_be_read_is_named(lined: Database, change: str) -> None:
    if not lined.is_sqlite:
        pytest.skip("PostgreSQL takes nothing into a column that is not of its type")
    force(lined, f"UPDATE decisions SET {change} WHERE id = 3")
    verdict = verdict_of(lined)
    assert (verdict.flaw, verdict.row) == ("row", "decisions:3")


def test_a_line_that_calls_later_rows_old_changes_nothing(lined: Database) -> None:
    with lined.writing() as session:
        audit.record(session, "li", audit.SEAL_ACTION, "store", before={"returns": [100, 4]})
        without_triggers(lined, session)
        row = {"submission_id": 1, "at": now(), "by": "li", "why": "", "unit": "城管局", "reason": "其他"}
        session.execute(insert(ReturnRow), [row])
    assert verdict_of(lined).flaw == "stray"


def replacing(table: str) -> str:
    columns = {"audit": "seq", "seals": "row_id"}.get(table, "id")
    return f"INSERT OR REPLACE INTO {table} SELECT * FROM {table} WHERE {columns} = 1 LIMIT 1"


@pytest.mark.parametrize("table", SEALED)
def test_nothing_replaces_a_row(lined: Database, table: str) -> None:
    if not lined.is_sqlite:
        pytest.skip("PostgreSQL has no REPLACE; what stands in for it is an update")
    file = lined.url.database
    assert file is not None
    # as another program opens the file: without the settings of ours
    other = sqlite3.connect(file)
    with pytest.raises(sqlite3.Error, match="append-only"):
        other.execute(replacing(table))
    other.close()
    assert verdict_of(lined).flaw is None


@pytest.mark.parametrize("table", ["audit", "decisions", "seals"])
def test_nothing_is_put_over_a_row_on_conflict(lined: Database, table: str) -> None:
    key, changed = {
        "audit": ("seq", "actor = 'x'"),
        "decisions": ("id", "why = 'x'"),
        "seals": ("table_name, row_id", "digest = 'x'"),
    }[table]
    upsert = (
        f"INSERT INTO {table} SELECT * FROM {table} WHERE true ON CONFLICT ({key}) DO UPDATE SET {changed}"
    )
    with pytest.raises(DBAPIError, match="append-only"), lined.writing() as session:
        session.execute(text(upsert))
    assert verdict_of(lined).flaw is None


def test_an_undone_decision_is_not_replaced_by_what_it_undoes(lined: Database) -> None:
    if not lined.is_sqlite:
        pytest.skip("PostgreSQL has no REPLACE")
    copy = (
        "INSERT OR REPLACE INTO decisions (id, submission_id, at, by, why, undoes, lead_unit, co_units)"
        " SELECT {id}, submission_id, at, by, why, 1, lead_unit, co_units FROM decisions WHERE id = 1"
    )
    with lined.writing() as session:
        session.execute(text(copy.format(id=8)))
    with pytest.raises(DBAPIError, match="append-only"), lined.writing() as session:
        session.execute(text(copy.format(id=9)))


@pytest.mark.parametrize("table", ["audit", "decisions"])
def test_numbers_begin_at_one(lined: Database, table: str) -> None:
    key = "seq" if table == "audit" else "id"
    with lined.reading() as session:
        columns = list(session.execute(text(f"SELECT * FROM {table}")).keys())
    others = ", ".join(name for name in columns if name != key)
    with pytest.raises(DBAPIError, match=r"counts from 1|append-only"), lined.writing() as session:
        session.execute(
            text(f"INSERT INTO {table} ({key}, {others}) SELECT -1, {others} FROM {table} LIMIT 1")
        )


@pytest.mark.parametrize("detail", ["[" * 1200 + "]" * 1200, "[" * 100_000])
def test_a_detail_too_deep_to_be_read_is_named(lined: Database, detail: str) -> None:
    if not lined.is_sqlite:
        pytest.skip("PostgreSQL takes nothing into a column that is not of its type")
    force(lined, "UPDATE audit SET detail = :detail WHERE seq = 2", detail=detail)
    verdict = verdict_of(lined)
    assert (verdict.broken_at, verdict.lines) == (2, 1)
    assert verdict.flaw in ("unreadable", "altered")
