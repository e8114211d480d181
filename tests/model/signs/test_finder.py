"""Signs compose from words: near each other, not negated, of now, where people are."""

from __future__ import annotations

import pytest

from fenban.model import shipped
from fenban.model.signs.danger import read_danger, shipped_hazards
from fenban.model.signs.finder import NEAR, SignFinder

FINDER = SignFinder(
    {
        "now": ["现在"],
        "remote": ["去年"],
        "exposed": ["小孩"],
        "figures": ["跳楼价"],
        "settled": ["赔偿"],
        "negations": ["没有"],
        "sign": [
            {
                "name": "电",
                "certain": ["触电", "跳楼"],
                "pairs": [
                    {"what": ["电线"], "how": ["垂"]},
                    {"what": ["池塘"], "how": ["没围栏"], "exposed": True},
                ],
            }
        ],
    }
)


def kinds(text: str) -> list[tuple[str, bool, bool]]:
    return [(text[s.start : s.end], s.certain, s.current) for s in FINDER.find(text).signs]


def test_a_sign_is_a_phrase_or_a_pair_of_words() -> None:
    assert kinds("有人触电") == [("触电", True, True)]
    assert kinds("电线低低地垂着") == [("电线低低地垂", False, True)]
    assert kinds("垂下来一根电线") == [("垂下来一根电线", False, True)]


def test_a_pair_must_be_near_and_in_one_sentence() -> None:
    assert kinds("电线" + "很" * NEAR + "垂") != []
    assert kinds("电线" + "很" * (NEAR + 1) + "垂") == []
    assert kinds("换了电线。柳枝垂") == []


def test_a_negated_sign_is_no_sign() -> None:
    assert kinds("没有触电") == []


def test_a_sign_of_another_time_is_not_current_unless_it_goes_on() -> None:
    assert kinds("去年有人触电") == [("触电", True, False)]
    assert kinds("去年有人触电,现在又触电") == [("触电", True, True), ("触电", True, True)]
    assert kinds("去年修了路。有人触电") == [("触电", True, True)]


def test_people_must_be_near_where_the_table_says_so() -> None:
    assert kinds("池塘没围栏") == []
    assert kinds("小孩去玩的池塘没围栏") == [("池塘没围栏", False, True)]


def test_a_figure_of_speech_is_no_sign() -> None:
    assert kinds("跳楼价甩卖") == []
    assert kinds("他要跳楼") == [("跳楼", True, True)]


def test_settled_words_are_counted() -> None:
    assert FINDER.find("触电的赔偿").settled == 1
    assert FINDER.find("天气好").signs == ()


def test_more_signs_mean_more_danger_and_settled_words_less() -> None:
    one, two = read_danger("有人触电"), read_danger("有人触电,电线冒火花")
    assert two.score > one.score > 0
    assert read_danger("有人触电的理赔流程").score < one.score
    assert not read_danger("今天天气不错").danger


@pytest.mark.parametrize("file", ["lexicons/danger.toml", "lexicons/out_of_scope.toml"])
def test_every_shipped_phrase_is_a_sign(file: str) -> None:
    if file.endswith("danger.toml"):
        certain = [phrase for sign in shipped.toml(file)["sign"] for phrase in sign["certain"]]
        missed = [p for p in certain if not shipped_hazards().find(f"那里{p}").signs]
        assert len(certain) > 700
        assert len(missed) / len(certain) < 0.02  # a figure of speech may swallow one, as 骨折 does 断
