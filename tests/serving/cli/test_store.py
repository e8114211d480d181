"""``fenban audit`` and ``fenban purge`` over a store in the home folder."""

from __future__ import annotations

import datetime as dt
import json
import shutil

import pytest
from sqlalchemy import text

from fenban.serving.cli.main import main
from fenban.serving.store import audit
from fenban.serving.store.database import Database, parse_database_url
from fenban.serving.store.tables.matters import SubmissionRow, SubmissionTextRow

LONG_AGO = dt.datetime(2024, 5, 1, tzinfo=dt.UTC)


@pytest.fixture
def store(tmp_path, monkeypatch, migrated_file):
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(migrated_file, home / "fenban.db")
    monkeypatch.setenv("FENBAN_HOME", str(home))
    database = Database(parse_database_url(None, home))
    with database.writing() as session:
        row = SubmissionRow(
            number="n-1", kind="complaint", state="办结", text="路灯不亮", received_at=LONG_AGO,
            closed_at=LONG_AGO, created_by="li",
        )  # fmt: skip
        session.add(row)
        session.flush()
        session.add(SubmissionTextRow(submission_id=row.id, text="路灯不亮，找覃阿姨"))
        for i in range(3):
            audit.record(session, "li", "submission.decide", "submission:1", n=i)
    yield database
    database.close()


def said(capsys, *arguments):
    code = main(arguments)
    return code, *capsys.readouterr()


def test_a_chain_that_holds(store, capsys):
    code, out, _ = said(capsys, "audit", "head")
    seq, head, _ = out.split()
    assert (code, seq) == (0, "3")
    code, out, _ = said(capsys, "audit", "verify", "--head", head)
    assert code == 0
    assert "3 lines" in out
    assert head in out
    content = json.loads(said(capsys, "audit", "verify", "--json")[1])
    assert (content["lines"], content["flaw"], content["total"]) == (3, None, 3)


def test_a_chain_that_is_broken(store, capsys):
    with store.writing() as session:
        session.execute(text("DROP TRIGGER audit_no_delete"))
        session.execute(text("DELETE FROM audit WHERE seq = 2"))
    code, out, _ = said(capsys, "audit", "verify")
    assert code == 1
    assert "line 2 is missing" in out


def test_lines_cut_off_are_found_by_the_noted_head(store, capsys):
    head = json.loads(said(capsys, "audit", "head", "--json")[1])["hash"]
    with store.writing() as session:
        session.execute(text("DROP TRIGGER audit_no_delete"))
        session.execute(text("DELETE FROM audit WHERE seq = 3"))
    assert said(capsys, "audit", "verify")[0] == 0
    assert said(capsys, "audit", "verify", "--head", head)[0] == 1


@pytest.mark.parametrize("head", ["abc", "g" * 64])
def test_half_a_head_is_wrong_usage(store, capsys, head):
    code, out, err = said(capsys, "audit", "verify", "--head", head)
    assert (code, out) == (2, "")
    assert "--head" in err


@pytest.mark.parametrize("arguments", [("audit", "verify"), ("purge", "--older-than", "1d")])
def test_no_store_is_no_empty_store(tmp_path, monkeypatch, capsys, arguments):
    monkeypatch.setenv("FENBAN_HOME", str(tmp_path / "nowhere"))
    code, _, err = said(capsys, *arguments)
    assert code == 2
    assert "there is no store" in err
    assert not (tmp_path / "nowhere").exists()


def raw_texts(database):
    with database.reading() as session:
        return session.execute(text("SELECT count(*) FROM submission_texts")).scalar_one()


def test_purging(store, capsys):
    code, out, _ = said(capsys, "purge", "--older-than", "365d", "--dry-run")
    assert (code, raw_texts(store)) == (0, 1)
    assert "1 raw texts" in out
    code, out, _ = said(capsys, "purge", "--older-than", "365d")
    assert (code, raw_texts(store)) == (0, 0)
    assert "Deleted: 1 raw texts" in out
    assert said(capsys, "audit", "verify")[0] == 0
    code, out, _ = said(capsys, "purge", "--older-than", "2024-01-01")
    assert "Deleted: 0 raw texts" in out


def test_purging_wants_a_time(store, capsys):
    code, _, err = said(capsys, "purge", "--older-than", "last year")
    assert code == 2
    assert "365d" in err
