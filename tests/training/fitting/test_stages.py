"""A stage trusts its parts as far as they deserve; the encoder is spared only where that costs nothing."""

from __future__ import annotations

import numpy as np
import pytest

from fenban.model.scoring.stage import SILENT, Parts
from fenban.training.fitting.classifiers import Target
from fenban.training.fitting.stages import Answers, fit_cascade, fit_stage
from fenban.training.fitting.unseen import Observed

CLASSES = ("交通运输局", "住房和城乡建设局", "教育局", "水利局")
N = 400
RNG = np.random.default_rng(11)
TRUTH = RNG.integers(0, len(CLASSES), N)


def margins_of(signal: float, noise: float = 1.0, scale: float = 1.0) -> np.ndarray:
    """Return margins in which the right class stands out by ``signal``."""
    found = RNG.normal(size=(N, len(CLASSES))) * noise
    found[np.arange(N), TRUTH] += signal
    return (found * scale).astype(np.float32)


def target(name: str = "function") -> Target:
    return Target(name, np.arange(N), tuple(CLASSES[i] for i in TRUTH))


def observed(margins: np.ndarray, name: str = "function") -> Observed:
    return Observed(np.arange(N), {name: margins})


def log_loss(probabilities: np.ndarray) -> float:
    return float(-np.log(probabilities[np.arange(N), TRUTH]).mean())


def test_one_part_alone_keeps_its_order_and_learns_its_temperature() -> None:
    sparse = margins_of(2.0, scale=0.1)
    fitted = fit_stage(observed(sparse), Parts({"function": sparse}), [target()], None)
    weights = fitted.stage.weights["function"]
    assert (weights.dense, weights.votes) == (SILENT, SILENT)
    assert weights.sparse.unsure == weights.sparse.certain > 5, (
        "margins ten times too small were taken as they are"
    )
    shares = fitted.stage.probabilities(Parts({"function": sparse}), None)["function"]
    best = shares[np.arange(N), sparse.argmax(axis=1)]
    np.testing.assert_allclose(best, shares.max(axis=1), atol=1e-6)  # two that are level may swap places
    right = float(fitted.answers.correct["function"].mean())
    assert abs(float(fitted.answers.confidence["function"].mean()) - right) < 0.03
    assert len(fitted.stage.curves["function"].correct) == N
    assert fitted.stage.composer is None


def test_a_useless_part_has_hardly_a_say_and_a_good_one_raises_accuracy() -> None:
    sparse, dense, votes = margins_of(1.5), margins_of(2.5), margins_of(0.0)
    alone = fit_stage(observed(sparse), Parts({"function": sparse}), [target()], None)
    parts = Parts({"function": sparse}, {"function": dense}, {"function": votes})
    fused = fit_stage(observed(sparse), parts, [target()], None)
    weights = fused.stage.weights["function"]
    sparse_at, dense_at, votes_at = (
        (gate.unsure + gate.certain) / 2 for gate in (weights.sparse, weights.dense, weights.votes)
    )
    assert votes_at < 0.15 * sparse_at < dense_at
    right = [float(stage.answers.correct["function"].mean()) for stage in (alone, fused)]
    assert right[1] > right[0] + 0.05
    before = log_loss(alone.stage.probabilities(parts, None)["function"])
    assert log_loss(fused.stage.probabilities(parts, None)["function"]) < before - 0.1


@pytest.mark.parametrize("kept", ["dense", "votes"])
def test_a_weight_belongs_to_the_part_it_was_learnt_for(kept: str) -> None:
    sparse, good = margins_of(0.3), margins_of(3.0)
    parts = Parts({"function": sparse}, **{kept: {"function": good}})
    weights = fit_stage(observed(sparse), parts, [target()], None).stage.weights["function"]
    other = "votes" if kept == "dense" else "dense"
    assert getattr(weights, kept).certain > 0.3
    assert getattr(weights, other) == SILENT


def test_texts_without_a_label_have_no_confidence_and_are_not_learnt_from() -> None:
    sparse = margins_of(2.0)
    rows = np.arange(0, N, 2)
    half = Target("function", rows, tuple(CLASSES[i] for i in TRUTH[rows]))
    fitted = fit_stage(observed(sparse), Parts({"function": sparse}), [half], None)
    assert np.isnan(fitted.answers.confidence["function"][1::2]).all()
    assert not np.isnan(fitted.answers.confidence["function"][::2]).any()
    spoilt = sparse.copy()
    spoilt[1::2] = -spoilt[1::2]
    other = fit_stage(observed(spoilt), Parts({"function": spoilt}), [half], None)
    assert other.stage.weights == fitted.stage.weights
    assert other.stage.tops == fitted.stage.tops


