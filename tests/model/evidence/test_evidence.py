"""Why a suggestion: words at their place in the original, and the clause that fits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse

from fenban.model import Submission
from fenban.model.evidence.words import MAX_WORDS, DutyIndex
from fenban.model.reading.privacy import find_personal_data
from fenban.model.reading.text import normalise

if TYPE_CHECKING:
    from fenban.model.case import WeighedWord
    from fenban.model.router import Router

TEXTS = [
    "路口的红绿灯坏了，等了半天",
    "路口的紅綠燈壞了，等了半天",
    "尊敬的领导：您好！\n  路口的红 绿 灯坏了　等了…半天",
    "一百㎡的超市卖过期½斤酸奶ＡＢＣ，工资也拖欠",
    "我住友爱北路22号，电话13800138000，老板拖欠工资不给",
]


def words_of(router: Router, text: str | Submission) -> tuple[WeighedWord, ...]:
    return router.suggest([text])[0].evidence.words


@pytest.mark.parametrize("text", TEXTS)
def test_words_stand_where_they_are_said_to_stand(router: Router, text: str) -> None:
    words = words_of(router, text)
    assert 1 <= len(words) <= MAX_WORDS
    for word in words:
        assert text[word.start : word.end] == word.text
        assert word.weight > 0


@pytest.mark.parametrize("text", TEXTS[:3])
def test_the_word_that_matters_weighs_most(router: Router, text: str) -> None:
    best = words_of(router, text)[0]
    assert normalise(best.text).text == "红绿灯"


def test_the_original_is_shown_not_the_folded_text(router: Router) -> None:
    assert "紅綠燈" in [word.text for word in words_of(router, TEXTS[1])]
    assert "红 绿 灯" in [word.text for word in words_of(router, TEXTS[2])]


def test_the_strongest_come_first(router: Router) -> None:
    weights = [word.weight for word in words_of(router, TEXTS[4])]
    assert weights == sorted(weights, reverse=True)


@pytest.mark.parametrize(
    "private",
    ["13800138000", "450199199001011237", "22号", "桂A12345", "somebody@example.com", "0771-5550123"],
)
def test_nothing_personal_is_shown(router: Router, private: str) -> None:
    text = f"老板拖欠工资{private}红绿灯坏了{private}超市卖过期酸奶"
    hidden = {i for item in find_personal_data(text) for i in range(item.start, item.end)}
    words = words_of(router, text)
    assert hidden
    assert words
    assert all(not hidden & set(range(word.start, word.end)) for word in words)


def test_a_title_is_part_of_the_text_that_is_shown(router: Router) -> None:
    submission = Submission("三个月了没有人管", title="红绿灯坏了")
    words = words_of(router, submission)
    assert words[0].text == "红绿灯"
    assert submission.full_text[words[0].start : words[0].end] == "红绿灯"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(["红绿灯", "㎡", "…", "e\u0301", " ", "工資", "ＡＢ", "①", "路燈", "22号", "😀"]),
        max_size=12,
    )
)
def test_spans_are_right_in_any_mixture(router: Router, pieces: list[str]) -> None:
    text = "".join(pieces)
    for word in words_of(router, text):
        assert text[word.start : word.end] == word.text
        assert any(character.isalnum() for character in word.text)


def test_no_evidence_where_none_is_asked_for_or_nothing_is_known(router: Router) -> None:
    assert router.suggest([TEXTS[0]], evidence="none")[0].evidence.words == ()
    assert words_of(router, "") == ()
    assert words_of(router, "□□□，。！") == ()


def test_contributions_add_up_to_the_margin(router: Router) -> None:
    scorer = router.scorer
    scored = scorer.score([Submission(text) for text in TEXTS])
    heads = router.content.heads
    scores = heads.of("function", heads.scores(scored.features))
    for index in range(len(TEXTS)):
        spans = np.flatnonzero(scored.reading.spans.rows == index)
        for answer in range(scores.shape[1]):
            _, _, added = scorer.contributions(scored, index, spans, "function", answer)
            intercept = heads.intercept[heads.heads["function"].start + answer]
            assert added.sum() + intercept == pytest.approx(scores[index, answer], abs=1e-4)


@pytest.mark.parametrize(
    ("text", "clause"),
    [
        ("路口的红绿灯坏了", "设置和检修路口的红绿灯"),
        ("门口一排违法停车", "查处违法停车和酒后驾驶"),
        ("老板拖欠工资", "查处拖欠工资的用人单位"),
        ("商店销售过期食品", "查处销售过期食品的商店"),
    ],
)
def test_the_clause_of_the_duties_that_fits(router: Router, text: str, clause: str) -> None:
    assert router.suggest([text])[0].evidence.duties == clause


def test_a_function_without_duties_has_no_best_clause() -> None:
    index = DutyIndex({"甲局": (), "乙局": ("一", "二")}, lambda texts: sparse.eye(len(texts), format="csr"))
    row = sparse.csr_matrix([[0.0, 1.0]])
    assert index.best("甲局", row) is None
    assert index.best("丙局", row) is None
    assert index.best("乙局", row) == "二"
