"""What is learnt on unseen texts: temperatures, weights of units, calibration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from fenban.model.scoring.calibration import TopCalibration, softmax
from fenban.training.fitting.calibration import (
    best_answers,
    fit_conditional_logit,
    fit_sigmoid_temperature,
    fit_temperature,
    fit_top_calibration,
    fit_weights,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray


def draw_margins(n: int, temperature: float) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(5)
    margins = draw.normal(size=(n, 4)).astype(np.float32)
    probabilities = softmax(margins, temperature)
    return margins, np.array([draw.choice(4, p=row / row.sum()) for row in probabilities.astype(float)])


@pytest.mark.parametrize("temperature", [0.2, 0.5, 1.0, 2.0])
def test_the_temperature_that_made_the_labels_is_found(temperature: float) -> None:
    margins, truth = draw_margins(6000, temperature)
    assert fit_temperature(margins, truth) == pytest.approx(temperature, rel=0.15)
    truth[::3] = -1  # labels never seen are left out
    assert fit_temperature(margins, truth) == pytest.approx(temperature, rel=0.2)


def test_a_temperature_needs_something_to_choose_from() -> None:
    one = np.zeros((5, 1), dtype=np.float32)
    assert fit_temperature(one, np.zeros(5, dtype=np.int64)) == 1.0
    assert fit_temperature(np.zeros((5, 2), dtype=np.float32), np.full(5, -1)) == 1.0


def test_the_temperature_of_independent_answers_is_found() -> None:
    draw = np.random.default_rng(6)
    margins = draw.normal(size=(3000, 3)).astype(np.float32)
    truth = draw.random(margins.shape) < 1 / (1 + np.exp(-margins / 0.5))
    assert fit_sigmoid_temperature(margins, truth) == pytest.approx(0.5, rel=0.15)


def test_best_answers_count_the_unknown_as_wrong() -> None:
    probabilities = np.array([[0.7, 0.3], [0.4, 0.6], [0.9, 0.1]], dtype=np.float32)
    confidence, correct = best_answers(probabilities, np.array([0, 0, -1]))
    assert confidence.tolist() == pytest.approx([0.7, 0.6, 0.9])
    assert correct.tolist() == [True, False, False]


def two_parts(n: int = 4000, classes: int = 5) -> tuple[list[NDArray[np.float32]], NDArray[np.int64]]:
    """Return the margins of a part that knows something and of one that knows nothing."""
    draw = np.random.default_rng(11)
    truth = draw.integers(0, classes, n)
    knows = draw.normal(0, 1, (n, classes))
    knows[np.arange(n), truth] += 2.0
    return [knows.astype(np.float32), draw.normal(0, 1, (n, classes)).astype(np.float32)], truth


def test_a_part_that_knows_nothing_has_next_to_no_weight_and_none_is_negative() -> None:
    parts, truth = two_parts()
    knows, nothing = fit_weights(parts, truth)
    assert min(knows.unsure, knows.certain) > 0.5
    assert 0 <= nothing.unsure < 0.1
    assert 0 <= nothing.certain < 0.1
    assert all(gate.certain >= 0 and gate.unsure >= 0 for gate in fit_weights([parts[0], -parts[0]], truth))


def test_a_part_that_is_wrong_where_it_is_surest_counts_for_less_there() -> None:
    parts, truth = two_parts()
    draw = np.random.default_rng(12)
    boasts = parts[0].copy()
    wrong = draw.random(len(truth)) < 0.3
    boasts[wrong] = 0
    boasts[wrong, draw.integers(0, 5, int(wrong.sum()))] = 9.0
    gate, _ = fit_weights([boasts, parts[1]], truth)
    assert gate.certain < gate.unsure / 2


def test_a_single_part_counts_for_one_over_its_temperature_however_sure_it_is() -> None:
    parts, truth = two_parts()
    (gate,) = fit_weights(parts[:1], truth)
    assert gate.unsure == gate.certain == pytest.approx(1 / fit_temperature(parts[0], truth))


def test_the_weights_that_made_the_choices_are_found() -> None:
    draw = np.random.default_rng(7)
    truth = np.array([2.0, -1.0])
    factors = [draw.normal(size=(draw.integers(2, 6), 2)).astype(np.float32) for _ in range(3000)]
    chosen = []
    for rows in factors:
        powers = np.exp(rows @ truth)
        chosen.append(int(draw.choice(len(rows), p=powers / powers.sum())))
    found = fit_conditional_logit(factors, chosen, [0.0, 0.0], 0.1)
    assert found == pytest.approx(truth, abs=0.15)


def test_a_strong_pull_holds_the_weights_where_they_start() -> None:
    factors = [np.array([[1.0], [0.0]], dtype=np.float32)] * 20
    free = fit_conditional_logit(factors, [0] * 20, [0.5], 0.01)
    held = fit_conditional_logit(factors, [0] * 20, [0.5], 1e6)
    assert free[0] > 2
    assert held[0] == pytest.approx(0.5, abs=0.01)


def test_calibration_mends_overconfidence_and_leaves_a_few_texts_alone() -> None:
    draw = np.random.default_rng(8)
    confidence = draw.uniform(0.3, 0.999, 5000).astype(np.float32)
    correct = draw.random(5000) < confidence**2  # right less often than it claims
    calibration = fit_top_calibration(confidence, correct)
    claimed = np.array([0.5, 0.7, 0.9], dtype=np.float32)
    rest = np.repeat((1 - claimed)[:, None] / 10, 10, axis=1)  # spread, so that the best stays the best
    rows = np.hstack([claimed[:, None], rest]).astype(np.float32)
    mended = calibration.apply(rows)[:, 0]
    assert mended == pytest.approx(claimed**2, abs=0.05)
    assert fit_top_calibration(confidence[:99], correct[:99]) == TopCalibration()


def test_frequent_answers_are_believed_more_where_they_are_right_more_often() -> None:
    rng = np.random.default_rng(6)
    best = rng.choice(3, 4000, p=[0.7, 0.25, 0.05])
    confidence = rng.uniform(0.4, 0.95, len(best)).astype(np.float32)
    right = rng.random(len(best)) < 1 / (
        1 + np.exp(-(np.log(confidence / (1 - confidence)) + (0.8 - 0.8 * best)))
    )
    found = fit_top_calibration(confidence, right, best, np.array([700.0, 250.0, 50.0]))
    frequent, middling, rare = found.by_class
    assert frequent > middling > rare
    assert frequent == 0, "the most frequent class is what the others are measured by"
    rows = np.array([[0.8, 0.1, 0.1], [0.1, 0.1, 0.8]], dtype=np.float32)
    applied = found.apply(rows)
    assert applied[0, 0] > applied[1, 2] + 0.1
    assert (applied.argmax(axis=1) == [0, 2]).all()


def test_where_rarity_says_nothing_the_classes_are_hardly_told_apart() -> None:
    rng = np.random.default_rng(7)
    best = rng.choice(3, 4000, p=[0.7, 0.25, 0.05])
    confidence = rng.uniform(0.4, 0.95, len(best)).astype(np.float32)
    found = fit_top_calibration(
        confidence, rng.random(len(best)) < confidence, best, np.array([700.0, 250.0, 50.0])
    )
    assert np.ptp(found.by_class) < 0.4
    assert fit_top_calibration(confidence, rng.random(len(best)) < confidence).by_class == ()
