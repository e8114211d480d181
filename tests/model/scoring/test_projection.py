"""The random projection keeps what rows have in common, and needs nothing but the slots."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from fenban.model.scoring.features import FeatureSpace
from fenban.model.scoring.projection import DIMENSIONS, Projection, unit_rows

WIDTH = 5000


@pytest.fixture(scope="module")
def space() -> FeatureSpace:
    rng = np.random.default_rng(1)
    slots = np.sort(rng.choice(1 << 22, WIDTH, replace=False)).astype(np.uint32)
    return FeatureSpace(slots, rng.choice([2.0, 3.0, 4.0, 9.0], WIDTH).astype(np.float32))


def rows(space: FeatureSpace, n: int = 200, seed: int = 2) -> sparse.csr_matrix:
    """Rows over the features that are not the rarest, in pairs that share a part."""
    rng = np.random.default_rng(seed)
    common = np.flatnonzero(space.idf < 9)
    out = np.zeros((n, WIDTH), dtype=np.float32)
    for i in range(n):
        out[i, rng.choice(common, 60)] = rng.random(60) + 0.5
    out[1::2] = out[1::2] + np.linspace(0, 2, n // 2, dtype=np.float32)[:, None] * out[::2]
    return sparse.csr_matrix(unit_rows(out))


def test_products_are_kept_up_to_the_noise_of_the_dimensions(space: FeatureSpace) -> None:
    features = rows(space)
    vectors = Projection(space).vectors(features)
    error = vectors @ vectors.T - (features @ features.T).toarray()
    assert vectors.shape == (200, DIMENSIONS)
    assert vectors.dtype == np.float32
    assert abs(error.mean()) < 0.005
    assert error.std() < 1.2 / np.sqrt(DIMENSIONS)


def test_the_same_slots_give_the_same_projection_in_any_space(space: FeatureSpace) -> None:
    features = rows(space)
    used = np.flatnonzero(np.bincount(features.indices, minlength=WIDTH))
    used = np.union1d(used, np.flatnonzero(space.idf == 9)[:1])
    smaller = FeatureSpace(space.slots[used], space.idf[used])
    expected = Projection(space).vectors(features)
    np.testing.assert_array_equal(Projection(smaller).vectors(features[:, used]), expected)


def test_what_one_text_alone_has_adds_nothing(space: FeatureSpace) -> None:
    features = rows(space, 4).tolil()
    features[0, int(np.flatnonzero(space.idf == 9)[0])] = 5
    changed = Projection(space).vectors(features.tocsr())
    np.testing.assert_array_equal(changed, Projection(space).vectors(rows(space, 4)))


def test_a_space_of_equally_frequent_features_is_kept_whole() -> None:
    space = FeatureSpace(np.arange(3, dtype=np.uint32), np.ones(3, dtype=np.float32))
    vectors = Projection(space).vectors(sparse.csr_matrix(np.eye(3, dtype=np.float32)))
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-6)


def test_rows_and_spaces_of_nothing_give_zeros(space: FeatureSpace) -> None:
    nothing = sparse.csr_matrix((2, WIDTH), dtype=np.float32)
    np.testing.assert_array_equal(Projection(space).vectors(nothing), np.zeros((2, DIMENSIONS)))
    empty = FeatureSpace(np.zeros(0, dtype=np.uint32), np.zeros(0, dtype=np.float32))
    assert Projection(empty).vectors(sparse.csr_matrix((0, 0))).shape == (0, DIMENSIONS)
