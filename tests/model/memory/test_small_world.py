"""A stored graph is looked through before it is followed: damage never reaches foreign memory."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from fenban.model.memory.neighbours import Neighbours, ResolvedCase
from fenban.model.memory.small_world import is_sound, read_vectors

N, DIMENSIONS = 300, 16
CASES = [ResolvedCase(str(i)) for i in range(N)]
GRAPH = 8 + N * DIMENSIONS  # where the head begins
NODES = GRAPH + 64 + 40 + 2 * N
KINDS = slice(GRAPH + 13, GRAPH + 17)


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    return np.random.default_rng(5).normal(size=(N, DIMENSIONS)).astype(np.float32)


@pytest.fixture(scope="module")
def data(vectors: np.ndarray) -> bytes:
    return Neighbours.build(vectors, CASES).to_bytes()


def sound(data: bytes, original: bytes) -> bool:
    return is_sound(data, original[KINDS])


def test_what_usearch_wrote_is_sound(data: bytes) -> None:
    assert sound(data, data)
    assert read_vectors(data).shape == (N, DIMENSIONS)


@pytest.mark.parametrize(
    ("offset", "value"),
    [
        (GRAPH, b"another"),
        (GRAPH + 13, b"\0"),  # the metric
        (GRAPH + 17, struct.pack("<Q", N + 1)),
        (GRAPH + 33, struct.pack("<Q", DIMENSIONS * 2)),
        (GRAPH + 64, struct.pack("<Q", N * 2)),
        (GRAPH + 72, struct.pack("<Q", 1 << 40)),  # links a node
        (GRAPH + 88, struct.pack("<Q", 9)),  # the topmost level
        (GRAPH + 96, struct.pack("<Q", N)),  # where to enter
        (GRAPH + 104, struct.pack("<h", 5)),  # the level of the first node
        (NODES, struct.pack("<Q", 7)),  # its key
        (NODES + 8, struct.pack("<h", 1)),
        (NODES + 10, struct.pack("<I", 10_000)),  # how many links it has
        (NODES + 14, struct.pack("<I", N)),  # the first of them
    ],
)
def test_every_number_is_checked(data: bytes, offset: int, value: bytes) -> None:
    changed = data[:offset] + value + data[offset + len(value) :]
    assert len(changed) == len(data)
    assert not sound(changed, data)


@pytest.mark.parametrize("length", [GRAPH, GRAPH + 50, NODES - 1, NODES, -1])
def test_a_graph_cut_short_is_not_sound(data: bytes, length: int) -> None:
    assert not sound(data[:length], data)
    assert not sound(data + b"\0", data)


@pytest.mark.slow
def test_damage_anywhere_is_found_or_harmless(data: bytes, vectors: np.ndarray) -> None:
    rng = np.random.default_rng(7)
    for _ in range(150):
        changed = bytearray(data)
        for place in rng.integers(GRAPH, len(data), 8):
            changed[place] = rng.integers(256)
        found, _ = Neighbours.restore(bytes(changed), CASES, 0.0).search(vectors[:3], 5)
        assert found.max() < N


def test_a_damaged_graph_is_built_anew(data: bytes, vectors: np.ndarray) -> None:
    broken = data[:NODES] + b"\xff" * (len(data) - NODES)
    found, _ = Neighbours.restore(broken, CASES, 0.0).search(vectors, 1)
    assert (found[:, 0] == np.arange(N)).all()


def test_fewer_bytes_than_vectors_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="buffer"):
        read_vectors(data[:100])
