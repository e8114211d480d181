"""Fitting linear heads: the compact form gives the same machine, and the same seed the same weights."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.svm import LinearSVC

from fenban.training.fitting.classifiers import SMALLEST_WEIGHT, Compact, Target, class_weights, fit_heads

SEED = 3


def features(n: int = 90, shared: int = 30, single: int = 2) -> tuple[sparse.csr_matrix, list[str]]:
    """Return rows with ``shared`` common columns and ``single`` columns of their own, and labels."""
    draw = np.random.default_rng(SEED)
    labels = [("甲", "乙", "丙")[i % 3] for i in range(n)]
    common = (draw.random((n, shared)) < 0.15).astype(np.float32)
    for i, label in enumerate(labels):
        common[i, "甲乙丙".index(label)] = 1
    own = np.zeros((n, n * single), dtype=np.float32)
    for i in range(n):
        own[i, i * single : (i + 1) * single] = draw.random(single) + 0.5
    matrix = np.hstack([common, own])
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    return sparse.csr_matrix(matrix), labels


def target(labels: list[str], name: str = "function") -> Target:
    return Target(name, np.arange(len(labels)), tuple(labels))


def test_compact_rows_have_the_same_inner_products() -> None:
    rows, _ = features()
    compact = Compact.of(rows)
    assert compact.rows.shape[1] < rows.shape[1]
    gram, small = (rows @ rows.T).toarray(), (compact.rows @ compact.rows.T).toarray()
    assert np.allclose(gram, small, atol=1e-5)  # all that a machine with an L2 penalty can see


def test_heads_equal_machines_fitted_on_the_whole_matrix() -> None:
    rows, labels = features()
    heads = fit_heads(rows, [target(labels)], SEED)
    scores = heads.of("function", heads.scores(rows))
    weights = class_weights(labels)
    for i, name in enumerate(heads.heads["function"].classes):
        machine = LinearSVC(C=0.5, class_weight={False: 1, True: weights[name]}, tol=1e-6, random_state=SEED)
        machine.fit(rows, [label == name for label in labels])
        assert np.allclose(scores[:, i], machine.decision_function(rows), atol=0.05)
        assert np.array_equal(scores[:, i] > 0, machine.decision_function(rows) > 0)


def test_several_heads_share_one_matrix_and_keep_their_rows() -> None:
    rows, labels = features()
    some = Target("form", np.arange(0, 90, 2), tuple("投诉" if i % 4 else "建议" for i in range(0, 90, 2)))
    heads = fit_heads(rows, [target(labels), some], SEED)
    assert list(heads.heads) == ["function", "form"]
    scores = heads.scores(rows)
    assert heads.of("function", scores).shape == (90, 3)
    assert heads.of("form", scores).shape == (90, 2)
    alone = fit_heads(rows, [some], SEED)
    answers = heads.of("form", scores).argmax(axis=1), alone.of("form", alone.scores(rows)).argmax(axis=1)
    assert (answers[0] == answers[1])[::2].all()


def test_a_single_class_is_a_constant() -> None:
    rows, _ = features()
    heads = fit_heads(rows, [target(["甲"] * 90)], SEED)
    assert np.ptp(heads.of("function", heads.scores(rows))) == 0


def test_several_labels_a_text() -> None:
    rows, labels = features()
    several = Target(
        "involved", np.arange(90), tuple((x,) if x != "丙" else () for x in labels), several=True
    )
    assert several.classes == ("乙", "甲")
    heads = fit_heads(rows, [several], SEED)
    found = heads.of("involved", heads.scores(rows)) > 0
    truth = np.array([[x == name for name in several.classes] for x in labels])
    assert (found == truth).mean() > 0.97


def test_the_same_seed_gives_the_same_weights_and_small_ones_are_dropped() -> None:
    rows, labels = features()
    one, other = (fit_heads(rows, [target(labels)], SEED) for _ in range(2))
    assert (one.weights != other.weights).nnz == 0
    assert np.array_equal(one.intercept, other.intercept)
    assert np.abs(one.weights.data).min() >= SMALLEST_WEIGHT * 0.99


def test_too_many_classes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, labels = features()
    monkeypatch.setattr("fenban.training.fitting.classifiers.MAX_COLUMNS", 2)
    with pytest.raises(ValueError, match="3 classes in all; at most 2"):
        fit_heads(rows, [target(labels)], SEED)


def test_a_part_of_a_target() -> None:
    whole = Target("form", np.array([0, 2, 5]), ("一", "二", "三"))
    kept = np.array([True, True, False, True, True, True])
    part = whole.within(kept)
    assert (part.name, part.rows.tolist(), part.labels) == ("form", [0, 5], ("一", "三"))


def test_rare_classes_weigh_more_and_the_average_text_one() -> None:
    labels = ["常"] * 90 + ["稀"] * 10
    weights = class_weights(labels)
    assert weights["稀"] / weights["常"] == pytest.approx(3.0)
    assert np.mean([weights[label] for label in labels]) == pytest.approx(1.0)
