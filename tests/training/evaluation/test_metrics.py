"""Measures: against examples worked out by hand, and what must hold of any data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fenban.training.evaluation import metrics

_NONE = np.array([], dtype=np.int64)
_texts = st.lists(
    st.tuples(st.integers(0, 5), st.integers(-1, 5), st.floats(0, 1, allow_nan=False)),
    min_size=1,
    max_size=80,
)


def _arrays(texts: list[tuple[int, int, float]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    gold, predicted, confidence = zip(*texts, strict=True)
    return np.array(gold), np.array(predicted), np.array(confidence)


def test_top_k_counts_a_label_among_the_first_k() -> None:
    gold = np.array([0, 1, 2, 3])
    ranked = np.array([[0, 1, -1], [2, 1, 0], [0, 1, 2], [-1, -1, -1]])
    assert metrics.compute_top_k(gold, ranked, 1) == 1 / 4
    assert metrics.compute_top_k(gold, ranked, 2) == 2 / 4
    assert metrics.compute_top_k(gold, ranked, 3) == metrics.compute_top_k(gold, ranked, 9) == 3 / 4


def test_macro_f1_is_over_the_labels_that_occur() -> None:
    # F1: label 0 has 2/3 (precision 1, recall 1/2), 1 has 2/3, 2 has 0; 3 is only ever predicted
    gold, predicted = np.array([0, 0, 1, 2]), np.array([0, 1, 1, 3])
    assert metrics.compute_macro_f1(gold, predicted) == pytest.approx(4 / 9)


def test_macro_f1_takes_no_answer_for_a_miss() -> None:
    assert metrics.compute_macro_f1(np.array([0, 0]), np.array([0, -1])) == pytest.approx(2 / 3)


def test_ece_of_two_bins_by_hand() -> None:
    # the less confident: 0.3 said, 0.5 right; the more confident: 0.9 said, 1.0 right
    confidence = np.array([0.8, 0.2, 1.0, 0.4])
    correct = np.array([True, False, True, True])
    assert metrics.compute_ece(confidence, correct, bins=2) == pytest.approx((0.2 + 0.1) / 2)


def test_bins_have_equal_mass() -> None:
    confidence = np.linspace(0.1, 0.9, 32)
    found = metrics.compute_reliability_bins(confidence, confidence > 0.5)
    assert [b.n for b in found] == [3, 3] + [2] * 13
    assert found[0].lowest == pytest.approx(0.1)
    assert found[-1].highest == pytest.approx(0.9)
    assert (found[0].accuracy, found[-1].accuracy) == (0, 1)


def test_fewer_texts_than_bins_leave_no_empty_bin() -> None:
    found = metrics.compute_reliability_bins(np.array([0.5, 0.7]), np.array([True, False]))
    assert [(b.n, b.confidence, b.accuracy) for b in found] == [(1, 0.5, 1.0), (1, 0.7, 0.0)]


def test_auto_zone_includes_the_threshold_itself() -> None:
    confidence = np.array([0.95, 0.9, 0.99, 0.2])
    correct = np.array([True, False, False, True])
    assert metrics.auto_zone(confidence, correct, 0.95) == (0.5, 0.5)
    assert metrics.auto_zone(confidence, correct, 2.0) == (0.0, None)


def test_risk_coverage_gives_ties_one_point() -> None:
    confidence = np.array([0.5, 0.9, 0.9, 0.1])
    correct = np.array([True, True, False, False])
    shares, precisions = metrics.compute_risk_coverage(confidence, correct)
    assert shares.tolist() == [0.5, 0.75, 1.0]
    assert precisions.tolist() == pytest.approx([1 / 2, 2 / 3, 2 / 4])


def test_per_label_by_hand() -> None:
    gold, predicted = np.array([1, 1, 1, 0]), np.array([1, 1, 2, 1])
    most, least = metrics.measure_by_label(gold, predicted, np.array([0.9, 0.6, 0.3, 0.5]))
    assert (most.label, most.n, most.predicted) == (1, 3, 3)
    assert (most.precision, most.recall, most.f1) == pytest.approx((2 / 3, 2 / 3, 2 / 3))
    assert most.confidence == pytest.approx(0.6)
    assert (least.label, least.n, least.predicted, least.precision, least.f1) == (0, 1, 0, 0.0, 0.0)


def test_confusion_pairs_most_frequent_first() -> None:
    gold, predicted = np.array([3, 0, 0, 1, 3, 2]), np.array([1, 2, 2, 1, -1, 0])
    assert metrics.count_confusion_pairs(gold, predicted) == [(0, 2, 2), (2, 0, 1), (3, -1, 1), (3, 1, 1)]


def test_confusion_matrix_keeps_other_answers_in_its_last_column() -> None:
    gold, predicted = np.array([5, 5, 5, 2, 1]), np.array([5, 2, -1, 7, 5])
    assert metrics.count_confusions(gold, predicted, np.array([5, 2])).tolist() == [[1, 1, 1], [0, 0, 1]]


def test_nothing_scored_is_no_error() -> None:
    assert metrics.compute_top_k(_NONE, _NONE.reshape(0, 3), 1) == 0.0
    assert metrics.compute_macro_f1(_NONE, _NONE) == metrics.compute_ece(_NONE, _NONE == 0) == 0.0
    assert metrics.auto_zone(_NONE, _NONE == 0, 0.5) == (0.0, None)
    assert metrics.measure_by_label(_NONE, _NONE, _NONE) == ()
    assert metrics.count_confusion_pairs(_NONE, _NONE) == []
    assert len(metrics.compute_risk_coverage(_NONE, _NONE == 0)[0]) == 0


@settings(deadline=None)
@given(_texts)
def test_every_share_lies_between_0_and_1(texts: list[tuple[int, int, float]]) -> None:
    gold, predicted, confidence = _arrays(texts)
    correct = gold == predicted
    assert 0 <= metrics.compute_ece(confidence, correct) <= 1
    assert 0 <= metrics.compute_macro_f1(gold, predicted) <= 1
    assert sum(b.n for b in metrics.compute_reliability_bins(confidence, correct)) == len(texts)


@settings(deadline=None)
@given(_texts)
def test_measures_agree_with_one_another(texts: list[tuple[int, int, float]]) -> None:
    gold, predicted, confidence = _arrays(texts)
    correct = gold == predicted
    rows = metrics.measure_by_label(gold, predicted, confidence)
    assert sum(row.n for row in rows) == len(texts)
    assert np.mean([row.f1 for row in rows]) == pytest.approx(metrics.compute_macro_f1(gold, predicted))
    assert sum(count for *_, count in metrics.count_confusion_pairs(gold, predicted)) == (~correct).sum()
    assert metrics.count_confusions(gold, predicted, np.unique(gold)).sum() == len(texts)
    assert metrics.auto_zone(confidence, correct, 0.0) == (1.0, pytest.approx(correct.mean()))


@settings(deadline=None)
@given(_texts, st.integers(0, 79))
def test_risk_coverage_passes_through_every_threshold(
    texts: list[tuple[int, int, float]], which: int
) -> None:
    gold, predicted, confidence = _arrays(texts)
    shares, precisions = metrics.compute_risk_coverage(confidence, gold == predicted)
    assert (np.diff(shares) > 0).all()
    assert shares[-1] == 1
    threshold = confidence[which % len(texts)]
    share, precision = metrics.auto_zone(confidence, gold == predicted, threshold)
    assert precision == pytest.approx(precisions[np.searchsorted(shares, share - 1e-9)])
