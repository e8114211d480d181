from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenban.serving.store.search.query import LONGEST_QUERY, UnreadableQueryError, parse


def words(typed):
    return [term.text for term in parse(typed).terms]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("路灯 小区", ["路灯", "小区"]),
        ("路灯　小区", ["路灯", "小区"]),
        ("拖欠工资", ["拖欠", "工资"]),
        ("“拖欠工资”", ["拖欠工资"]),
        ('"拖欠工资', ["拖欠工资"]),
        ("充电桩", ["充电桩"]),
        ("乱七八糟", ["乱七八糟"]),
        ("8路", ["8 路"]),
        ("路灯 路灯", ["路灯"]),
        ("的", ["的"]),
        ("路灯，小区", ["路灯", "小区"]),
        ("欠薪", ["欠薪"]),
        ("馬路", ["马路"]),
    ],
)
def test_words(typed, expected):
    assert words(typed) == expected


def test_a_minus_leaves_out_but_a_hyphen_inside_does_not():
    query = parse("路灯 -小区 －“物业不管”")
    assert [term.text for term in query.without] == ["小区", "物业不管"]
    assert parse("AB-12路").without == ()


def test_the_beginning_of_a_number_is_also_looked_for_as_one():
    (term,) = parse("20261126-0001").terms
    assert term.number == "№202611260001"
    assert term.text == "20261126 | 0001"
    assert parse("2026").terms[0].number is None
    assert parse("路灯").terms[0].number is None


@pytest.mark.parametrize(
    "typed",
    ["", "   ", "？？", "-", '""', "-路灯", "😀", "路" * (LONGEST_QUERY + 1), "a b c d e f g h i j k l m"],
)
def test_nonsense_is_refused_in_chinese(typed):
    with pytest.raises(UnreadableQueryError) as refused:
        parse(typed)
    assert re.search("[\u4e00-\u9fff]", refused.value.reason)


@given(st.text(max_size=80))
def test_anything_is_either_read_or_refused(typed):
    try:
        query = parse(typed)
    except UnreadableQueryError:
        return
    assert query.terms
    for term in query.terms + query.without:
        assert term.text == term.text.strip(" |") != ""
        assert term.tokens
