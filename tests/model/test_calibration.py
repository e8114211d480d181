"""Probabilities that can be taken at their word, and thresholds that keep their promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fenban.model.calibration import NEVER, PrecisionCurve, TopCalibration, softmax, zone_of


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
def test_zones(answers: list[float], threshold: float, zone: str) -> None:
    assert zone_of(answers, threshold) == zone
