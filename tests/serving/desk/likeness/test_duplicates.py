"""Likes of a matter are found in the store, whatever else it holds, and shown with what differs."""

from __future__ import annotations

import datetime as dt
import threading

import numpy as np
import pytest
from sqlalchemy import func, select

from fenban.model.case import Submission
from fenban.serving.desk.likeness import duplicates, rarities
from fenban.serving.desk.likeness.differences import Side
from fenban.serving.desk.likeness.meaning import Meaning, Vector, pack_vector, unpack_vector
from fenban.serving.desk.matters import intake, merging
from fenban.serving.desk.matters.steps import PLAIN
from fenban.serving.store.base import now
from fenban.serving.store.tables.likeness import FingerprintRow, LookupKeyRow
from tests.model.likeness.invented_letters import ALONE, LIGHTS, PLANT

DAY = dt.timedelta(days=1)


def asked(office, text, at=None, **options):
    with office.database.reading() as session:
        return duplicates.find_candidates(session, Side(text, "", None, at or now()), **options)


def ids(found):
    return [one.row.id for one in found]


@pytest.fixture
def filled(office):
    """Ids of the plant's letters and of the lamps', among others."""
    taken = [office.take_in(text) for text in (*PLANT[1:], *LIGHTS[1:], *ALONE)]
    return office, taken[: len(PLANT) - 1], taken[len(PLANT) - 1 : len(PLANT) + len(LIGHTS) - 2]


def test_the_same_matter_is_found_and_nothing_else(filled):
    office, plant, lamps = filled
    assert set(ids(asked(office, PLANT[0]))) <= set(plant)
    assert ids(asked(office, PLANT[0]))
    assert set(ids(asked(office, LIGHTS[0]))) <= set(lamps)
    assert ids(asked(office, LIGHTS[0]))
    assert asked(office, "请问婚姻登记处周六上班吗") == []


def test_the_same_text_comes_first_and_says_so(filled):
    office, plant, _ = filled
    first = asked(office, PLANT[1] + "谢谢")[0]
    assert (first.row.id, first.kind) == (plant[0], "same_text")
    assert first.score > 0.95
    assert first.differences.lines == ("这件另说：谢谢",)


def test_a_text_without_words_has_no_likes(filled):
    office, _, _ = filled
    assert asked(office, "？！") == []


def test_what_came_too_long_ago_is_not_offered(office):
    office.take_in(LIGHTS[1], received_at=now() - 90 * DAY)
    assert asked(office, LIGHTS[1]) == []
    assert asked(office, LIGHTS[1], days=100)


def test_a_matter_is_not_its_own_twin_and_a_merged_one_stands_for_its_main(office):
    first, second, third = (office.take_in(text) for text in (LIGHTS[0], LIGHTS[0], LIGHTS[1]))
    with office.desk() as desk:
        row, main = merging.load_both(desk, second, first)
        merging.merge(desk, row, main)
    assert ids(asked(office, LIGHTS[0], exclude=third)) == [first]
    assert second not in ids(asked(office, LIGHTS[0], exclude=first))
    assert first not in ids(asked(office, LIGHTS[0], exclude=first))


def test_a_limit_is_kept(office):
    for _ in range(7):
        office.take_in(LIGHTS[0])
    assert len(asked(office, LIGHTS[0])) == 5
    assert len(asked(office, LIGHTS[0], limit=2)) == 2


def test_a_changed_text_is_found_by_its_new_words(office):
    submission_id = office.take_in("有一件事要反映")
    office.do(PLAIN["ask"], submission_id, "请写明什么事")
    office.do(intake.supplement, submission_id, PLANT[0], None)
    assert ids(asked(office, PLANT[0])) == [submission_id]
    with office.database.reading() as session:
        count = select(func.count()).select_from(FingerprintRow)
        assert session.scalar(count) == 1
        assert 6 < session.scalar(select(func.count()).select_from(LookupKeyRow)) <= 26


def test_personal_data_is_neither_kept_nor_shown(office):
    office.take_in(f"{LIGHTS[0]}电话13800000000")
    (found,) = asked(office, LIGHTS[0])
    assert "1380" not in str(found.differences)


class Encoder:
    """Says of every text that it is about the same."""

    fingerprint = "e" * 64

    def encode(self, texts):
        return np.array([[len(text) % 7 + 1, 1.0] for text in texts], np.float32)


class Dense:
    def __init__(self, raw):
        self.raw = raw

    def unit_vectors(self, vectors):
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class Content:
    def __init__(self, raw):
        self.encoder, self.dense = Encoder(), Dense(raw)


def test_a_vector_is_kept_and_compared_only_with_its_own_kind(office):
    unit = np.array([0.6, 0.8], np.float32)
    mine, others = (Vector(name * 64, pack_vector(unit)) for name in "ab")
    with office.desk() as desk:
        row, _ = intake.take_in(desk, intake.Arrival(text=PLANT[1], received_at=now()), None, mine)
    with office.database.reading() as session:
        assert duplicates.load_vector(session, row.id) == mine
        assert duplicates.load_vector(session, row.id + 1) is None
    scores = [asked(office, PLANT[0], vector=one)[0].score for one in (mine, others, None)]
    assert scores[0] > scores[1] == scores[2]


def test_a_model_without_a_fitting_encoder_has_no_vectors():
    one = Submission("路灯坏了")
    assert Meaning(Content(raw=True)).vector(one) is None
    vector = Meaning(Content(raw=False)).vector(one)
    assert vector.encoder == Encoder.fingerprint
    assert unpack_vector(vector.values) @ unpack_vector(vector.values) == pytest.approx(1)
    assert unpack_vector(pack_vector(np.zeros(2, np.float32))).tolist() == [0, 0]


def test_rarity_is_counted_once_for_many_threads(office, monkeypatch):
    counted = []
    real = rarities._count
    monkeypatch.setattr(rarities, "_count", lambda session: counted.append(1) or real(session))

    def ask():
        with office.database.reading() as session:
            rarities.load_current(session)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 <= len(counted) <= 4
    ask()
    before = len(counted)
    ask()
    assert len(counted) == before


def test_rarity_follows_the_city(office):
    with office.database.reading() as session:
        before = rarities.load_current(session).matters
    for n in range(3):
        office.take_in(f"云顶苑第{n}件事")
    with office.database.reading() as session:
        pool = session.get_bind().engine.pool
        rarities._counted.pop(pool)
        assert rarities.load_current(session).matters == before + 3
