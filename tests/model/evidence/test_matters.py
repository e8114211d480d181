"""Splitting a text into its matters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenban.model.evidence.matters import parts_of, pieces_of

if TYPE_CHECKING:
    from fenban.model import Router

TWO = "南宁市兴宁区路口的红绿灯坏了一个星期。另外，餐馆拖欠工资三个月，电话13800138000。"


def texts(text: str) -> list[str]:
    return [text[piece.start : piece.end] for piece in pieces_of(text)]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        (
            "反映两个问题：1、路灯一直不亮；2、自来水又黄又臭。",
            ["反映两个问题：1、路灯一直不亮；", "2、自来水又黄又臭。"],
        ),
        ("一是路灯一直不亮。二是自来水又黄又臭。", ["一是路灯一直不亮。", "二是自来水又黄又臭。"]),
        ("路灯一直不亮。另外，自来水又黄又臭。", ["路灯一直不亮。", "另外，自来水又黄又臭。"]),
        ("路灯一直不亮。自来水又黄又臭。", ["路灯一直不亮。", "自来水又黄又臭。"]),
        ("路灯一直不亮", []),
        ("路灯不亮，还有很多坑", []),
    ],
)
def test_a_text_is_cut_where_it_says_so_itself(text: str, pieces: list[str]) -> None:
    assert texts(text) == pieces


def test_the_wishes_of_one_story_are_not_its_matters() -> None:
    story = "我家的果园去年遭了冰雹，合作社说有保险，保险公司来看过以后一直没有下文，到现在快一年了。"
    assert all(not piece.marked for piece in pieces_of(f"{story}建议：1、尽快定损；2、尽快赔付。"))


@given(st.text(st.sampled_from("路灯不亮。；，1、2一二三是另外还有 \n"), max_size=60))
def test_pieces_leave_no_gap(text: str) -> None:
    pieces = pieces_of(text)
    assert "".join(texts(text)) == (text if pieces else "")
    assert len(pieces) != 1


def matters(rows: list[list[float]], *, text: str = TWO) -> int:
    chances = np.array(rows, dtype=np.float32)
    return len(parts_of(pieces_of(text), chances, chances.mean(axis=0)))


def test_two_functions_each_sure_are_two_matters() -> None:
    assert matters([[0.9, 0.05, 0.05], [0.05, 0.9, 0.05]]) == 2


def test_one_function_or_an_unsure_piece_is_one_matter() -> None:
    assert matters([[0.9, 0.05, 0.05], [0.8, 0.1, 0.1]]) == 0
    assert matters([[0.9, 0.05, 0.05], [0.05, 0.11, 0.05]]) == 0


def test_a_function_that_both_share_is_no_other_matter() -> None:
    assert matters([[0.6, 0.35, 0.05], [0.3, 0.65, 0.05]]) == 0


def test_matters_are_shown_masked_with_their_place_in_the_original(router: Router) -> None:
    suggestion = router.suggest([TWO])[0]
    first, second = suggestion.matters
    assert (first.start, first.end, second.end) == (0, second.start, len(TWO))
    assert TWO[second.start :].startswith("另外")
    assert "13800138000" not in second.text
    assert "[手机号]" in second.text
    assert first.functions[0].function == "公安局交警支队"
    assert second.functions[0].function == "人力资源和社会保障局"
    assert second.lead_unit is not None
    other = {first.functions[0].function, second.functions[0].function} - {suggestion.functions[0].function}
    assert other <= {unit.function for unit in suggestion.co_units}


def test_one_matter_is_shown_as_one(router: Router, topics_router: Router) -> None:
    assert router.suggest(["南宁市兴宁区的红绿灯坏了三天"])[0].matters == ()
    assert topics_router.suggest([TWO])[0].matters == ()
