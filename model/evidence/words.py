"""Why: the words that weighed, and the clause of the duties that fits the text best."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from ..case import WeighedWord
from ..reading.text import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray
    from scipy import sparse

    from ..scoring.batch import Reading

MAX_WORDS = 8
_STOP = frozenset("的了是在我们你他她它这那有和就都也很到说要会着没看好自己啊呢吧吗")
_SHARE_OF_BEST = 0.12


def weigh_words(
    reading: Reading,
    index: int,
    starts: NDArray[np.int32],
    ends: NDArray[np.int32],
    added: NDArray[np.float32],
) -> tuple[WeighedWord, ...]:
    """Return the words of text ``index`` that speak for the answer, strongest first.

    ``starts`` and ``ends`` are the text's known features in the folded text, ``added`` what each
    adds to the margin of the answer; a feature's share is spread evenly over its characters.
    """
    size = len(reading.texts[index].text)
    per_character = added / np.maximum(ends - starts, 1)
    steps = np.bincount(starts, weights=per_character, minlength=size + 1)
    steps -= np.bincount(ends, weights=per_character, minlength=size + 1)
    upto = np.concatenate(([0.0], np.cumsum(np.cumsum(steps)[:size])))
    found: list[tuple[float, int, int]] = []
    position = 0
    for word in reading.words[index]:
        end = position + len(word)
        gain = float(upto[end] - upto[position])
        if gain > 0 and not _is_empty(word):
            found.append((gain, position, end))
        position = end
    return _best(found, reading, index)


def _best(found: list[tuple[float, int, int]], reading: Reading, index: int) -> tuple[WeighedWord, ...]:
    found.sort(key=lambda item: (-item[0], item[1]))
    if not found:
        return ()
    floor = found[0][0] * _SHARE_OF_BEST
    original, folded = reading.originals[index], reading.texts[index]
    words: list[WeighedWord] = []
    for gain, start, end in found[:MAX_WORDS]:
        if gain < floor:
            break
        first, last = folded.to_original(start), folded.to_original(end - 1) + 1
        words.append(WeighedWord(original[first:last], first, last, round(gain, 4)))
    return tuple(words)


@functools.lru_cache(maxsize=100_000)
def _is_empty(word: str) -> bool:
    return HIDDEN in word or all(c in _STOP or not c.isalnum() for c in word)


class DutyIndex:
    """The clauses of every function's duties, to find the one that fits a text."""

    def __init__(
        self,
        duties: Mapping[str, Sequence[str]],
        features_of: Callable[[Sequence[str]], sparse.csr_matrix],
    ) -> None:
        self._clauses = [clause for clauses in duties.values() for clause in clauses]
        self._slices: dict[str, slice] = {}
        start = 0
        for function, clauses in duties.items():
            self._slices[function] = slice(start, start + len(clauses))
            start += len(clauses)
        self._rows = features_of(self._clauses) if self._clauses else None

    def similarities(self, features: sparse.csr_matrix) -> NDArray[np.float32] | None:
        """Return the (texts, clauses) similarities of the (texts, width) rows of a batch."""
        if self._rows is None:
            return None
        found: NDArray[np.float32] = (features @ self._rows.T).toarray()
        return found

    def best(self, function: str, similarities: NDArray[np.float32] | None) -> str | None:
        """Return the clause of ``function`` most similar to one text; the first where none is."""
        where = self._slices.get(function)
        if similarities is None or where is None or where.start == where.stop:
            return None
        clause: str = self._clauses[where.start + int(similarities[where].argmax())]
        return clause
