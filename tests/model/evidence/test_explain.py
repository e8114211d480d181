"""Evidence beyond words: similar cases, what would change the answer, and whether words are faithful."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fenban.model import Submission
from fenban.model.evidence.counterfactual import blot_out
from fenban.model.reading.text import HIDDEN

if TYPE_CHECKING:
    from fenban.model import Router

LAMP = "南宁市青秀区河堤边的路灯从月初起就不亮，走夜路要打手电"
TORN = "门口的红绿灯坏了，早餐店也卖过期包子"


def test_similar_cases_say_where_they_went(router: Router) -> None:
    similar = router.suggest([LAMP])[0].evidence.similar
    assert 1 <= len(similar) <= 3
    assert similar[0].similarity > 0.95
    assert similar[0].lead_unit == "南宁市青秀区市政和园林管理局"
    assert similar[0].function == "市政和园林管理局"
    values = [case.similarity for case in similar]
    assert values == sorted(values, reverse=True)
    assert max(values) <= 1


def test_cases_that_say_the_same_are_shown_once(router: Router) -> None:
    # each sentence of the cases stands there with three places
    similar = router.suggest(["路口的红绿灯绿灯太短，老人走到一半就变红"])[0].evidence.similar
    said = [re.sub(r"南宁市青秀区|南宁市兴宁区|桂林市象山区", "", case.text) for case in similar]
    assert len(said) == len(set(said)), said


def test_nothing_is_similar_to_nothing(router: Router) -> None:
    assert router.suggest([""])[0].evidence.similar == ()
    assert router.suggest(["zzzz qqqq"])[0].evidence.similar == ()


def test_changes_only_where_they_are_asked_for(router: Router) -> None:
    assert router.suggest([LAMP])[0].evidence.changes == ()
    assert router.suggest([LAMP], evidence="full")[0].evidence.changes


def test_a_change_says_what_the_model_answers_to_the_edited_text(router: Router) -> None:
    for text in (LAMP, TORN):
        changes = router.suggest([text], evidence="full")[0].evidence.changes
        (change,) = [change for change in changes if change.kind == "words"]
        again = router.suggest([blot_out(Submission(text), change.removed)])[0]
        assert again.functions[0].function == change.answer
        assert again.functions[0].probability == pytest.approx(change.probability, abs=1e-3)
        before = router.suggest([text])[0].functions[0].function
        assert change.changed == (change.answer != before)
        assert all(f"“{word}”" in change.text for word in change.removed)
        assert change.answer in change.text


def test_where_the_place_is_open_another_place_is_tried(router: Router) -> None:
    text = "河堤边的路灯不亮，走夜路要打手电"
    suggestion = router.suggest([text], evidence="full")[0]
    moved = [change for change in suggestion.evidence.changes if change.kind == "place"]
    assert moved
    for change in moved:
        there = router.suggest([Submission(text, jurisdiction=change.jurisdiction)])[0]
        assert there.lead_units[0].unit == change.answer != suggestion.lead_units[0].unit
    assert not [c for c in router.suggest([LAMP], evidence="full")[0].evidence.changes if c.kind == "place"]


def test_in_full_words_weigh_what_their_absence_costs(router: Router) -> None:
    words = router.suggest([TORN], evidence="full")[0].evidence.words
    before = router.suggest([TORN])[0].functions[0]
    assert words
    assert [w.weight for w in words] == sorted((w.weight for w in words), reverse=True)
    head = router.scorer.classes("function").index(before.function)
    scored = router.scorer.score([Submission(TORN), *(blot_out(Submission(TORN), [w.text]) for w in words)])
    p = scored.by_head["function"][:, head].astype(float)
    odds = np.log(p) - np.log1p(-p)
    np.testing.assert_allclose(odds[0] - odds[1:], [w.weight for w in words], atol=2e-3)


def test_words_are_blotted_out_where_they_stand_and_nothing_moves() -> None:
    submission = Submission("路灯不亮，路灯杆也歪", title="路灯")
    edited = blot_out(submission, ["路灯", "路灯杆"])
    assert edited.full_text == f"{HIDDEN * 2}不亮，{HIDDEN * 3}也歪"
    assert len(edited.full_text) == len(submission.full_text)
    assert "路灯" not in edited.full_text


def test_models_without_units_or_functions_are_explained_too(
    topics_router: Router, units_router: Router
) -> None:
    for some in (topics_router, units_router):
        evidence = some.suggest([LAMP], evidence="full")[0].evidence
        assert evidence.similar
        assert evidence.words


@pytest.mark.slow
def test_removing_the_words_that_weighed_lowers_the_answer(starter_router: Router) -> None:
    """Comprehensiveness, on texts of the starter cases: named words against as many drawn at random."""
    from fenban.training.starter import starter_cases

    draw = random.Random(5)
    texts = [case.submission.full_text for case in draw.sample(starter_cases(), 300)]
    texts = [text for text in texts if len(text) >= 20]
    suggestions = starter_router.suggest(texts)
    named, others = [], []
    for text, suggestion in zip(texts, suggestions, strict=True):
        words = list(dict.fromkeys(word.text for word in suggestion.evidence.words))[:3]
        tokens = starter_router.scorer.score([Submission(text)]).reading.words[0]
        pool = [token for token in dict.fromkeys(tokens) if token.isalnum() and token not in words]
        named.append(blot_out(Submission(text), words))
        others.append(blot_out(Submission(text), draw.sample(pool, min(len(words), len(pool)))))
    drops = []
    for edited in (named, others):
        scores = [starter_router.scorer.score(part) for part in ([Submission(t) for t in texts], edited)]
        before, after = (scored.by_head["function"] for scored in scores)
        best = before.argmax(axis=1)
        rows = np.arange(len(texts))
        drops.append(before[rows, best] - after[rows, best])
    assert (drops[0] > 0).mean() >= 0.9
    assert drops[0].mean() > 3 * drops[1].mean()
