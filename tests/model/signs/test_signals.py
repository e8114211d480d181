"""Flags and the hints that explain them."""

from __future__ import annotations

import pytest

from fenban.model.signs.signals import DANGER, OUT_OF_SCOPE, SIGNAL_NAMES, UNREADABLE, signals_of


@pytest.mark.parametrize("text", ["", "。", ",。!?", "啊", "😀😀😀", "□□□□", " \n"])
def test_too_little_to_read(text: str) -> None:
    assert signals_of(text).flags == (UNREADABLE,)
    assert signals_of(text).hints == ()


@pytest.mark.parametrize("text", ["停水", "hi", "路灯坏了", "公交车太少", "种子补贴没到账", "物业收费不公开"])
def test_ordinary_matters_raise_nothing(text: str) -> None:
    assert signals_of(text).flags == ()
    assert signals_of(text).danger is None


@pytest.mark.parametrize(
    "text", ["厨房燃气泄漏了没人来", "电线垂落在人行道上", "小孩触电了", "楼下变压器冒火"]
)
def test_danger_names_what_led_to_it(text: str) -> None:
    signals = signals_of(text)
    assert DANGER in signals.flags
    assert signals.danger is not None
    assert any(quoted in text for quoted in signals.danger.split("“")[1].split("”")[:1])
    assert "119" in signals.hints[0]


def test_violence_is_for_the_police_and_illness_for_the_ambulance() -> None:
    assert "拨打110" in signals_of("有人持刀在楼下砍人").hints[0]
    assert "拨打120" in signals_of("老人昏迷在路边").hints[0]


def test_what_cases_taught_can_raise_it_without_any_word() -> None:
    assert signals_of("他说再见了各位", learnt_danger=0.02).flags == ()
    taught = signals_of("池里那个事情请快来", learnt_danger=0.9)
    assert taught.flags == (DANGER,)
    assert taught.danger == "与以往危及人身的办件相近"


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("这案子法院已受理半年", "12368"),
        ("不服一审判决怎么办", "12368"),
        ("兄弟分家吵起来了", "人民调解"),
        ("镇长收红包,还受贿", "12388"),
        ("本公司诚招代理,量大从优,加微信", "广告"),
        ("部队营区的起床号太早", "部队"),
    ],
)
def test_matters_for_somebody_else_say_for_whom(text: str, where: str) -> None:
    signals = signals_of(text)
    assert OUT_OF_SCOPE in signals.flags
    assert any(where in hint for hint in signals.hints)


def test_a_text_may_be_dangerous_and_out_of_scope_at_once() -> None:
    signals = signals_of("法院已受理,可是煤气味还在,漏气没人修")
    assert signals.flags == (DANGER, OUT_OF_SCOPE)
    assert len(signals.hints) == 2


def test_a_hint_shows_no_personal_data() -> None:
    assert "□" not in "".join(signals_of("燃气□□□□□漏了").hints)


def test_every_flag_has_a_name_for_people() -> None:
    assert set(SIGNAL_NAMES) == {DANGER, OUT_OF_SCOPE, UNREADABLE}
