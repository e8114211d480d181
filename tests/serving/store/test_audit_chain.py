"""The chain among many writers, and a line put in between."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text

from fenban.serving.store import audit, verification
from fenban.serving.store.base import now


def lines(database, count: int) -> None:
    for number in range(1, count + 1):
        with database.writing() as session:
            audit.record(session, "wang", "submission.decide", f"submission:{number}", rank=number)


def verdict(database) -> verification.Verdict:
    with database.reading() as session:
        return verification.verify(session)


def test_a_line_put_in_between_is_found(database):
    lines(database, 5)
    with database.writing() as session:
        if database.is_sqlite:
            session.execute(text("DROP TRIGGER audit_no_update"))
        else:
            session.execute(text("ALTER TABLE audit DISABLE TRIGGER audit_append_only"))
        before = session.get_one(audit.AuditRow, 2)
        session.execute(text("UPDATE audit SET seq = seq + 100 WHERE seq >= 3"))
        session.execute(text("UPDATE audit SET seq = seq - 99 WHERE seq >= 100"))
        line = audit.AuditRow(
            seq=3, at=now(), actor="li", action="x", subject="y", detail={}, previous=before.hash
        )
        line.hash = audit.hash_of(line)
        session.add(line)
    assert verdict(database).broken_at == 4


def test_many_at_once_make_one_chain(database):
    threads = [threading.Thread(target=lines, args=(database, 5)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = verdict(database)
    assert (found.lines, found.broken_at) == (20, None)


def failing(database) -> None:
    with database.writing() as session:
        audit.record(session, "wang", "submission.sign", "submission:1")
        raise RuntimeError


def test_what_was_rolled_back_leaves_no_gap(database):
    with pytest.raises(RuntimeError):
        failing(database)
    lines(database, 1)
    assert verdict(database).lines == 1
