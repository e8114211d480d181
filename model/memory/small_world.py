"""Reading a stored index of usearch with care: its own loader believes whatever the bytes say.

The bytes are the vectors (rows and columns as 32-bit numbers, then the rows), a head of 64 bytes,
five 64-bit numbers, the level of every node, and the nodes: key, level, and for each level a number
of links and their places. A link that points outside would be followed into foreign memory; hence
everything is checked here before usearch sees it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MAGIC = b"usearch"
_KINDS = slice(13, 17)  # metric, type of vectors, of keys, of links
_HEAD, _NUMBERS, _NODE = 64, 40, 10
_MOST_LINKS, _HIGHEST = 1024, 64


def read_vectors(data: bytes) -> NDArray[np.int8]:
    """Return the (n, d) vectors that an index stored as bytes begins with.

    Raises:
        ValueError: there are fewer bytes than vectors, or vectors of no length.
    """
    n, d = (int(number) for number in np.frombuffer(data, dtype="<u4", count=2))
    if n and not d:
        raise ValueError("neighbours: vectors of no length")
    return np.frombuffer(data, dtype=np.int8, count=n * d, offset=8).reshape(n, d)


def is_sound(data: bytes, kinds: bytes) -> bool:
    """Whether the graph in a stored index is whole and every link leads to a node of its level.

    ``kinds`` are the bytes 13 to 16 of the head that an index of ours has.
    """
    n, d = read_vectors(data).shape
    graph = np.frombuffer(data, dtype=np.uint8, offset=8 + n * d)
    begin = _HEAD + _NUMBERS + 2 * n
    if len(graph) < begin or bytes(graph[:7]) != _MAGIC or bytes(graph[_KINDS]) != kinds:
        return False
    # present, deleted, dimensions; then whether keys may repeat
    if _numbers(graph[17:41], "<u8").tolist() != [n, 0, d] or graph[41]:
        return False
    size, connectivity, base, top, entry = _numbers(graph[_HEAD : _HEAD + _NUMBERS], "<u8").tolist()
    levels = _numbers(graph[_HEAD + _NUMBERS : begin], "<i2").astype(np.int64)
    if size != n or not 0 < connectivity <= base <= _MOST_LINKS:
        return False
    if n and not (levels.min() >= 0 and levels.max() == top <= _HIGHEST):
        return False
    if n and (entry >= n or levels[entry] != top):
        return False
    sizes = _NODE + 4 * (1 + base) + levels * 4 * (1 + connectivity)
    nodes = begin + np.concatenate(([0], np.cumsum(sizes)))
    if nodes[-1] != len(graph):
        return False
    return _links_are_sound(graph, nodes[:-1], levels, connectivity, base)


def _links_are_sound(
    graph: NDArray[np.uint8],
    nodes: NDArray[np.int64],
    levels: NDArray[np.int64],
    connectivity: int,
    base: int,
) -> bool:
    n = len(nodes)
    keys = _gather(graph, nodes, 2)
    if (keys[:, 0] != np.arange(n)).any() or keys[:, 1].any():
        return False
    if (_gather(graph, nodes + 8, 1)[:, 0] & 0xFFFF != levels).any():
        return False
    for level in range(int(levels.max(initial=0)) + 1):
        owners = np.flatnonzero(levels >= level)
        before = (1 + base + (level - 1) * (1 + connectivity)) * 4 if level else 0
        most = connectivity if level else base
        table = _gather(graph, nodes[owners] + _NODE + before, 1 + most)
        counts, links = table[:, :1], table[:, 1:]
        used = np.arange(most)[None, :] < counts
        if (counts > most).any() or (links[used] >= n).any() or (levels[links[used]] < level).any():
            return False
    return True


def _gather(graph: NDArray[np.uint8], offsets: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return ``count`` 32-bit numbers from each offset on, (offsets, count); the end reads as zeros."""
    places = offsets[:, None] + np.arange(4 * count)[None, :]
    taken = np.where(places < len(graph), graph[np.minimum(places, len(graph) - 1)], 0).astype(np.uint8)
    return _numbers(taken.ravel(), "<u4").reshape(len(offsets), count).astype(np.int64)


def _numbers(raw: NDArray[np.uint8], kind: str) -> NDArray[np.int64]:
    return np.frombuffer(raw.tobytes(), dtype=kind)
