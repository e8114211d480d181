from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenban.serving.store.search.tokens import (
    LONGEST_TEXT,
    LONGEST_TOKEN,
    fold,
    list_tokens_of_document,
    needed_tokens,
    number_token,
    tokens_of,
)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("路灯不亮", " | 路灯不亮 | "),
        ("8路公交，很久", " | 8 路公交 | 很久 | "),
        ("Ｇ８０高速", " | g80 高速 | "),
        ("馬路塌陷", " | 马路塌陷 | "),
        ("……", " | "),
        ("", " | "),
    ],
)
def test_folding(text, folded):
    assert fold(text).text == folded


def test_every_character_of_a_folded_text_knows_where_it_stood():
    text = "  ㎡面積，ABC"
    folded = fold(text)
    assert len(folded.offsets) == len(folded.text)
    assert text[folded.offsets[folded.text.index("积")]] == "積"
    assert text[folded.offsets[folded.text.index("abc")]] == "A"


def test_any_two_characters_side_by_side_are_a_token():
    tokens = tokens_of(fold("路灯不亮").text)
    assert {"路灯", "灯不", "不亮", "路", "亮"} <= set(tokens)
    assert "灯亮" not in tokens


def test_letters_and_digits_are_whole_tokens():
    assert tokens_of(fold("18路和G80").text) == ["18", "路", "和", "路和", "g80"]


def test_pairs_do_not_reach_over_what_stands_between():
    assert "灯坏" not in tokens_of(fold("路灯，坏了").text)


def test_a_number_is_no_word_of_a_text():
    tokens = tokens_of(list_tokens_of_document("20261126-000123", "", "2026年的事"))
    assert number_token("20261126-000123") in tokens
    assert "20261126000123" not in tokens


def test_a_title_that_the_text_begins_with_is_kept_once():
    assert list_tokens_of_document("1", "路灯坏", "路灯坏了").count("路灯坏") == 1
    assert list_tokens_of_document("1", "路灯坏", "一直没人修").count("路灯坏") == 1


def test_long_texts_and_tokens_are_bounded():
    assert len(fold("路" * (LONGEST_TEXT + 9)).text) <= LONGEST_TEXT + 6
    assert tokens_of(fold("a" * 500).text) == ["a" * LONGEST_TOKEN]


@given(st.text(max_size=60))
def test_tokens_hold_nothing_that_an_index_could_take_for_its_own_language(text):
    for token in tokens_of(fold(text).text):
        assert token.isalnum()
        assert len(token) <= LONGEST_TOKEN


@given(st.text(alphabet="路灯不亮坏8a ，", min_size=1, max_size=12), st.integers(0, 11), st.integers(1, 12))
def test_a_piece_of_a_text_needs_no_token_that_the_text_lacks(text, start, length):
    runs = fold(text).text.strip(" |").split(" ")
    piece = " ".join(runs[start : start + length]).strip(" |")
    assert set(needed_tokens(piece)) <= set(tokens_of(fold(text).text))