def test_labels_that_do_not_exclude_each_other_are_scaled_by_themselves() -> None:
    holds = RNG.random((N, 2)) < 0.3
    labels = tuple(tuple(name for name, held in zip("乙甲", row, strict=True) if held) for row in holds)
    involved = Target("involved", np.arange(N), labels, several=True)
    margins = ((holds * 2.0 - 1 + RNG.normal(size=holds.shape)) * 0.1).astype(np.float32)
    parts = Parts({"involved": margins})
    weights = fit_stage(observed(margins, "involved"), parts, [involved], None).stage.weights
    assert 10 < weights["involved"].sparse.unsure < 40


def answers(confidence: np.ndarray, correct: np.ndarray, label: str = "function") -> Answers:
    return Answers({label: confidence.astype(np.float32)}, {label: correct.astype(bool)})


def unsure_below(wrong_until: float) -> tuple[Answers, Answers]:
    """Return answers of a sparse part that errs below a confidence, and of a whole that never does."""
    sure = np.linspace(0.2, 1.0, N)
    return answers(sure, sure >= wrong_until), answers(sure, np.ones(N))


@pytest.mark.parametrize("allowed", [0.0, 0.01, 0.05])
def test_the_cascade_loses_no_more_than_allowed_and_could_not_begin_sooner(allowed: float) -> None:
    sparse, fused = unsure_below(0.7)
    cascade = fit_cascade(sparse, fused, "function", allowed)
    assert cascade is not None

    def lost(enough: float) -> float:
        alone = sparse.confidence["function"] >= enough
        return float((alone & ~sparse.correct["function"]).mean())

    assert lost(cascade.enough) <= allowed < lost(cascade.enough - 0.0101)
    assert cascade.share == pytest.approx((sparse.confidence["function"] >= cascade.enough).mean(), abs=1e-4)
    assert cascade.allowed_loss == allowed


def test_an_encoder_that_adds_nothing_is_never_asked() -> None:
    sure = np.linspace(0.2, 1.0, N)
    same = answers(sure, sure > 0.5)
    cascade = fit_cascade(same, same, "function", 0.0)
    assert cascade is not None
    assert (cascade.enough, cascade.share) == (0.0, 1.0)


def test_an_encoder_that_is_always_worth_asking_leaves_no_cascade() -> None:
    sure = np.linspace(0.2, 0.9, N)
    assert fit_cascade(answers(sure, np.zeros(N)), answers(sure, np.ones(N)), "function", 0.002) is None
    wrong_where_sure = answers(np.append(sure[:-1], 1.0), np.append(np.ones(N - 1), 0))
    assert fit_cascade(wrong_where_sure, answers(sure, np.ones(N)), "function", 0.0) is None


@pytest.mark.parametrize(("other", "enough"), [("lead_unit", 0.8), ("topic", 0.5)])
def test_no_other_label_that_texts_are_routed_by_loses_more_either(other: str, enough: float) -> None:
    sparse, fused = unsure_below(0.5)
    others, others_fused = unsure_below(0.8)
    both = [
        Answers(
            {**a.confidence, other: b.confidence["function"]}, {**a.correct, other: b.correct["function"]}
        )
        for a, b in ((sparse, others), (fused, others_fused))
    ]
    cascade = fit_cascade(both[0], both[1], "function", 0.002)
    assert cascade is not None
    assert cascade.enough == pytest.approx(enough, abs=0.01)


def test_topics_decide_where_there_is_nothing_else() -> None:
    sparse, fused = (
        Answers({"topic": a.confidence["function"]}, {"topic": a.correct["function"]})
        for a in unsure_below(0.7)
    )
    cascade = fit_cascade(sparse, fused, "topic", 0.002)
    assert cascade is not None
    assert cascade.enough == pytest.approx(0.7, abs=0.01)


def test_texts_whose_answer_is_not_known_count_for_nothing() -> None:
    sparse, fused = unsure_below(0.6)
    for side in (sparse, fused):
        side.confidence["function"][-40:] = np.nan
    sparse.correct["function"][-40:] = False
    cascade = fit_cascade(sparse, fused, "function", 0.0)
    assert cascade is not None
    assert 0.59 < cascade.enough < 0.61
    assert cascade.share < 0.45
