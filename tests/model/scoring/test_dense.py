"""Linear heads over the vectors of an encoder."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fenban.model.scoring.classifier import Head
from fenban.model.scoring.dense import DenseHeads, unit_vectors

DIMENSION = 4
RNG = np.random.default_rng(5)
CENTRE = np.array([10.0, -3.0, 0.0, 1.0], dtype=np.float32)
VECTORS = (CENTRE + RNG.normal(size=(6, DIMENSION))).astype(np.float32)
HEADS = DenseHeads(
    (Head("function", ("甲", "乙", "丙"), 0), Head("topic_first", ("子", "丑"), 3)),
    RNG.normal(size=(DIMENSION, 5)).astype(np.float32),
    RNG.normal(size=5).astype(np.float32),
    CENTRE,
)


def by_hand(vector: np.ndarray) -> np.ndarray:
    moved = vector - CENTRE
    return np.asarray((moved / np.sqrt((moved**2).sum())) @ HEADS.weights + HEADS.intercept)


def test_vectors_are_centred_then_of_length_one() -> None:
    found = unit_vectors(VECTORS, CENTRE)
    assert found.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-6)
    moved = VECTORS - CENTRE
    np.testing.assert_allclose(found * np.linalg.norm(moved, axis=1, keepdims=True), moved, rtol=1e-4)


def test_what_texts_share_is_taken_off() -> None:
    """Two vectors that look alike by their common direction are opposites without it."""
    shift = np.array([1.0, 0.0, 0.0, 0.0], dtype=np.float32)
    pair = np.stack([CENTRE + shift, CENTRE - shift])
    raw = pair / np.linalg.norm(pair, axis=1, keepdims=True)
    assert raw[0] @ raw[1] > 0.95
    first, second = unit_vectors(pair, CENTRE)
    assert first @ second == pytest.approx(-1)


def test_the_centre_itself_has_no_direction() -> None:
    assert not unit_vectors(CENTRE[None, :], CENTRE).any()
    np.testing.assert_allclose(HEADS.scores(CENTRE[None, :])["function"][0], HEADS.intercept[:3])


def test_every_head_gets_its_own_columns() -> None:
    found = HEADS.scores(VECTORS)
    wanted = np.array([by_hand(vector) for vector in VECTORS])
    assert {name: margins.shape for name, margins in found.items()} == {
        "function": (6, 3),
        "topic_first": (6, 2),
    }
    np.testing.assert_allclose(found["function"], wanted[:, :3], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found["topic_first"], wanted[:, 3:], rtol=1e-4, atol=1e-5)


def test_the_length_of_a_vector_counts_only_for_raw_heads() -> None:
    far = (CENTRE + 3 * (VECTORS - CENTRE)).astype(np.float32)
    np.testing.assert_allclose(HEADS.scores(far)["function"], HEADS.scores(VECTORS)["function"], rtol=1e-3)
    raw = replace(HEADS, raw=True)
    assert np.abs(raw.scores(far)["function"] - raw.scores(VECTORS)["function"]).max() > 0.5


def test_heads_learnt_with_their_encoder_read_its_vectors_as_they_are() -> None:
    raw = replace(HEADS, raw=True)
    wanted = VECTORS @ HEADS.weights + HEADS.intercept
    np.testing.assert_allclose(raw.scores(VECTORS)["function"], wanted[:, :3], rtol=1e-5)
    # texts are compared by centred vectors all the same
    np.testing.assert_array_equal(raw.unit_vectors(VECTORS), unit_vectors(VECTORS, CENTRE))


def test_a_head_is_known_by_its_name() -> None:
    assert "function" in HEADS
    assert "unit" not in HEADS


def test_no_texts_give_no_rows() -> None:
    found = HEADS.scores(np.zeros((0, DIMENSION), dtype=np.float32))
    assert found["function"].shape == (0, 3)
