"""Probabilities that can be taken at their word, and thresholds that keep their promise."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fenban.model import Router
from fenban.model.artifact.folder import save
from fenban.model.scoring.calibration import NEVER, PrecisionCurve, TopCalibration, softmax, zone_of

if TYPE_CHECKING:
    from pathlib import Path

    from fenban.model.scoring.content import ModelContent


def rows_from(seed: int, n: int = 200, width: int = 7) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.full(width, 0.4), n).astype(np.float32)


MARGINS = arrays(np.float32, (5, 4), elements=st.floats(-30, 30, width=32))


@settings(deadline=None)
@given(MARGINS, st.floats(0.02, 20))
def test_softmax_keeps_order_and_sums_to_one(margins: np.ndarray, temperature: float) -> None:
    rows = softmax(margins, temperature)
    assert rows.sum(axis=1) == pytest.approx(1, abs=1e-5)
    order = np.argsort(margins, axis=1)
    assert (np.diff(np.take_along_axis(rows, order, 1), axis=1) >= 0).all()


def test_a_higher_temperature_is_flatter() -> None:
    margins = np.array([[2.0, 1.0, -1.0]], dtype=np.float32)
    tops = [float(softmax(margins, t)[0, 0]) for t in (0.25, 1, 4)]
    assert tops == sorted(tops, reverse=True)
    assert softmax(margins, 1)[0] == pytest.approx(np.exp(margins[0]) / np.exp(margins[0]).sum(), abs=1e-6)


PARAMETERS = st.tuples(st.floats(0, 4), st.floats(0, 4), st.floats(-4, 4))


@settings(deadline=None, max_examples=200)
@given(PARAMETERS, st.integers(0, 30))
def test_calibrating_the_best_answer_keeps_order_and_mass(
    parameters: tuple[float, float, float], seed: int
) -> None:
    rows = rows_from(seed, 50)
    found = TopCalibration(*parameters).apply(rows)
    assert found.sum(axis=1) == pytest.approx(1, abs=1e-4)
    assert (found >= 0).all()
    order = np.argsort(rows, axis=1, kind="stable")
    assert (np.diff(np.take_along_axis(found, order, 1), axis=1) >= -1e-6).all()


@settings(deadline=None, max_examples=100)
@given(PARAMETERS)
def test_a_row_that_does_not_add_up_to_one_never_grows_past_it(
    parameters: tuple[float, float, float],
) -> None:
    rows = rows_from(3, 50) * np.float32(0.8)
    found = TopCalibration(*parameters).apply(rows)
    assert (found.sum(axis=1) <= 1 + 1e-5).all()
    assert (found.argmax(axis=1) == rows.argmax(axis=1)).all()


def test_the_neutral_calibration_changes_nothing() -> None:
    rows = rows_from(1)
    assert TopCalibration().apply(rows) == pytest.approx(rows, abs=1e-5)


def test_the_best_answer_gets_what_the_formula_says() -> None:
    calibration = TopCalibration(0.7, 1.4, 0.3)
    logit = 0.7 * np.log(0.8) - 1.4 * np.log(0.2) + 0.3
    wanted = 1 / (1 + np.exp(-logit))
    found = calibration.apply(np.array([[0.15, 0.8, 0.05]], dtype=np.float32))[0]
    assert found[1] == pytest.approx(wanted, abs=1e-6)
    assert found[0] / found[2] == pytest.approx(3, abs=1e-4)


def test_a_class_may_count_for_more_or_less_when_it_is_the_best() -> None:
    calibration = TopCalibration(1.0, 1.0, 0.0, (0.0, 1.0, -1.0))
    rows = np.array([[0.6, 0.3, 0.1], [0.3, 0.6, 0.1], [0.3, 0.1, 0.6]], dtype=np.float32)
    found = calibration.apply(rows)
    shifted = 1 / (1 + np.exp(-(np.log(0.6 / 0.4) + np.array([0.0, 1.0, -1.0]))))
    assert found[:2].max(axis=1) == pytest.approx(shifted[:2], abs=1e-5)
    assert found[2, 2] == pytest.approx(3 / 7, abs=1e-5), "never below the second: 0.3 of the other 0.4"
    assert found.sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_one_class_is_certain_whatever_the_calibration() -> None:
    rows = np.ones((3, 1), dtype=np.float32)
    assert TopCalibration(0.1, 0.1, -3).apply(rows).tolist() == [[1.0]] * 3


def simulated(seed: int, n: int = 3000) -> tuple[np.ndarray, np.ndarray]:
    """Confidences that are right as often as they say, squared: well calibrated at the top only."""
    rng = np.random.default_rng(seed)
    confidence = rng.beta(4, 1, n).astype(np.float32)
    return confidence, rng.random(n) < confidence**0.5


@pytest.mark.parametrize("target", [0.9, 0.95])
def test_the_threshold_keeps_its_promise_on_texts_not_seen(target: float) -> None:
    kept = []
    for seed in range(40):
        threshold = PrecisionCurve.measure(*simulated(seed)).threshold(target)
        confidence, correct = simulated(1000 + seed, 20_000)
        kept.append(bool(correct[confidence >= threshold].mean() >= target - 0.002))
    assert sum(kept) >= 28  # the bound is one-sided at 75 %
    assert threshold < 1


def test_a_higher_target_or_assurance_asks_for_more_confidence() -> None:
    curve = PrecisionCurve.measure(*simulated(5))
    thresholds = [curve.threshold(target) for target in (0.85, 0.9, 0.95, 0.99)]
    assert thresholds == sorted(thresholds)
    assert thresholds[0] < thresholds[2]
    assert curve.threshold(0.9, 0.99) > curve.threshold(0.9, 0.5)


def test_few_texts_promise_nothing() -> None:
    confidence = np.linspace(0.9, 0.99, 29).astype(np.float32)
    assert PrecisionCurve.measure(confidence, np.ones(29, bool)).threshold(0.5) == NEVER
    assert PrecisionCurve.measure(np.zeros(0, np.float32), np.zeros(0, bool)).threshold() == NEVER
    many = np.linspace(0.9, 0.99, 300).astype(np.float32)
    assert PrecisionCurve.measure(many, np.ones(300, bool)).threshold() == pytest.approx(0.9, abs=2e-4)


def test_always_wrong_is_never_automatic() -> None:
    confidence = np.linspace(0.5, 1, 500).astype(np.float32)
    assert PrecisionCurve.measure(confidence, np.zeros(500, bool)).threshold(0.5) == NEVER


def test_a_threshold_never_cuts_through_a_tie() -> None:
    confidence = np.array([0.9] * 100 + [0.8] * 100, dtype=np.float32)
    correct = np.array([True] * 150 + [False] * 50)
    assert PrecisionCurve.measure(confidence, correct).threshold(0.95) == pytest.approx(0.9, abs=2e-4)


def test_the_curve_is_sorted_and_stable() -> None:
    curve = PrecisionCurve.measure(
        np.array([0.2, 0.9, 0.9, 0.5], np.float32), np.array([True, False, True, True])
    )
    assert curve.confidence.tolist() == pytest.approx([0.9, 0.9, 0.5, 0.2])
    assert curve.correct.tolist() == [0, 1, 1, 1]


def test_an_answer_rounded_to_four_digits_still_reaches_its_own_threshold() -> None:
    for confidence in np.linspace(0.91, 0.97, 17).astype(np.float32):
        curve = PrecisionCurve.measure(np.full(100, confidence), np.ones(100, bool))
        assert curve.threshold() <= round(float(confidence), 4)


@pytest.mark.parametrize(
    ("answers", "threshold", "zone"),
    [
        ([0.96, 0.02], 0.95, "auto"),
        ([0.95], 0.95, "auto"),
        ([0.94, 0.03], 0.95, "confirm"),
        ([0.3, 0.2, 0.1], 0.95, "confirm"),
        ([0.3, 0.2, 0.09, 0.08], 0.95, "manual"),
        ([1.0], NEVER, "confirm"),
        ([], 0.0, "manual"),
    ],
)
def test_zones_follow_threshold_and_first_three(answers: list[float], threshold: float, zone: str) -> None:
    assert zone_of(answers, threshold) == zone


NAMES = ("守信局", "失信局", "改过局")


def of_offices(seed: int = 0) -> PrecisionCurve:
    """One office that is right, one mostly wrong, one wrong but where it is surest; 600 answers in all."""
    rng = np.random.default_rng(seed)
    answers = np.array(NAMES)[rng.choice(3, 600, p=[0.9, 0.05, 0.05])]
    confidence = rng.uniform(0.8, 1.0, 600).astype(np.float32)
    right = rng.random(600) < 0.995
    right &= (answers != "失信局") | (rng.random(600) < 0.4)
    right &= (answers != "改过局") | (confidence >= 0.9)
    return PrecisionCurve.measure(confidence, right, list(answers))


def own(curve: PrecisionCurve, name: str, start: float) -> tuple[np.ndarray, np.ndarray]:
    assert curve.answer is not None
    rows = (curve.answer == curve.names.index(name)) & (curve.confidence >= start)
    return curve.confidence[rows], curve.correct[rows]


def test_an_office_that_breaks_the_promise_gets_a_floor() -> None:
    curve = of_offices()
    target = 0.9
    start = curve.threshold(target)
    assert start < 0.85, "taken together the offices keep the promise"
    floors = curve.floors(target)
    assert set(floors) == {"失信局", "改过局"}
    assert floors["失信局"] == NEVER
    confidence, correct = own(curve, "改过局", start)
    assert correct.mean() < target
    assert start < floors["改过局"] < 0.95
    above = confidence >= floors["改过局"]
    assert above.sum() >= 8
    assert correct[above].mean() >= target


@pytest.mark.parametrize("seed", range(6))
def test_above_its_floor_every_office_keeps_the_target_where_it_was_measured(seed: int) -> None:
    curve = of_offices(seed)
    for name, floor in curve.floors(0.9).items():
        confidence, correct = own(curve, name, floor)
        assert (floor == NEVER) == (not len(confidence))
        assert floor == NEVER or correct.mean() >= 0.9 - 0.02, name  # a tie at the cut may add one


def test_few_answers_are_no_evidence_against_an_office() -> None:
    confidence = np.linspace(0.99, 0.8, 307).astype(np.float32)
    answers = ["守信局"] * 300 + ["小局"] * 7
    answers = [*answers[300:], *answers[:300]]  # seven at the top, all wrong
    curve = PrecisionCurve.measure(confidence, np.array([a == "守信局" for a in answers]), answers)
    assert curve.threshold(0.9) < NEVER
    assert curve.floors(0.9) == {}
    eight = PrecisionCurve.measure(
        np.append(confidence, np.float32(0.985)), np.append(curve.correct == 1, False), [*answers, "小局"]
    )
    assert eight.floors(0.9) == {"小局": NEVER}


def test_an_office_wrong_now_and_then_may_be_unlucky() -> None:
    """Two of ten wrong is too little to say that nine of ten will not be right."""
    confidence = np.linspace(0.99, 0.8, 310).astype(np.float32)
    answers = ["小局"] * 10 + ["守信局"] * 300
    correct = np.ones(310, dtype=bool)
    correct[[2, 6]] = False
    assert PrecisionCurve.measure(confidence, correct, answers).floors(0.9) == {}
    correct[:6] = False
    assert PrecisionCurve.measure(confidence, correct, answers).floors(0.9) == {"小局": NEVER}


def test_nothing_above_the_common_threshold_breaks_nothing() -> None:
    confidence = np.linspace(0.5, 1, 200).astype(np.float32)
    curve = PrecisionCurve.measure(confidence, np.zeros(200, dtype=bool), ["某局"] * 200)
    assert curve.threshold() == NEVER
    assert curve.floors() == {}


def test_a_curve_that_does_not_know_its_answers_has_no_floors() -> None:
    curve = of_offices()
    assert PrecisionCurve(curve.confidence, curve.correct).floors(0.9) == {}


def test_answers_stay_with_their_confidence() -> None:
    curve = PrecisionCurve.measure(
        np.array([0.2, 0.9, 0.9, 0.5], np.float32),
        np.array([True, False, True, True]),
        ["丁", "甲", "乙", "甲"],
    )
    assert curve.answer is not None
    assert [curve.names[number] for number in curve.answer] == ["甲", "乙", "甲", "丁"]


TEXT = "南宁市兴宁区菜市场路口的红绿灯坏了一个星期，早上全堵死"


@pytest.fixture(scope="module")
def floored(content: ModelContent) -> tuple[ModelContent, str, float]:
    """The tiny model with a curve that trusts all units but the one it will answer, up to a floor."""
    best = Router(content).suggest([TEXT], evidence="none")[0].lead_units[0]
    floor = best.probability + 0.0005
    n = 400
    confidence = np.linspace(1.0, 0.5, n).astype(np.float32)
    answers = np.array(["他局"] * n, dtype=object)
    answers[::8] = best.unit
    right = (answers == "他局") | (confidence >= floor)
    curve = PrecisionCurve.measure(confidence, right.astype(bool), list(answers))
    stage = replace(content.sparse, curves={**content.sparse.curves, "lead_unit": curve})
    return replace(content, sparse=stage, target_precision=0.8), best.unit, best.probability


def test_a_floor_keeps_a_suggestion_from_being_automatic(
    floored: tuple[ModelContent, str, float],
) -> None:
    with_floor, unit, probability = floored
    curve = with_floor.sparse.curves["lead_unit"]
    trusting = replace(
        with_floor,
        sparse=replace(
            with_floor.sparse,
            curves={"lead_unit": PrecisionCurve(curve.confidence, curve.correct)},
        ),
    )
    common = Router(trusting).threshold("lead_unit")
    assert common <= probability
    assert Router(trusting).suggest([TEXT], evidence="none")[0].zone == "auto"
    assert Router(with_floor).suggest([TEXT], evidence="none")[0].zone == "confirm"
    router = Router(with_floor)
    assert router.threshold("lead_unit") == router.threshold("lead_unit", answer="他局") == common
    assert router.threshold("lead_unit", answer="没有听说过的局") == common
    assert router.threshold("lead_unit", answer=unit) > probability


def test_floors_survive_the_model_folder(floored: tuple[ModelContent, str, float], tmp_path: Path) -> None:
    content, unit, _ = floored
    curve = content.sparse.curves["lead_unit"]
    save(content, tmp_path / "model")
    router = Router.load(tmp_path / "model")
    found = router.content.sparse.curves["lead_unit"]
    assert found.names == curve.names
    assert found.floors(0.8) == curve.floors(0.8) != {}
    assert router.threshold("lead_unit", answer=unit) == Router(content).threshold("lead_unit", answer=unit)
    assert router.suggest([TEXT], evidence="none")[0].zone == "confirm"


def test_what_each_class_counts_for_survives_the_model_folder(
    floored: tuple[ModelContent, str, float], tmp_path: Path
) -> None:
    content, _, _ = floored
    n = len(content.heads.heads["function"].classes)
    by_class = tuple(round(0.1 * i - 0.3, 4) for i in range(n))
    tops = {**content.sparse.tops, "function": TopCalibration(0.9, 1.1, 0.2, by_class)}
    save(replace(content, sparse=replace(content.sparse, tops=tops)), tmp_path / "model")
    assert Router.load(tmp_path / "model").content.sparse.tops == tops


def test_a_stricter_promise_has_its_own_floors(floored: tuple[ModelContent, str, float]) -> None:
    content, unit, _ = floored
    router = Router(content)
    at = {target: router.threshold("lead_unit", target, answer=unit) for target in (0.6, 0.8, 0.9)}
    assert list(at.values()) == sorted(at.values())
    assert router.threshold("lead_unit", 0.8, answer=unit) == at[0.8], "whatever was asked in between"
    assert router.threshold("involved", answer=unit) == NEVER, "a label without a curve promises nothing"
