"""Groups are what is about the same matter; whoever writes of something else stays out."""

from __future__ import annotations

import numpy as np
import pytest

from fenban.model.likeness import clustering
from fenban.model.likeness.clustering import group_matters
from fenban.model.likeness.comparison import Comparable, Comparison, Likeness, Rarity
from fenban.model.likeness.fingerprint import take_fingerprint
from fenban.training.starter import starter_cases
from tests.model.likeness.invented_letters import ALONE, LIGHTS, PLANT


@pytest.fixture(scope="module")
def rarity():
    return Rarity.of(take_fingerprint(case.submission.text) for case in starter_cases()[::3])


def found(texts, rarity, days=60, day=lambda n: n):
    matters = [Comparable(take_fingerprint(text), day(n)) for n, text in enumerate(texts)]
    return sorted(tuple(g.members.tolist()) for g in group_matters(Comparison(matters, rarity), days))


def test_letters_are_grouped_by_their_matter(rarity):
    assert found((*PLANT, *LIGHTS, *ALONE), rarity) == [(0, 1, 2, 3), (4, 5, 6)]


def test_the_order_of_arrival_does_not_matter(rarity):
    texts = (*ALONE, *LIGHTS[::-1], *PLANT)
    first = len(ALONE)
    assert found(texts, rarity) == [
        tuple(range(first, first + 3)),
        tuple(range(first + 3, first + 7)),
    ]


def test_what_lies_too_far_apart_in_time_is_no_link(rarity):
    assert found(LIGHTS, rarity, days=5, day=lambda n: 100 * n) == []


def test_what_a_tenth_of_all_write_is_still_seen(rarity, monkeypatch):
    monkeypatch.setattr(clustering, "_LARGEST", 20)  # more than are compared pair by pair
    copies = [f"{PLANT[0]}（第{n}次反映）" for n in range(45)]
    others = [case.submission.text for case in starter_cases()[1:1200:3]]
    members = max(found((*copies, *others), rarity, day=lambda n: n % 7), key=len)
    assert members == tuple(range(45))


class Chain:
    """Each is likely the same as the next and surely not as any other: a chain that drifts."""

    def __init__(self, length):
        self.length = length

    def __len__(self):
        return self.length

    def propose_pairs(self, *_):
        first = np.arange(self.length - 1)
        return first, first + 1

    def likeness(self, i, j):
        next_to = (np.abs(i - j) == 1).astype(np.float32)
        return Likeness(0 * next_to, 0.8 * next_to)


def test_a_chain_does_not_become_one_group():
    sizes = [len(group.members) for group in group_matters(Chain(40), 60)]
    assert max(sizes) <= 4
    assert sum(sizes) >= 30


def test_the_medoid_is_most_like_the_others(rarity):
    class Star(Chain):
        def propose_pairs(self, *_):
            return np.zeros(4, np.int64), np.arange(1, 5)

        def likeness(self, i, j):
            return Likeness(np.zeros(len(i), np.float32), np.where(i * j == 0, 0.9, 0.5).astype(np.float32))

    (group,) = group_matters(Star(5), 60)
    assert group.medoid == 0


def test_thresholds_fit_each_other():
    assert 0 < clustering.JOINED < clustering.LINKED < 1
