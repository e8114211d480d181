"""Hot issues are what several wrote in the last weeks; growth is only said where it is no chance."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from fenban.serving.desk.likeness import clusters
from fenban.serving.desk.likeness.clusters import ClustersCache, compute_clusters, compute_growth
from fenban.serving.desk.matters import merging
from fenban.serving.store.base import now
from tests.model.likeness.invented_letters import ALONE, LIGHTS, PLANT

DAY = dt.timedelta(days=1)


@pytest.fixture
def filled(office):
    """Ids of the plant's letters, the last of them three weeks old, and of the lamps'."""
    for text in ALONE:
        office.take_in(text)
    lamps = [office.take_in(text, jurisdiction="某市/东区") for text in LIGHTS]
    ages = (0, 1, 2, 21)
    plant = [office.take_in(text, received_at=now() - n * DAY) for text, n in zip(PLANT, ages, strict=True)]
    return office, plant, lamps


def computed_now(office, weeks=8):
    with office.database.reading() as session:
        return compute_clusters(session, weeks, now())


def test_what_several_wrote_is_a_cluster(filled):
    office, plant, lamps = filled
    found = computed_now(office)
    assert found.matters == len(plant) + len(lamps) + len(ALONE)
    by_size = {len(one.members): one for one in found.items}
    assert set(by_size) == {3, 4}
    assert set(by_size[4].members) == set(plant)
    assert by_size[4].medoid in plant
    assert by_size[4].weeks == (0, 0, 0, 0, 1, 0, 0, 3)
    assert by_size[3].places == ("某市/东区",)
    assert by_size[3].topic == "城市管理/路灯照明"
    assert by_size[3].open == 3


def test_only_the_weeks_asked_for_count(filled):
    office, plant, _ = filled
    sizes = sorted(len(one.members) for one in computed_now(office, weeks=2).items)
    assert sizes == [3, 3]
    assert plant[-1] not in {i for one in computed_now(office, weeks=2).items for i in one.members}


def test_a_merged_matter_no_longer_counts(filled):
    office, _, lamps = filled
    with office.desk() as desk:
        row, main = merging.load_both(desk, lamps[1], lamps[0])
        merging.merge(desk, row, main)
    assert [len(one.members) for one in computed_now(office).items] == [4]


@pytest.mark.parametrize(
    ("counts", "growth", "sure"),
    [
        ([0, 0, 0, 0, 0, 0, 0, 3], None, True),
        ([1, 1, 1, 1, 1, 1, 1, 1], 1.0, False),
        ([1, 0, 1, 0, 1, 0, 1, 2], 3.5, False),
        ([2, 2, 2, 2, 2, 2, 2, 8], 4.0, True),
        ([3, 3, 3, 3, 3, 3, 3, 0], 0.0, False),
    ],
)
def test_growth_is_told_from_chance(counts, growth, sure):
    found, chance = compute_growth(np.array(counts))
    assert found == growth
    assert (chance < clusters.SURE) is sure


def test_the_cache_never_lets_anybody_wait(filled):
    office, _, _ = filled
    cache = ClustersCache(office.database)
    found, computing = cache.current()
    assert found is None
    assert computing
    cache.wait()
    found, computing = cache.current()
    assert len(found.items) == 2
    assert not computing


def test_new_matters_are_counted_after_a_while(filled, monkeypatch):
    office, _, _ = filled
    cache = ClustersCache(office.database)
    cache.current()
    cache.wait()
    first, _ = cache.current()
    office.take_in(LIGHTS[0])
    assert cache.current() == (first, False)  # the pause between two computations
    monkeypatch.setattr(clusters, "_PAUSE", dt.timedelta(0))
    found, computing = cache.current()
    assert (found, computing) == (first, True)  # from before, while it is computed anew
    cache.wait()
    found, computing = cache.current()
    assert found.matters == first.matters + 1
    assert not computing


def test_a_merging_is_noticed_too(filled, monkeypatch):
    office, _, lamps = filled
    monkeypatch.setattr(clusters, "_PAUSE", dt.timedelta(0))
    cache = ClustersCache(office.database)
    cache.current()
    cache.wait()
    assert cache.current()[1] is False
    with office.desk() as desk:
        row, main = merging.load_both(desk, lamps[1], lamps[0])
        merging.merge(desk, row, main)
    assert cache.current()[1] is True
    cache.wait()
    assert len(cache.current()[0].items) == 1


def test_an_empty_store_has_no_clusters(office):
    found = computed_now(office)
    assert (found.matters, found.items) == (0, ())
