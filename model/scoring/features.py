"""Sparse features: hashed word and character n-grams, computed for a whole batch at once.

A feature is a span of the text. Its identity is a 64-bit polynomial hash of its code points, taken
from prefix sums (Rabin-Karp), mixed (MurmurHash3's finaliser) and folded into a table of
``2**TABLE_BITS`` slots - the hashing trick (Weinberger et al., 2009), so that the classifiers hold
no word list. Training keeps the slots it has seen in enough texts; weighting is sublinear TF-IDF
with L2 norm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from ..reading.text import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

TABLE_BITS = 22
MAX_WIDTH = 500_000
_BASE = 0x9E3779B97F4A7C15 | 1
_MODULUS = 1 << 64
_BREAKS = " \n" + HIDDEN
WORD, WORD_PAIR, CHARACTER = 1, 2, 3  # kinds of spans; each hashes into its own family


@dataclass(frozen=True, slots=True)
class Spans:
    """Spans of one batch: text number, start, end (in the text) and the slot each hashes to."""

    rows: NDArray[np.int32]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    slots: NDArray[np.uint32]


class _Powers:
    """Powers of the base and of its inverse modulo 2**64, grown on demand."""

    def __init__(self) -> None:
        self._both = np.ones(1, dtype=np.uint64), np.ones(1, dtype=np.uint64)

    def upto(self, length: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
        up, down = self._both
        if len(up) < length:
            size = max(length, 2 * len(up), 1 << 16)
            up, down = _geometric(_BASE, size), _geometric(pow(_BASE, -1, _MODULUS), size)
            self._both = up, down  # replaced together: another thread never sees one without the other
        return up[:length], down[:length]


def _geometric(base: int, size: int) -> NDArray[np.uint64]:
    powers = np.ones(size, dtype=np.uint64)
    powers[1:] = np.uint64(base)
    return np.cumprod(powers, dtype=np.uint64)


_POWERS = _Powers()


def mix_bits(value: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return well mixed bits of each value (MurmurHash3's finaliser)."""
    value = value ^ (value >> np.uint64(33))
    value = value * np.uint64(0xFF51AFD7ED558CCD)
    value = value ^ (value >> np.uint64(33))
    value = value * np.uint64(0xC4CEB9FE1A85EC53)
    return value ^ (value >> np.uint64(33))


class NgramHasher:
    """Turns segmented texts into spans: words, pairs of neighbouring words, character n-grams."""

    def __init__(self, char_orders: Sequence[int] = (1, 2), *, word_pairs: bool = True) -> None:
        self.char_orders = tuple(char_orders)
        self.word_pairs = word_pairs

    def spans(self, texts: Sequence[str], words: Sequence[Sequence[str]]) -> Spans:
        """Return every span of ``texts``; ``words[i]`` are the consecutive words of ``texts[i]``."""
        joined = "\n".join(texts) + "\n"
        codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
        size = len(codes)
        up, down = _POWERS.upto(size + 1)
        prefix = np.zeros(size + 1, dtype=np.uint64)
        np.cumsum((codes + np.uint64(1)) * up[:size], out=prefix[1:])
        breaks = np.zeros(size + 1, dtype=np.int32)
        np.cumsum(np.isin(codes, [ord(c) for c in _BREAKS]), out=breaks[1:])
        origin = np.zeros(len(texts) + 1, dtype=np.int64)
        np.cumsum([len(text) + 1 for text in texts], out=origin[1:])

        starts, ends, kinds = self._windows(size, words, origin)
        whole = breaks[ends] == breaks[starts]
        starts, ends, kinds = starts[whole], ends[whole], kinds[whole]
        hashes = (prefix[ends] - prefix[starts]) * down[starts]
        hashes = mix_bits(hashes + kinds * np.uint64(0xD6E8FEB86659FD93))
        rows = (np.searchsorted(origin, starts, side="right") - 1).astype(np.int32)
        shift = origin[rows]
        return Spans(
            rows=rows,
            starts=(starts - shift).astype(np.int32),
            ends=(ends - shift).astype(np.int32),
            slots=(hashes >> np.uint64(64 - TABLE_BITS)).astype(np.uint32),
        )

    def _windows(
        self, size: int, words: Sequence[Sequence[str]], origin: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint64]]:
        counts = np.fromiter((len(w) for w in words), dtype=np.int64, count=len(words))
        lengths = np.fromiter((len(w) for ws in words for w in ws), dtype=np.int64, count=int(counts.sum()))
        word_ends = np.cumsum(lengths)
        # each text is followed by one separator that belongs to no word
        word_ends += np.repeat(np.arange(len(words)), counts)
        word_starts = word_ends - lengths
        parts = [(word_starts, word_ends, WORD)]
        if self.word_pairs and len(word_starts) > 1:
            owner = np.repeat(np.arange(len(words)), counts)
            same = owner[1:] == owner[:-1]
            parts.append((word_starts[:-1][same], word_ends[1:][same], WORD_PAIR))
        for order in self.char_orders:
            first = np.arange(max(size - order + 1, 0), dtype=np.int64)
            parts.append((first, first + order, CHARACTER))
        starts = np.concatenate([p[0] for p in parts])
        ends = np.concatenate([p[1] for p in parts])
        kinds = np.repeat(np.array([p[2] for p in parts], dtype=np.uint64), [len(p[0]) for p in parts])
        return starts, ends, kinds


