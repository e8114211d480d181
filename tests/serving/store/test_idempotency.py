"""The same key does a thing once: also when both requests come at the same time."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from sqlalchemy import func, select, text

from fenban.serving.store import idempotency
from fenban.serving.store.base import now
from fenban.serving.store.errors import ReusedKeyError
from fenban.serving.store.idempotency import Kept
from fenban.serving.store.tables.matters import IdempotencyRow

ANSWER = Kept(201, {"id": 7}, '"v1"')


def send(database, key: str = "k", actor: str = "wang", fingerprint: str = "f") -> Kept | None:
    with database.writing() as session:
        kept = idempotency.claim(session, key, actor, fingerprint)
        if kept is None:
            idempotency.keep(session, key, actor, ANSWER)
        return kept


def test_the_second_time_the_answer_comes_back(database):
    assert send(database) is None
    assert send(database) == ANSWER
    assert send(database, actor="li") is None
    assert send(database, key="other") is None


def test_a_key_is_for_one_request(database):
    send(database)
    with pytest.raises(ReusedKeyError):
        send(database, fingerprint="another")


def failing(database) -> None:
    with database.writing() as session:
        idempotency.claim(session, "k", "wang", "f")
        raise RuntimeError


def test_what_failed_is_not_kept(database):
    with pytest.raises(RuntimeError):
        failing(database)
    assert send(database) is None


def test_of_two_at_once_one_acts(database):
    began = threading.Barrier(2)
    answers: list[Kept | None] = []

    def run() -> None:
        began.wait()
        answers.append(send(database))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers, key=bool) == [None, ANSWER]


def test_old_answers_are_cleared_away(database):
    send(database)
    old = now() - idempotency.KEPT - dt.timedelta(minutes=1)
    with database.writing() as session:
        session.execute(IdempotencyRow.__table__.update().values(at=old))
    send(database, key="new")
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(IdempotencyRow)) == 1
        assert session.execute(text("SELECT key FROM idempotency_keys")).scalar_one() == "new"
