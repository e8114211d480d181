"""Which matters are found alike, and what speaks for and against it."""

from __future__ import annotations

import numpy as np
import pytest

from fenban.model.likeness.comparison import SAME_TEXT, Comparable, Comparison, Rarity, places_differ
from fenban.model.likeness.fingerprint import take_fingerprint
from fenban.training.starter import starter_cases
from tests.model.likeness.invented_letters import ALONE, LIGHTS, PLANT


@pytest.fixture(scope="module")
def rarity():
    return Rarity.of(take_fingerprint(case.submission.text) for case in starter_cases()[::3])


def alike(rarity, one, other, **second):
    first = Comparable(take_fingerprint(one), 100)
    facts = {"day": 100, **second}
    found = Comparison([first, Comparable(take_fingerprint(other), **facts)], rarity).likeness(
        np.array([0]), np.array([1])
    )
    return float(found.overlap[0]), float(found.matter[0])


def test_a_rarer_word_weighs_more(rarity):
    common, rare, unseen = (
        take_fingerprint("投诉").words,
        take_fingerprint("搅拌站").words,
        np.array([7], np.uint32),
    )
    weights = [float(rarity.weights(one)[0]) for one in (common, rare, unseen)]
    assert weights[0] < weights[1] <= weights[2]
    assert rarity.shares(unseen)[0] == 0


def test_nothing_counted_still_weighs():
    assert Rarity.of([]).weights(np.array([7], np.uint32))[0] == 0


def test_the_same_text_overlaps_whatever_its_number(rarity):
    overlap, matter = alike(rarity, PLANT[0] + "电话13800138000", PLANT[0] + "电话13900139000")
    assert overlap >= SAME_TEXT
    assert matter > 0.9


@pytest.mark.parametrize("other", PLANT[1:])
def test_the_same_matter_is_found_in_other_words(rarity, other):
    overlap, matter = alike(rarity, PLANT[0], other)
    assert overlap < SAME_TEXT
    assert matter > max(alike(rarity, PLANT[0], letter)[1] for letter in (*LIGHTS, *ALONE))


def test_another_trouble_at_the_same_place_is_another_matter(rarity):
    """The courier's lockers of the same estate."""
    assert alike(rarity, PLANT[0], ALONE[6])[1] < 0.5


def test_time_and_place_speak_against(rarity):
    near = alike(rarity, LIGHTS[0], LIGHTS[1])[1]
    assert alike(rarity, LIGHTS[0], LIGHTS[1], day=150)[1] < near
    here, there = ("南宁市/青秀区",), ("南宁市/兴宁区",)
    both = [
        Comparable(take_fingerprint(LIGHTS[0]), 100, here),
        Comparable(take_fingerprint(LIGHTS[1]), 100, there),
    ]
    found = Comparison(both, rarity).likeness(np.array([0]), np.array([1]))
    assert found.matter[0] < near


def test_meaning_counts_where_both_have_a_vector(rarity):
    def pair(cosine):
        one = np.array([1, 0], np.float32)
        other = np.array([cosine, np.sqrt(1 - cosine**2)], np.float32)
        both = [
            Comparable(take_fingerprint(LIGHTS[0]), 100, vector=one),
            Comparable(take_fingerprint(LIGHTS[2]), 100, vector=other),
            Comparable(take_fingerprint(LIGHTS[2]), 100),
        ]
        return Comparison(both, rarity).likeness(np.array([0, 0]), np.array([1, 2])).matter

    near, far = pair(0.9), pair(0.1)
    assert near[0] > 0.8 > 0.3 > far[0]
    assert near[1] == far[1]  # without a vector, words alone decide


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ((), ("南宁市/青秀区",), False),
        (("南宁市",), ("南宁市/青秀区",), False),
        (("南宁市/青秀区",), ("南宁市/青秀区/津头街道",), False),
        (("南宁市/青秀区",), ("南宁市/兴宁区",), True),
        (("柳州市/城中区", "南宁市/青秀区"), ("南宁市/青秀区",), False),
        (("南宁市/青秀",), ("南宁市/青秀区",), True),
    ],
)
def test_places_differ(one, other, differ):
    assert places_differ(one, other) is differ
    assert places_differ(other, one) is differ


def test_no_pairs_have_no_likeness(rarity):
    none = np.zeros(0, np.int64)
    assert (
        len(Comparison([Comparable(take_fingerprint(PLANT[0]), 1)], rarity).likeness(none, none).matter) == 0
    )