@dataclass(frozen=True, slots=True)
class FeatureSpace:
    """The kept slots and their inverse document frequencies.

    ``slots`` is sorted; column ``j`` of a feature matrix belongs to ``slots[j]``.
    """

    slots: NDArray[np.uint32]
    idf: NDArray[np.float32]

    @property
    def width(self) -> int:
        """The number of features."""
        return len(self.slots)


class DocumentFrequencies:
    """Counts, chunk by chunk, in how many texts each slot occurs."""

    def __init__(self) -> None:
        self._table = np.zeros(1 << TABLE_BITS, dtype=np.int32)
        self._n_texts = 0

    def add(self, spans: Spans, n_texts: int) -> None:
        """Count one chunk of ``n_texts`` texts."""
        keys = (spans.slots.astype(np.uint64) << np.uint64(32)) | spans.rows.astype(np.uint64)
        slots = (np.unique(keys) >> np.uint64(32)).astype(np.int64)
        self._table += np.bincount(slots, minlength=len(self._table)).astype(np.int32)
        self._n_texts += n_texts

    def seen_elsewhere(self, spans: Spans, n_texts: int) -> NDArray[np.float32]:
        """Return for each counted text the share of its spans that stand in another one as well."""
        return share_of(self._table[spans.slots] > 1, spans.rows, n_texts)

    def space(self, max_width: int = MAX_WIDTH) -> FeatureSpace:
        """Keep the slots of the lowest document frequency that leaves at most ``max_width``.

        Short messages need the words they use once; long ones bring more than enough.
        """
        min_df = 1
        while np.count_nonzero(self._table >= min_df) > max_width:
            min_df += 1
        slots = np.flatnonzero(self._table >= min_df).astype(np.uint32)
        idf = np.log((1 + self._n_texts) / (1 + self._table[slots])) + 1
        return FeatureSpace(slots, idf.astype(np.float32))


def share_of(chosen: NDArray[np.bool_], rows: NDArray[np.int32], n_texts: int) -> NDArray[np.float32]:
    """Return for each text the share of its spans that are chosen; 1 for a text without spans."""
    total = np.bincount(rows, minlength=n_texts)
    found = np.bincount(rows, weights=chosen, minlength=n_texts)
    return np.where(total > 0, found / np.maximum(total, 1), 1.0).astype(np.float32)


class Vectoriser:
    """Spans to TF-IDF rows, by table look-up."""

    def __init__(self, space: FeatureSpace) -> None:
        self.space = space
        self._column = np.full(1 << TABLE_BITS, -1, dtype=np.int32)
        self._column[space.slots] = np.arange(space.width, dtype=np.int32)

    def known_columns(self, slots: NDArray[np.uint32]) -> NDArray[np.int32]:
        """Return the column of each slot, -1 where the slot is unknown."""
        found: NDArray[np.int32] = self._column[slots]
        return found

    def known_share(self, spans: Spans, n_texts: int) -> NDArray[np.float32]:
        """Return for each text the share of its spans that the training texts hold, (n_texts,)."""
        return share_of(self.known_columns(spans.slots) >= 0, spans.rows, n_texts)

    def matrix(self, spans: Spans, n_texts: int) -> sparse.csr_matrix:
        """Return the (n_texts, width) matrix of L2-normalised sublinear TF-IDF rows, float32."""
        columns = self.known_columns(spans.slots)
        known = columns >= 0
        rows, columns = spans.rows[known], columns[known]
        counted = sparse.coo_matrix(
            (np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=(n_texts, self.space.width)
        ).tocsr()
        counted.sum_duplicates()
        counted.data = (1 + np.log(counted.data)) * self.space.idf[counted.indices]
        owners = np.repeat(np.arange(n_texts), np.diff(counted.indptr))
        norms = np.sqrt(np.bincount(owners, weights=counted.data.astype(np.float64) ** 2, minlength=n_texts))
        counted.data = (counted.data / np.maximum(norms, 1e-12)[owners]).astype(np.float32)
        return counted
