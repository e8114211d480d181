"""Cutting Chinese text into words: jieba's dictionary plus the project's lexicons.

``rjieba`` (Rust) serves where it is installed, ``jieba`` is the reference; both cut with the
hidden Markov model off, so that the words are the same (a test compares them).
"""

from __future__ import annotations

import functools
import importlib.util
import logging
from typing import TYPE_CHECKING, Protocol

from .. import shipped

if TYPE_CHECKING:
    from collections.abc import Iterable

_LEXICON_FREQUENCY = 2000  # above every single character's product, below jieba's common words


class Segmenter(Protocol):
    """Anything that cuts a text into consecutive words covering all of it."""

    def cut(self, text: str) -> list[str]:
        """Return the words of ``text``, in order, nothing left out."""
        ...


class RustSegmenter:
    """``rjieba`` with a lexicon."""

    def __init__(self, lexicon: Iterable[str]) -> None:
        import rjieba

        self._jieba = rjieba.Jieba()
        for word in lexicon:
            self._jieba.add_word(word, _LEXICON_FREQUENCY, "n")

    def cut(self, text: str) -> list[str]:
        """Return the words of ``text``."""
        words: list[str] = self._jieba.cut(text, False)
        return words


class ReferenceSegmenter:
    """``jieba`` with a lexicon: pure Python, twelve times slower, the same words."""

    def __init__(self, lexicon: Iterable[str]) -> None:
        import jieba

        jieba.setLogLevel(logging.ERROR)
        self._jieba = jieba.Tokenizer()
        self._jieba.initialize()
        for word in lexicon:
            self._jieba.add_word(word, _LEXICON_FREQUENCY)

    def cut(self, text: str) -> list[str]:
        """Return the words of ``text``."""
        words: list[str] = self._jieba.lcut(text, HMM=False)
        return words


@functools.lru_cache(maxsize=1)
def default_segmenter() -> Segmenter:
    """Return the fastest segmenter installed, with the shipped lexicon."""
    lexicon = shipped.lexicon("domain")
    if importlib.util.find_spec("rjieba") is not None:
        return RustSegmenter(lexicon)
    return ReferenceSegmenter(lexicon)
