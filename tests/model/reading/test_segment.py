"""Both segmenters cut alike, and into all of the text."""

from __future__ import annotations

import itertools
import re

import pytest

from fenban.model import shipped
from fenban.model.reading.segment import ReferenceSegmenter, RustSegmenter, Segmenter, default_segmenter
from fenban.model.reading.text import normalise
from fenban.training.starter import starter_cases

pytest.importorskip("rjieba")


@pytest.fixture(scope="module")
def reference() -> Segmenter:
    return ReferenceSegmenter(shipped.lexicon("domain"))


@pytest.fixture(scope="module")
def rust() -> Segmenter:
    return RustSegmenter(shipped.lexicon("domain"))


@pytest.fixture(scope="module")
def sentences() -> list[str]:
    """Three hundred sentences made of halves of shipped cases that never stood together."""
    halves = [re.split(r"[，。！？]", case.submission.text)[0] for case in starter_cases()[::5]]
    chosen = [half for half in halves if 4 <= len(half) <= 60][:301]
    return [f"{a}，{b}。" for a, b in itertools.pairwise(chosen)]


def test_both_segmenters_cut_alike(reference: Segmenter, rust: Segmenter, sentences: list[str]) -> None:
    texts = [normalise(sentence).text for sentence in sentences]
    assert len(texts) >= 200
    different = [text for text in texts if reference.cut(text) != rust.cut(text)]
    assert different == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "。",
        "abc DEF-12",
        "路灯坏了□□□请修",
        "😀路灯😀坏了",
        "a\tb",
        "1.5万元,3.14%",
        "\ufffd路",
        "路" * 2000,
    ],
)
def test_words_cover_the_text_exactly(reference: Segmenter, rust: Segmenter, text: str) -> None:
    assert "".join(rust.cut(text)) == text
    assert "".join(reference.cut(text)) == text


def test_words_cover_real_sentences(rust: Segmenter, sentences: list[str]) -> None:
    assert all("".join(rust.cut(sentence)) == sentence for sentence in sentences)


@pytest.mark.parametrize("word", ["候车亭", "发车间隔", "网约车"])
def test_the_lexicon_is_used(rust: Segmenter, reference: Segmenter, word: str) -> None:
    assert word in shipped.lexicon("domain")
    assert word in rust.cut(f"这里的{word}有问题")
    assert word in reference.cut(f"这里的{word}有问题")


def test_the_default_is_made_once_and_is_the_fast_one() -> None:
    assert default_segmenter() is default_segmenter()
    assert isinstance(default_segmenter(), RustSegmenter)
