"""Spans, their hashes and the weights they get, against a slow and plain reference."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fenban.model.reading.text import HIDDEN
from fenban.model.scoring.features import (
    CHARACTER,
    TABLE_BITS,
    WORD,
    WORD_PAIR,
    DocumentFrequencies,
    FeatureSpace,
    NgramHasher,
    Spans,
    Vectoriser,
)

BASE, MODULUS = 0x9E3779B97F4A7C15 | 1, 1 << 64
TEXTS = ["路灯坏了请修", "红绿灯 坏了", f"电话{HIDDEN * 3}请修路灯", "", "a", "路灯路灯路灯"]
WORDS = [
    ["路灯", "坏了", "请修"],
    ["红绿灯", " ", "坏了"],
    ["电话", HIDDEN * 3, "请", "修", "路灯"],
    [],
    ["a"],
]
WORDS.append(["路灯", "路灯", "路灯"])


def mixed(value: int) -> int:
    value ^= value >> 33
    value = value * 0xFF51AFD7ED558CCD % MODULUS
    value ^= value >> 33
    value = value * 0xC4CEB9FE1A85EC53 % MODULUS
    return value ^ (value >> 33)


def slot(span: str, kind: int) -> int:
    total = sum((ord(c) + 1) * pow(BASE, i, MODULUS) for i, c in enumerate(span)) % MODULUS
    return mixed((total + kind * 0xD6E8FEB86659FD93) % MODULUS) >> (64 - TABLE_BITS)


def expected(text: str, words: list[str]) -> Counter[tuple[int, int, int]]:
    """Every span of a text as (start, end, slot), found one by one."""
    found: list[tuple[int, int, int]] = []
    starts = np.cumsum([0, *map(len, words)]).tolist()
    for i, word in enumerate(words):
        found.append((starts[i], starts[i] + len(word), WORD))
        if i + 1 < len(words):
            found.append((starts[i], starts[i + 2], WORD_PAIR))
    for order in (1, 2, 3):
        found += [(i, i + order, CHARACTER) for i in range(len(text) - order + 1)]
    whole = [(s, e, k) for s, e, k in found if not set(text[s:e]) & {" ", "\n", HIDDEN}]
    return Counter((s, e, slot(text[s:e], k)) for s, e, k in whole)


def of_row(spans: Spans, row: int) -> Counter[tuple[int, int, int]]:
    mine = spans.rows == row
    triples = zip(spans.starts[mine], spans.ends[mine], spans.slots[mine], strict=True)
    return Counter((int(s), int(e), int(h)) for s, e, h in triples)


def test_spans_and_hashes_are_those_of_the_reference() -> None:
    spans = NgramHasher((1, 2, 3)).spans(TEXTS, WORDS)
    for row, (text, words) in enumerate(zip(TEXTS, WORDS, strict=True)):
        assert of_row(spans, row) == expected(text, words), text


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.lists(st.text(f"路灯坏ab {HIDDEN}😀", min_size=1, max_size=4), max_size=6), min_size=1, max_size=4
    )
)
def test_any_words_in_any_batch_hash_as_they_should(words: list[list[str]]) -> None:
    texts = ["".join(row) for row in words]
    spans = NgramHasher((1, 2, 3)).spans(texts, words)
    for row, text in enumerate(texts):
        assert of_row(spans, row) == expected(text, words[row])


def test_no_span_holds_a_blank_or_a_masked_character() -> None:
    spans = NgramHasher((1, 2, 3)).spans(TEXTS, WORDS)
    for row, start, end in zip(spans.rows, spans.starts, spans.ends, strict=True):
        assert not set(TEXTS[row][start:end]) & {" ", HIDDEN}


def test_a_word_and_the_same_characters_are_two_features() -> None:
    assert slot("路灯", WORD) != slot("路灯", CHARACTER)
    slots = NgramHasher(char_orders=(2,)).spans(["路灯"], [["路灯"]]).slots
    assert sorted(slots) == sorted([slot("路灯", WORD), slot("路灯", CHARACTER)])


def test_word_pairs_can_be_left_out() -> None:
    spans = NgramHasher((), word_pairs=False).spans(TEXTS[:1], WORDS[:1])
    assert [int(h) for h in spans.slots] == [slot(word, WORD) for word in WORDS[0]]


def space_of(texts: list[str], words: list[list[str]]) -> FeatureSpace:
    frequencies = DocumentFrequencies()
    frequencies.add(NgramHasher((1, 2, 3)).spans(texts, words), len(texts))
    return frequencies.space()


def test_document_frequencies_count_texts_not_occurrences() -> None:
    space = space_of(TEXTS, WORDS)
    known = dict(zip(space.slots.tolist(), space.idf.tolist(), strict=True))
    assert len(known) == len({h for t, w in zip(TEXTS, WORDS, strict=True) for _, _, h in expected(t, w)})
    assert known[slot("路灯", WORD)] == pytest.approx(np.log(7 / 4) + 1, rel=1e-6)
    assert known[slot("红", CHARACTER)] == pytest.approx(np.log(7 / 2) + 1, rel=1e-6)


def test_frequencies_of_chunks_add_up() -> None:
    chunked = DocumentFrequencies()
    for text, words in zip(TEXTS, WORDS, strict=True):
        chunked.add(NgramHasher((1, 2, 3)).spans([text], [words]), 1)
    whole, parts = space_of(TEXTS, WORDS), chunked.space()
    assert np.array_equal(whole.slots, parts.slots)
    assert np.array_equal(whole.idf, parts.idf)


def test_a_narrow_space_keeps_what_several_texts_share() -> None:
    frequencies = DocumentFrequencies()
    frequencies.add(NgramHasher((1, 2, 3)).spans(TEXTS, WORDS), len(TEXTS))
    narrow = frequencies.space(max_width=12)
    assert 0 < narrow.width <= 12
    assert slot("路灯", WORD) in narrow.slots
    assert slot("红", CHARACTER) not in narrow.slots


def test_rows_are_sublinear_tf_idf_of_length_one() -> None:
    space = space_of(TEXTS, WORDS)
    rows = Vectoriser(space).matrix(NgramHasher((1, 2, 3)).spans(TEXTS, WORDS), len(TEXTS)).toarray()
    norms = np.linalg.norm(rows, axis=1)
    assert norms[[0, 1, 2, 4, 5]] == pytest.approx(1, abs=1e-6)
    assert norms[3] == 0
    counts = Counter(h for _, _, h in expected(TEXTS[5], WORDS[5]).elements())
    idf = dict(zip(space.slots.tolist(), space.idf.tolist(), strict=True))
    wanted = np.array([(1 + np.log(counts[h])) * idf[h] if counts[h] else 0 for h in space.slots.tolist()])
    assert rows[5] == pytest.approx(wanted / np.linalg.norm(wanted), abs=1e-6)


def test_unknown_features_are_left_out() -> None:
    vectoriser = Vectoriser(space_of(TEXTS[:1], WORDS[:1]))
    row = vectoriser.matrix(NgramHasher((1, 2, 3)).spans(["猫猫"], [["猫猫"]]), 1)
    assert row.nnz == 0
    assert vectoriser.known_columns(np.array([slot("猫猫", WORD)], dtype=np.uint32)).tolist() == [-1]


def test_the_batch_a_text_comes_in_does_not_change_its_row() -> None:
    vectoriser = Vectoriser(space_of(TEXTS, WORDS))
    hasher = NgramHasher((1, 2, 3))
    together = vectoriser.matrix(hasher.spans(TEXTS, WORDS), len(TEXTS)).toarray()
    backwards = vectoriser.matrix(hasher.spans(TEXTS[::-1], WORDS[::-1]), len(TEXTS)).toarray()[::-1]
    alone = [
        vectoriser.matrix(hasher.spans([t], [w]), 1).toarray()[0] for t, w in zip(TEXTS, WORDS, strict=True)
    ]
    assert np.array_equal(together, backwards)
    assert np.array_equal(together, np.array(alone))


def test_far_into_a_long_text_the_hash_is_the_same() -> None:
    text = "路" * 90_000 + "红绿灯"
    spans = NgramHasher((3,), word_pairs=False).spans([text], [[text]])
    last = spans.slots[spans.starts == 90_000]
    assert last.tolist() == [slot("红绿灯", CHARACTER)]
