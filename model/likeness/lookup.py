"""Which few of a matter's hashes it is looked up by, so that a table with an index finds its likes.

Two matters that are alike share some of their rarest names or words: the principle of prefix filters
(Chaudhuri, Ganti & Kaushik, 2006, https://doi.org/10.1109/ICDE.2006.9). Texts sent in again almost as
they were share the smallest of their hashes, which are a random sample of the text (Broder, 1997,
https://doi.org/10.1109/SEQUEN.1997.666900), whatever was thought rare when either came in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .comparison import Rarity
    from .fingerprint import Fingerprint

STORED_NAMES, STORED_WORDS, SAMPLE = 10, 10, 6
ASKED_NAMES, ASKED_WORDS = 20, 20
COMMONEST = 0.01  # share of matters from which a hash finds too many to help


def list_stored_keys(one: Fingerprint, rarity: Rarity) -> NDArray[np.uint32]:
    """Return the hashes, each once, under which a matter is stored: at most 26."""
    return _keys(one, rarity, STORED_NAMES, STORED_WORDS)


def list_asked_keys(one: Fingerprint, rarity: Rarity) -> tuple[NDArray[np.uint32], NDArray[np.float32]]:
    """Return the hashes by which its likes are looked up, and what each weighs: its idf."""
    keys = _keys(one, rarity, ASKED_NAMES, ASKED_WORDS)
    keys = keys[rarity.shares(keys) <= COMMONEST]
    return keys, rarity.weights(keys)


def _keys(one: Fingerprint, rarity: Rarity, names: int, words: int) -> NDArray[np.uint32]:
    rare = (_rarest(one.names, rarity, names), _rarest(one.words, rarity, words))
    return np.unique(np.concatenate([*rare, one.pairs[:SAMPLE]]))


def _rarest(hashes: NDArray[np.uint32], rarity: Rarity, most: int) -> NDArray[np.uint32]:
    order = np.lexsort((hashes, -rarity.weights(hashes)))
    return hashes[order[:most]]
