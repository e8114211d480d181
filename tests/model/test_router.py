"""The router as others use it: any text in, one suggestion each out."""

from __future__ import annotations

import datetime as dt
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fenban.model import Case, Router, Submission, Suggestion
from fenban.model.case import FORMS, LANES, ZONE_NAMES
from fenban.model.directory import Directory, Unit
from fenban.model.errors import InputError
from fenban.model.router import BATCH, check_target
from fenban.model.scoring.calibration import NEVER
from fenban.model.scoring.composition import UnitComposer
from fenban.model.scoring.features import _Powers
from fenban.training.train import train_model

TEXTS = [
    "南宁市兴宁区的红绿灯坏了三天",
    "桂林市象山区餐馆拖欠工资",
    "青秀区超市卖过期酸奶",
    "路灯不亮",
    "路燈不亮，請儘快維修",
    "",
    "😀😀😀",
    "，。！？",
    "谢谢",
    "hello world",
    "13800138000",
]
STRANGE = [
    "",
    " ",
    "\n\n",
    "。。。！！",
    "😀👨‍👩‍👧🚦",
    "□□□□",
    "\x00\x01",
    "\ud83d",
    "\u200b\u200b",
    "a",
    "㎡" * 50,
    "谢谢",
    "您好！",
]


def check(suggestion: Suggestion, top: int = 3) -> None:
    for answers in (suggestion.topics, suggestion.functions, suggestion.lead_units):
        probabilities = [answer.probability for answer in answers]
        assert len(probabilities) <= top
        assert probabilities == sorted(probabilities, reverse=True)
        assert all(0 <= p <= 1 for p in probabilities)
        assert sum(probabilities) <= 1.001
    assert suggestion.zone in ZONE_NAMES
    assert suggestion.form is None or suggestion.form.name in FORMS
    assert suggestion.lane is None or (suggestion.lane.name in LANES and suggestion.lane.reason)


@pytest.mark.parametrize("text", STRANGE, ids=ascii)
def test_any_text_gets_a_suggestion(router: Router, text: str) -> None:
    suggestion = router.suggest([text])[0]
    check(suggestion)
    assert suggestion.zone != "auto"
    json.dumps(suggestion.as_dict())


@settings(max_examples=80, deadline=None)
@given(st.lists(st.text(st.characters(), max_size=80), max_size=4))
def test_whatever_is_typed(router: Router, texts: list[str]) -> None:
    found = router.suggest(texts)
    assert len(found) == len(texts)
    for suggestion in found:
        check(suggestion)


@pytest.mark.parametrize("text", ["", "，。！？……", "😀", "\n", "谢谢"])
def test_nothing_to_read_is_a_matter_for_a_person(router: Router, text: str) -> None:
    suggestion = router.suggest([text])[0]
    assert suggestion.flags == ("unreadable",)
    assert suggestion.zone == "manual"
    assert suggestion.evidence.words == ()


def test_a_hundred_thousand_characters_get_a_suggestion(router: Router) -> None:
    text = "兴宁区的红绿灯坏了。" + "今天天气很好，我们去散步。" * 7_700
    assert len(text) > 100_000
    suggestion = router.suggest([text])[0]
    check(suggestion)
    for word in suggestion.evidence.words:
        assert text[word.start : word.end] == word.text


def test_no_texts_give_no_suggestions(router: Router) -> None:
    assert router.suggest([]) == []


@pytest.mark.parametrize(
    ("text", "topic", "unit"),
    [
        ("南宁市兴宁区的红绿灯坏了三天", "交通运输/交通秩序", "南宁市兴宁区公安局交警支队"),
        ("桂林市象山区餐馆拖欠工资", "劳动工资/拖欠工资", "桂林市象山区人力资源和社会保障局"),
        ("青秀区超市卖过期酸奶", "市场监管/食品安全", "南宁市青秀区市场监督管理局"),
    ],
)
def test_the_obvious_answer(router: Router, text: str, topic: str, unit: str) -> None:
    suggestion = router.suggest([text])[0]
    assert suggestion.topics[0].path == topic
    assert suggestion.lead_units[0].unit == unit
    assert suggestion.lead_units[0].function == suggestion.functions[0].function
    assert suggestion.missing == ()
    assert suggestion.flags == ()


def test_without_a_place_the_units_stay_open_and_the_place_is_missing(router: Router) -> None:
    suggestion = router.suggest(["路灯不亮"])[0]
    assert suggestion.functions[0].function == "市政和园林管理局"
    assert {unit.function for unit in suggestion.lead_units} == {"市政和园林管理局"}
    assert suggestion.lead_units[0].probability < 0.6
    assert suggestion.missing == ("place",)


