"""Finding similar cases: what is found, on what scale, how votes are shared, bytes in and out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fenban.model.memory.neighbours import Neighbours, ResolvedCase, vote_shares
from fenban.model.scoring.projection import unit_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

DIMENSIONS = 48


def clustered(n: int, seed: int = 3) -> NDArray[np.float32]:
    """Unit vectors around ten centres, all a little to one side, as embeddings are."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(10, DIMENSIONS)) + 1.0
    drawn = centres[np.arange(n) % 10] + rng.normal(size=(n, DIMENSIONS)) * 0.5
    return unit_rows(drawn.astype(np.float32))


def cases(n: int) -> list[ResolvedCase]:
    return [ResolvedCase(f"第{i}件", lead_unit=f"{i % 10}号局") for i in range(n)]


@pytest.fixture(scope="module")
def built() -> Neighbours:
    return Neighbours.build(clustered(500), cases(500))


def test_the_nearest_are_found(built: Neighbours) -> None:
    vectors = clustered(500)
    found, similarities = built.search(vectors[:100], 10)
    exact = np.argsort(-(vectors[:100] @ vectors.T), axis=1)[:, :10]
    recall = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(found, exact, strict=True)])
    assert recall > 0.9
    assert (found[:, 0] == np.arange(100)).mean() > 0.97
    assert (np.diff(similarities, axis=1) <= 0).all()
    assert found.dtype == np.int64
    assert similarities.dtype == np.float32


def test_one_is_the_same_and_nought_is_chance(built: Neighbours) -> None:
    vectors = clustered(500)
    _, similarities = built.search(vectors[:50], 500)
    assert built.chance > 0.3
    assert similarities[:, 0].min() > 0.99
    assert similarities.min() >= 0
    assert abs(np.median(similarities)) < 0.1


def test_the_same_vectors_give_the_same_bytes() -> None:
    first = Neighbours.build(clustered(400), cases(400)).to_bytes()
    assert Neighbours.build(clustered(400), cases(400)).to_bytes() == first


def test_restored_it_finds_the_same(built: Neighbours) -> None:
    again = Neighbours.restore(built.to_bytes(), cases(500), built.chance)
    for mine, theirs in zip(built.search(clustered(40)), again.search(clustered(40)), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert again.dimensions == DIMENSIONS


@pytest.mark.parametrize("data", [b"", b"usearch", b"\0" * 4000])
def test_bytes_that_are_no_index_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"neighbours|buffer"):
        Neighbours.restore(data, cases(3), 0.0)


def test_an_index_of_other_cases_is_refused(built: Neighbours) -> None:
    with pytest.raises(ValueError, match="500 vectors of 499 cases"):
        Neighbours.restore(built.to_bytes(), cases(499), 0.0)
    with pytest.raises(ValueError, match="2 vectors of 3 cases"):
        Neighbours.build(clustered(2), cases(3))


@pytest.mark.parametrize("n", [0, 1, 2])
def test_few_cases_or_none_can_be_searched(n: int) -> None:
    few = Neighbours.build(clustered(n), cases(n))
    found, similarities = few.search(clustered(5), 20)
    assert found.shape == similarities.shape == (5, n)
    assert few.distinct(found, similarities) is not None
    assert few.search(clustered(0))[0].shape == (0, n)


def test_a_vector_of_nothing_is_like_nothing(built: Neighbours) -> None:
    vectors = clustered(2)
    vectors[0] = 0
    _, similarities = built.search(vectors)
    assert (similarities[0] == 0).all()
    assert similarities[1, 0] > 0.99


def test_threads_share_it(built: Neighbours) -> None:
    vectors = clustered(200)
    expected = built.search(vectors)[0]
    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(lambda i: built.search(vectors[i : i + 1])[0], range(200)):
            assert found.shape == (1, 20)
        again = list(pool.map(lambda _: built.search(vectors)[0], range(16)))
    assert all((found == expected).all() for found in again)


def test_cases_that_say_the_same_are_shown_once() -> None:
    vectors = clustered(60)
    vectors[20] = vectors[10]
    vectors[30] = unit_rows(vectors[10:11] + np.float32(0.005))[0]
    index = Neighbours.build(vectors, cases(60))
    numbers, similarities = index.search(vectors[10:11], 10)
    chosen = [int(numbers[0, position]) for position in index.distinct(numbers, similarities)[0]]
    assert len(chosen) == 3
    assert len({10, 20, 30} & set(chosen)) == 1


def test_votes_weigh_by_similarity_and_skip_what_has_no_label() -> None:
    numbers = np.array([[0, 1, 2], [3, 3, 3], [0, 1, 2]])
    similarities = np.array([[1.0, 0.5, 0.5], [1.0, 1.0, 1.0], [0.0, 0.0, 0.0]], dtype=np.float32)
    shares = vote_shares(numbers, similarities, np.array([2, 0, 0, -1]), 4, sharpness=1)
    np.testing.assert_allclose(shares[0], [0.5, 0, 0.5, 0])
    assert (shares[1:] == 0).all()
    sharper = vote_shares(numbers, similarities, np.array([2, 0, 0, -1]), 4, sharpness=2)
    assert sharper[0, 2] == pytest.approx(2 / 3)
    assert shares.dtype == np.float32
