"""Folding a text for the model, and finding the way back to the original."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fenban.model.reading.text import normalise, simplify

GROWING = "㎡…½℃㈠№ﷺ㍿"
# written so that one character in four is one that folding changes, and the lengths with it
TRICKY = st.text(
    st.one_of(
        st.sampled_from(f"{GROWING}Ａ１，。！e\u0301ﾊﾞ \t\n\u3000壞燈領導您好ΣİẞﬁＬ"),
        st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF),
        st.characters(),
    ),
    max_size=60,
)


def folded_piece(character: str) -> str:
    """What one character alone becomes, blanks left out."""
    return "".join(simplify(unicodedata.normalize("NFKC", character)).lower().split())


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("面积１２０㎡", "面积120m2"),
        ("等了…又等", "等了...又等"),
        ("半½价", "半1⁄2价"),
        ("路燈壞了沒人修", "路灯坏了没人修"),
        ("臺灣車輛違規停車", "台湾车辆违规停车"),
        ("ＡＰＰ 打不开", "app打不开"),
        ("路  灯\n坏\u3000了", "路灯坏了"),
        ("用 wifi  5G 上网", "用wifi 5g上网"),
        ("尊敬的市长：您好！路灯坏了，谢谢！", "路灯坏了,"),
        ("各位领导你好，停水三天了。此致", "停水三天了。"),
        ("你好，怎么办理居住证", "怎么办理居住证"),
        ("领导好，停水三天了", "停水三天了"),
        ("各位领导好！停水三天了", "停水三天了"),
        ("尊敬的局长我们这里停水", "我们这里停水"),
        ("市长：我们这里停水", "我们这里停水"),
        ("局长收红包没人查", "局长收红包没人查"),
        ("领导班子几年不换", "领导班子几年不换"),
        ("市长热线没人接", "市长热线没人接"),
        ("", ""),
        (" \n ", ""),
    ],
)
def test_folding_gives_one_spelling(text: str, folded: str) -> None:
    assert normalise(text).text == folded


def test_a_greeting_in_the_middle_is_part_of_the_matter() -> None:
    assert normalise("我对局长说您好他不理").text == "我对局长说您好他不理"


@pytest.mark.parametrize("character", GROWING)
def test_a_growing_character_moves_nothing_after_it(character: str) -> None:
    text = f"甲{character}乙"
    found = normalise(text)
    assert len(found.text) > len(text)
    assert found.to_original(0) == 0
    assert {found.to_original(i) for i in range(1, len(found.text) - 1)} == {1}
    assert found.to_original(len(found.text) - 1) == 2


def test_growing_and_joining_characters_do_not_cancel_out() -> None:
    found = normalise("㎡e\u0301路")
    assert found.text[-1] == "路"
    assert found.to_original(len(found.text) - 1) == 3


def test_a_letter_with_a_longer_lower_case_leaves_the_others_folded() -> None:
    assert normalise("İstanbul ABC").text.endswith("stanbul abc")


def test_half_a_character_is_read_as_an_unknown_one() -> None:
    found = normalise("\ud83d路灯")
    assert found.text == "\ufffd路灯"
    found.text.encode()


@settings(max_examples=300, deadline=None)
@given(TRICKY)
def test_every_offset_leads_to_the_character_it_came_from(text: str) -> None:
    found = normalise(text)
    positions = [found.to_original(i) for i in range(len(found.text))]
    assert positions == sorted(positions)
    for character, position in zip(found.text, positions, strict=True):
        if character == " ":
            assert text[position].isspace() or " " in unicodedata.normalize("NFKC", text[position])
            continue
        neighbourhood = unicodedata.normalize("NFKC", text[position : position + 3])
        whole = folded_piece(text[position]) + "".join(simplify(neighbourhood).lower().split())
        assert character in whole + "\ufffd"


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), max_size=40))
def test_simplifying_keeps_the_length(text: str) -> None:
    assert len(simplify(text)) == len(text)


@pytest.mark.parametrize("text", ["路燈壞了", "面积㎡１２", "尊敬的领导：停水了", "用 wifi 上网"])
def test_folding_twice_changes_nothing(text: str) -> None:
    once = normalise(text).text
    assert normalise(once).text == once


def test_a_hundred_thousand_blanks_and_thanks_are_read_at_once() -> None:
    assert normalise("谢谢" + " " * 100_000 + "谢谢" * 20_000 + "路").text.endswith("路")
