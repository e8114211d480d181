"""Danger, matters for courts, unreadable texts, lanes."""

from __future__ import annotations

import pytest

from fenban.model import resources
from fenban.model.signals import (
    DANGER,
    OUT_OF_SCOPE,
    SIGNAL_NAMES,
    UNREADABLE,
    PhraseFinder,
    danger_phrases,
    flags_of,
    lane_of,
    out_of_scope_phrases,
)

HOME, NEIGHBOUR = "广西壮族自治区", "湖南省"


@pytest.mark.parametrize("text", ["", "。", "，。！？", "啊", "😀😀😀", "□□□□", " \n"])
def test_too_little_to_read(text: str) -> None:
    assert flags_of(text) == (UNREADABLE,)


@pytest.mark.parametrize("text", ["停水", "hi", "路灯坏了"])
def test_short_but_readable(text: str) -> None:
    assert flags_of(text) == ()


@pytest.mark.parametrize(
    "text", ["厨房燃气泄漏了没人来", "电线垂落在人行道上", "小孩触电了", "楼下变压器冒火"]
)
def test_danger(text: str) -> None:
    assert DANGER in flags_of(text)


@pytest.mark.parametrize(
    "text", ["这案子法院已受理半年", "不服一审判决怎么办", "他是被执行人躲着不见", "兄弟分家吵起来了"]
)
def test_matters_outside_any_department(text: str) -> None:
    assert flags_of(text) == (OUT_OF_SCOPE,)


@pytest.mark.parametrize(
    "text", ["路灯不亮", "公交车太少", "老板拖欠工资三个月", "小区物业收费不公开", "种子补贴没到账"]
)
def test_ordinary_matters_raise_nothing(text: str) -> None:
    assert flags_of(text) == ()


def test_both_at_once() -> None:
    assert flags_of("法院已受理，可是煤气味还在，漏气没人修") == (DANGER, OUT_OF_SCOPE)


def test_every_flag_has_a_name_for_people() -> None:
    assert set(SIGNAL_NAMES) == {DANGER, OUT_OF_SCOPE, UNREADABLE}


def test_every_shipped_phrase_is_found() -> None:
    for phrase in resources.lexicon("danger"):
        assert danger_phrases().first(f"今天{phrase}了") is not None, phrase
    for kind in resources.toml("lexicons/out_of_scope.toml").values():
        for phrase in kind["phrases"]:
            assert out_of_scope_phrases().first(f"今天{phrase}了") is not None, phrase


def test_the_first_phrase_in_the_text_is_named() -> None:
    finder = PhraseFinder(("漏电", "着火"))
    assert finder.first("先着火，后漏电") == "着火"
    assert finder.first("没事") is None


def lane(text: str = "路灯坏了", provinces: tuple[str, ...] = (), **more: object) -> tuple[str, str] | None:
    learnt = more.get("learnt")
    found = lane_of(text, frozenset(provinces), HOME, learnt)  # type: ignore[arg-type]
    return (found.name, found.reason) if found else None


def test_danger_goes_before_everything() -> None:
    found = lane("两省交界处漏气", (HOME, NEIGHBOUR), learnt=("直通车", 0.99))
    assert found is not None
    assert found[0] == "紧急"
    assert "漏气" in found[1]


def test_two_provinces_settle_it_together() -> None:
    assert lane(provinces=(HOME, NEIGHBOUR), learnt=("常规交办", 0.9)) == ("跨区域协同", f"涉及{NEIGHBOUR}")


@pytest.mark.parametrize("provinces", [(), (HOME,), (NEIGHBOUR,), (NEIGHBOUR, "广东省")])
def test_one_side_alone_is_no_border(provinces: tuple[str, ...]) -> None:
    found = lane(provinces=provinces, learnt=("常规交办", 0.9))
    assert found is not None
    assert found[0] == "常规交办"


def test_what_the_cases_taught() -> None:
    assert lane() is None
    likely, unlikely = lane(learnt=("协商调解", 0.8)), lane(learnt=("协商调解", 0.4))
    assert likely is not None
    assert likely[0] == "协商调解"
    assert "80%" in likely[1]
    assert unlikely is not None
    assert unlikely[0] == "常规交办"
