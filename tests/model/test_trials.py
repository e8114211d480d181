"""Units on trial: suggested at once where a text is like their examples, nowhere else, never for sure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fenban.model import Submission
from fenban.model.scoring.batch import read_batch
from fenban.model.scoring.features import DocumentFrequencies, NgramHasher, Vectoriser
from fenban.model.trials import SHOWN_FROM, Likeness, SlotRows, Trial, TrialUnits, is_learnt

if TYPE_CHECKING:
    from fenban.model.router import Router

DRONES = Trial(
    "南宁市低空经济管理局",
    jurisdiction="南宁市",
    duties=("管理无人机飞行空域和起降场", "查处无人机黑飞扰民"),
    examples=(
        "无人机天天在我家阳台外面盘旋，螺旋桨嗡嗡响，担心被偷拍",
        "公园上空有人放无人机，飞得很低，差点掉下来砸到小孩",
        "想申请无人机起降场，飞行空域找谁批",
        "送外卖的无人机半夜起降，航线就在宿舍楼顶",
    ),
)
LIKE = "南宁市青秀区有人放无人机，天天在楼顶低空盘旋，螺旋桨吵得人睡不着"
UNLIKE = "南宁市青秀区菜市场路口的红绿灯坏了一个星期，早上全堵死"


@pytest.fixture(scope="module")
def trying(router: Router) -> Router:
    return router.with_trials([DRONES])


def test_a_text_like_the_examples_is_suggested_the_trial(trying: Router) -> None:
    units = trying.suggest([LIKE])[0].lead_units
    assert units[0].unit == DRONES.unit
    assert units[0].trial
    assert units[0].jurisdiction == "南宁市"
    assert [unit.probability for unit in units] == sorted((u.probability for u in units), reverse=True)
    assert sum(unit.probability for unit in units) <= 1.001


def test_other_texts_are_answered_as_before(trying: Router, router: Router) -> None:
    mine, before = trying.suggest([UNLIKE])[0], router.suggest([UNLIKE])[0]
    assert not any(unit.trial for unit in mine.lead_units)
    assert [unit.unit for unit in mine.lead_units] == [unit.unit for unit in before.lead_units]
    assert mine.lead_units[0].probability == pytest.approx(before.lead_units[0].probability, abs=0.03)
    assert mine.evidence == before.evidence


def test_the_router_without_trials_stays_as_it_was(router: Router, trying: Router) -> None:
    assert router.trials == ()
    assert trying.trials == (DRONES,)
    assert trying.content is router.content
    assert not any(unit.trial for unit in router.suggest([LIKE])[0].lead_units)


def test_a_trial_is_never_automatic(trying: Router, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fenban.model.router.Router.threshold", lambda *_, **__: 0.0)
    assert trying.suggest([UNLIKE])[0].zone == "auto"
    assert trying.suggest([LIKE])[0].zone == "confirm"


def test_its_duties_are_the_evidence(trying: Router) -> None:
    assert trying.suggest([LIKE])[0].evidence.duties == "管理无人机飞行空域和起降场；查处无人机黑飞扰民"


@pytest.mark.parametrize(
    ("place", "factor"), [("南宁市兴宁区", "here"), ("桂林市象山区", "elsewhere"), ("", "unsaid")]
)
def test_the_place_of_a_trial_counts(router: Router, place: str, factor: str) -> None:
    local = replace(DRONES, jurisdiction="南宁市/兴宁区")
    trials = TrialUnits([local], router.content)
    scored = router.scorer.score([Submission(LIKE.replace("南宁市青秀区", place))])
    probability = float(trials.probabilities(scored)[0, 0])
    anywhere = TrialUnits([replace(DRONES, jurisdiction=None)], router.content).probabilities(scored)[0, 0]
    shares = {"here": (1, 1), "elsewhere": (0.02, 0.02), "unsaid": (0.05, 0.6)}
    low, high = shares[factor]
    assert low * anywhere - 1e-6 <= probability <= high * anywhere + 1e-6


def test_several_trials_share_what_there_is(router: Router) -> None:
    twins = [DRONES, replace(DRONES, unit="南宁市无人机管理中心")]
    chances = TrialUnits(twins, router.content).probabilities(router.scorer.score([Submission(LIKE)]))
    assert chances[0, 0] == pytest.approx(chances[0, 1])
    assert chances.sum() <= 1


def test_a_trial_ends_when_the_model_has_learnt_the_unit(router: Router) -> None:
    learnt = router.content.neighbours.cases[0].lead_unit if router.content.neighbours else None
    assert learnt
    assert is_learnt(learnt, router.content)
    assert router.with_trials([replace(DRONES, unit=learnt), DRONES]).trials == (DRONES,)


def test_topics_alone_have_no_place_for_a_unit(topics_router: Router) -> None:
    assert topics_router.with_trials([DRONES]).suggest([LIKE])[0].lead_units == ()


def test_a_trial_hardly_likely_is_not_shown(trying: Router) -> None:
    shown = [u for s in trying.suggest([UNLIKE, "超市卖过期酸奶", ""]) for u in s.lead_units if u.trial]
    assert all(unit.probability >= SHOWN_FROM for unit in shown)
    assert shown == []


def test_rows_over_all_slots_agree_with_the_features_where_nothing_is_new(router: Router) -> None:
    texts = ["红绿灯坏了", "拖欠工资不给"]
    reading = read_batch([Submission(text) for text in texts], NgramHasher())
    frequencies = DocumentFrequencies()
    frequencies.add(reading.spans, len(texts))
    space = frequencies.space()
    whole = SlotRows(space).matrix(reading.spans, len(texts))
    kept = Vectoriser(space).matrix(reading.spans, len(texts))
    np.testing.assert_allclose(whole[:, space.slots].toarray(), kept.toarray(), atol=1e-6)


def test_likeness_of_an_example_to_itself_is_the_greatest(router: Router) -> None:
    likeness = Likeness([DRONES, replace(DRONES, duties=())], router.content.space)
    reading = read_batch([Submission(text) for text in (DRONES.examples[0], UNLIKE)], NgramHasher())
    centre, nearest = likeness.of(reading.spans, 2)
    assert centre.shape == nearest.shape == (2, 2)
    assert (centre[0] > 3 * centre[1]).all()
    assert nearest[0, 0] > nearest[1, 0]
    assert (nearest[:, 1] == 0).all()
