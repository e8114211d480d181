"""What is said to differ, and word by word."""

from __future__ import annotations

import datetime as dt

from fenban.serving.desk.likeness.differences import Side, find_differences

AT = dt.datetime(2026, 3, 18, 9, tzinfo=dt.UTC)


def side(text, jurisdiction=None, days=0, title=""):
    return Side(text, title, jurisdiction, AT + dt.timedelta(days=days))


def test_time_place_and_words_are_named():
    here = side("松岭路的路灯坏了，骑车摔倒", "南宁市/青秀区", days=3)
    there = side("松岭路的路灯坏了，物业不管", "南宁市/兴宁区")
    assert find_differences(here, there).lines == (
        "这件晚来 3 天",
        "属地：这件南宁市/青秀区，那件南宁市/兴宁区",
        "这件另说：骑车、摔倒",
        "那件另说：物业、不管",
    )
    assert find_differences(there, here).lines[0] == "这件早来 3 天"


def test_pieces_give_both_texts_back():
    here, there = side("路灯坏了，晚上黑", title="路灯"), side("路灯全坏了，晚上很黑")
    pieces = find_differences(here, there).pieces
    assert "".join(piece.text for piece in pieces if piece.where != "there") == "路灯坏了，晚上黑"
    assert "".join(piece.text for piece in pieces if piece.where != "here") == "路灯全坏了，晚上很黑"
    assert {piece.where for piece in pieces} == {"both", "there"}


def test_the_same_has_no_differences():
    found = find_differences(side("路灯坏了"), side("路灯坏了"))
    assert found.lines == ()
    assert [piece.where for piece in found.pieces] == ["both"]


def test_masks_are_no_news_and_long_lists_are_cut():
    lines = find_differences(side("路灯坏了[手机号]"), side("路灯坏了")).lines
    assert lines == ()
    words = "电梯 停车 垃圾 油烟 噪音 供水 供电 燃气".split()
    (line,) = find_differences(side("路灯坏了，" + "，".join(words)), side("路灯坏了")).lines
    assert line.endswith("等")
    assert line.count("、") == 5