def test_the_place_that_came_along_is_enough(router: Router) -> None:
    suggestion = router.suggest([Submission("路灯不亮", jurisdiction="桂林市/象山区")])[0]
    assert suggestion.lead_units[0].unit == "桂林市象山区市政和园林管理局"
    assert suggestion.missing == ()


def test_order_and_length_are_those_of_the_input(router: Router) -> None:
    texts = [TEXTS[i % 3] for i in range(BATCH + 7)]
    found = router.suggest(texts, evidence="none")
    wanted = [router.suggest([text], evidence="none")[0] for text in TEXTS[:3]]
    assert found == [wanted[i % 3] for i in range(BATCH + 7)]


def test_a_text_gets_the_same_suggestion_alone_and_in_a_batch(router: Router) -> None:
    together = router.suggest(TEXTS)
    assert [router.suggest([text])[0] for text in TEXTS] == together
    assert router.suggest(TEXTS[::-1])[::-1] == together


@pytest.mark.parametrize("top", [1, 2, 3, 5, 50])
def test_how_many_are_ranked(router: Router, top: int) -> None:
    suggestion = router.suggest([TEXTS[0]], top=top)[0]
    check(suggestion, top)
    assert len(suggestion.topics) == min(top, 8)
    assert len(suggestion.functions) == min(top, 4)
    assert len(suggestion.lead_units) >= min(top, 9)  # units of functions out of the question are not ranked


def test_a_longer_list_begins_with_the_shorter_one(router: Router) -> None:
    short, long = (router.suggest([TEXTS[3]], top=top)[0] for top in (2, 8))
    assert long.lead_units[:2] == short.lead_units
    assert long.topics[:2] == short.topics


def test_a_lower_target_lets_more_through(router: Router) -> None:
    texts = [case + "，请处理" for case in TEXTS[:4]] * 3
    shares = []
    for target in (0.5, 0.8, 0.999):
        found = router.suggest(texts, target_precision=target, evidence="none")
        shares.append(sum(s.zone == "auto" for s in found))
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 0
    assert shares[2] == 0
    assert router.threshold("lead_unit", 0.5) < router.threshold("lead_unit", 0.999)
    assert router.threshold("没有的标签") == NEVER


def test_a_flagged_text_is_never_automatic(router: Router) -> None:
    plain, flagged = router.suggest(
        ["南宁市兴宁区的红绿灯坏了三天", "南宁市兴宁区的红绿灯坏了三天，漏电"], target_precision=0.5
    )
    assert (plain.zone, plain.flags) == ("auto", ())
    assert (flagged.zone, flagged.flags) == ("confirm", ("danger",))
    assert flagged.lane is not None
    assert flagged.lane.name == "紧急"


@pytest.mark.parametrize("target", [0.49, 1.0, -1, 95])
def test_a_target_that_is_no_promise(target: float) -> None:
    with pytest.raises(InputError, match="between"):
        check_target(target)


@pytest.mark.parametrize("target", [None, 0.5, 0.95, 0.999])
def test_a_target_that_is_one(target: float | None) -> None:
    check_target(target)


def test_the_json_form_has_the_keys_of_the_contract(router: Router) -> None:
    value = json.loads(json.dumps(router.suggest([TEXTS[0]])[0].as_dict(), ensure_ascii=False))
    assert list(value) == [
        "topics",
        "functions",
        "lead_units",
        "co_units",
        "zone",
        "form",
        "lane",
        "flags",
        "missing",
        "evidence",
        "model",
        "hints",
        "matters",
    ]
    assert set(value["topics"][0]) == {"path", "probability"}
    assert set(value["functions"][0]) == {"function", "probability"}
    unit = {"unit", "function", "jurisdiction", "probability", "trial"}
    assert set(value["lead_units"][0]) == unit
    assert set(value["form"]) == {"name", "probability"}
    assert set(value["lane"]) == {"name", "reason"}
    assert set(value["evidence"]) == {"words", "duties", "similar", "changes"}
    assert set(value["evidence"]["words"][0]) == {"text", "start", "end", "weight"}
    assert set(value["model"]) == {"version"}
    assert all(set(co_unit) == unit for co_unit in value["co_units"])


def test_co_units_are_other_offices_at_the_same_place(router: Router) -> None:
    found = router.suggest(
        [f"{place}菜市场路口的红绿灯坏了一个星期，早上全堵死" for place in ("兴宁区", "象山区")]
    )
    assert any(suggestion.co_units for suggestion in found)
    for suggestion in found:
        for unit in suggestion.co_units:
            assert unit.unit != suggestion.lead_units[0].unit
            assert unit.function != suggestion.lead_units[0].function
            assert unit.jurisdiction == suggestion.lead_units[0].jurisdiction


def test_a_model_of_topics_alone_answers_with_topics(topics_router: Router) -> None:
    assert topics_router.zone_label == "topic"
    suggestion = topics_router.suggest([TEXTS[0]])[0]
    check(suggestion)
    assert suggestion.topics[0].path == "交通运输/交通秩序"
    assert (suggestion.functions, suggestion.lead_units, suggestion.co_units) == ((), (), ())
    assert (suggestion.lane, suggestion.missing) == (None, ())
    assert "红绿灯" in [word.text for word in suggestion.evidence.words]
    assert suggestion.evidence.duties is None


def test_a_model_of_units_alone_answers_with_units(units_router: Router, cases: list[Case]) -> None:
    assert units_router.zone_label == "lead_unit"
    suggestions = units_router.suggest([case.submission for case in cases])
    for suggestion in suggestions:
        check(suggestion)
        assert (suggestion.topics, suggestion.functions) == ((), ())
        assert suggestion.lead_units[0].function is None
        assert suggestion.lead_units[0].unit.endswith("号办公室")
    firsts = {suggestion.lead_units[0].unit for suggestion in suggestions}
    assert len(firsts) == 12
    assert suggestions[0].evidence.words


def test_units_that_no_case_names_do_not_break_the_evidence(cases: list[Case]) -> None:
    units = [Unit(name) for name in sorted({case.lead_unit or "" for case in cases})]
    bare = [type(case)(case.submission, lead_unit=case.lead_unit) for case in cases]
    router = Router(train_model(bare, Directory([], [*units, Unit("从未办件的局")])))
    suggestion = router.suggest(TEXTS, top=13)
    assert all(len(s.lead_units) == 13 for s in suggestion)


def test_what_came_along_does_not_matter_where_it_says_nothing(router: Router) -> None:
    plain = router.suggest([TEXTS[0]])[0]
    assert router.suggest([Submission(TEXTS[0], received_at=dt.date(2024, 1, 1), form="投诉")])[0] == plain


def test_eight_threads_get_the_same_answers(router: Router) -> None:
    texts = [f"{text}{'再说一遍' * (i % 7)}" for i, text in enumerate(TEXTS * 4)]
    wanted = router.suggest(texts)
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: router.suggest(texts), range(24)))
    assert all(answer == wanted for answer in found)


def test_powers_grow_under_many_threads() -> None:
    """A table that grows in two steps would hand one thread half of it."""
    reference = _Powers().upto(300_000)
    for _ in range(5):
        powers = _Powers()
        with ThreadPoolExecutor(8) as threads:
            found = list(threads.map(powers.upto, [70_000 * (1 + i % 4) for i in range(32)]))
        for up, down in found:
            assert len(up) == len(down)
            assert np.array_equal(up, reference[0][: len(up)])
            assert np.array_equal(down, reference[1][: len(down)])


def test_a_unit_too_seldom_seen_to_be_learnt_is_suggested_without_words() -> None:
    """Units alone, no functions: the flat classifier knows only those that came up often."""
    often = [Case(Submission(f"{word}坏了{i}次"), lead_unit=unit) for unit, word in UNITS for i in range(6)]
    once = [Case(Submission(f"{word}没人管"), lead_unit=unit) for unit, word in SELDOM]
    content = train_model([*often, *once])
    assert content.composer is not None
    assert content.heads.heads["unit"].classes == tuple(sorted(unit for unit, _ in UNITS))
    upside_down = UnitComposer(content.composer.table, {"frequency": -50.0})
    turned = replace(content, sparse=replace(content.sparse, composer=upside_down))
    (suggestion,) = Router(turned).suggest(["路灯坏了"])
    assert suggestion.lead_units[0].unit in {unit for unit, _ in SELDOM}
    assert suggestion.evidence.words == ()


UNITS = (("光明股", "路灯"), ("清泉股", "水管"))
SELDOM = (("青松站", "树"), ("白帆站", "船"), ("红果站", "果"), ("黄土站", "土"), ("紫云站", "云"))
