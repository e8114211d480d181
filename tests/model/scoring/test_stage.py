"""Margins of several parts become one row of probabilities."""

from __future__ import annotations

import numpy as np
import pytest

from fenban.model.scoring.calibration import TopCalibration, softmax
from fenban.model.scoring.scorer import topic_groups
from fenban.model.scoring.stage import Gate, Parts, Stage, Weights, combine_levels, compute_sureness

SPARSE = np.array([[2.0, 0.0, -1.0], [0.5, 0.0, 0.0]], dtype=np.float32)
DENSE = np.array([[-1.0, 1.0, 0.0], [0.0, 3.0, 0.0]], dtype=np.float32)
VOTES = np.array([[-4.0, -4.0, 0.0], [0.0, -4.0, -4.0]], dtype=np.float32)
ALL = Parts({"function": SPARSE}, {"function": DENSE}, {"function": VOTES})


def test_margins_are_added_up_by_their_weights() -> None:
    mixed = Weights.fixed(0.5, 2.0, 0.25).mix(ALL, "function")
    assert mixed.dtype == np.float32
    np.testing.assert_allclose(mixed, [[-2.0, 1.0, -0.5], [0.25, 5.0, -1.0]], atol=1e-6)


def test_a_part_that_is_missing_adds_nothing() -> None:
    weights = Weights.fixed(0.5, 2.0, 0.25)
    for parts in (
        Parts({"function": SPARSE}),
        Parts({"function": SPARSE}, {"topic": DENSE}, {"topic": VOTES}),
    ):
        np.testing.assert_array_equal(weights.mix(parts, "function"), SPARSE * np.float32(0.5))


def test_a_part_without_a_weight_has_no_say() -> None:
    strange = np.full_like(DENSE, np.inf)  # zero times infinity would be no number
    parts = Parts({"function": SPARSE}, {"function": strange}, {"function": strange})
    np.testing.assert_array_equal(Weights.fixed(2.0).mix(parts, "function"), SPARSE * 2)


def test_mixing_leaves_the_parts_as_they_were() -> None:
    before = SPARSE.copy(), DENSE.copy(), VOTES.copy()
    Weights.fixed(3.0, 2.0, 1.0).mix(ALL, "function")
    for array, kept in zip((SPARSE, DENSE, VOTES), before, strict=True):
        np.testing.assert_array_equal(array, kept)


def test_the_parts_of_a_head_come_in_order_and_only_where_they_know_it() -> None:
    assert [id(part) for part in ALL.of("function")] == [id(SPARSE), id(DENSE), id(VOTES)]
    some = Parts({"lane": SPARSE, "function": SPARSE}, {}, {"function": VOTES})
    assert [id(part) for part in some.of("function")] == [id(SPARSE), id(VOTES)]
    assert [id(part) for part in some.of("lane")] == [id(SPARSE)]
    assert some.of("topic") == []


def test_a_gate_weighs_between_unsure_and_certain_by_how_sure_the_part_is() -> None:
    margins = np.array([[30.0, 0.0], [0.0, 0.0]], dtype=np.float32)
    np.testing.assert_allclose(compute_sureness(margins, 1.0), [[1.0], [0.5]])
    np.testing.assert_allclose(compute_sureness(margins / 30, 30.0), [[1.0], [0.5]])
    np.testing.assert_allclose(Gate(4.0, 2.0).weigh(margins), [[60.0, 0.0], [0.0, 0.0]])
    even = np.array([[1.0, 1.0]], dtype=np.float32)
    np.testing.assert_allclose(Gate(4.0, 2.0).weigh(even), [[3.0, 3.0]])


def test_probabilities_are_the_softmax_of_the_mixture() -> None:
    weights = Weights.fixed(0.5, 2.0, 0.25)
    found = Stage({"function": weights}, {}, {}).probabilities(ALL, None)
    np.testing.assert_allclose(found["function"], softmax(weights.mix(ALL, "function"), 1.0))
    assert found["function"][0].argmax() == 1, "the dense part outvotes the sparse one"
    assert (
        Stage({"function": Weights.fixed(1.0)}, {}, {}).probabilities(ALL, None)["function"][0].argmax() == 0
    )


def test_a_single_weight_is_one_over_a_temperature() -> None:
    found = Stage({"function": Weights.fixed(1 / 3)}, {}, {}).probabilities(ALL, None)["function"]
    np.testing.assert_allclose(found, softmax(SPARSE, 3.0), rtol=1e-5)


def test_heads_that_exclude_nothing_are_left_out() -> None:
    stage = Stage({name: Weights.fixed(1.0) for name in ("function", "unit", "involved")}, {}, {})
    parts = Parts(dict.fromkeys(("function", "unit", "involved"), SPARSE))
    assert set(stage.probabilities(parts, None)) == {"function"}


def test_only_the_best_answer_of_a_calibrated_label_is_corrected() -> None:
    weights = {"function": Weights.fixed(1.0), "lane": Weights.fixed(1.0)}
    top = TopCalibration(0.5, 1.0, -0.5)
    parts = Parts({"function": SPARSE, "lane": SPARSE})
    plain = Stage(weights, {}, {}).probabilities(parts, None)
    found = Stage(weights, {"function": top}, {}).probabilities(parts, None)
    np.testing.assert_array_equal(found["lane"], plain["lane"])
    np.testing.assert_allclose(found["function"], top.apply(plain["function"]))
    assert found["function"][0, 0] < plain["function"][0, 0] - 0.05


PATHS = ("交通/停车", "交通/秩序", "市政/路灯", "市政/绿化", "市政/道路")
FIRSTS = ("交通", "市政")
GROUPS = np.array([0, 0, 1, 1, 1])


def two_levels(seed: int = 1, texts: int = 50) -> Parts:
    rng = np.random.default_rng(seed)
    return Parts(
        {
            "topic_first": rng.normal(0, 2, (texts, 2)).astype(np.float32),
            "topic": rng.normal(0, 2, (texts, 5)).astype(np.float32),
        }
    )


def test_the_groups_say_which_first_level_a_path_has() -> None:
    np.testing.assert_array_equal(topic_groups(PATHS, FIRSTS), GROUPS)
    assert topic_groups(PATHS, ()) is None
    assert topic_groups((), FIRSTS) is None


def test_paths_of_a_first_level_share_what_it_has() -> None:
    parts = two_levels()
    found = Stage({name: Weights.fixed(1.0) for name in parts.sparse}, {}, {}).probabilities(parts, GROUPS)
    for group in (0, 1):
        shares = found["topic"][:, group == GROUPS].sum(axis=1)
        np.testing.assert_allclose(shares, found["topic_first"][:, group], atol=1e-5)
    alone = softmax(parts.sparse["topic"], 1.0)
    within = found["topic"][:, 3] / found["topic"][:, 2]
    np.testing.assert_allclose(within, alone[:, 3] / alone[:, 2], rtol=1e-3)


def test_the_first_level_can_turn_the_answer() -> None:
    first = np.array([[0.9, 0.1]], dtype=np.float32)
    second = np.array([[0.2, 0.1, 0.5, 0.1, 0.1]], dtype=np.float32)
    wanted = [0.9 * 2 / 3, 0.9 / 3, 0.1 * 5 / 7, 0.1 / 7, 0.1 / 7]
    np.testing.assert_allclose(combine_levels(first, second, GROUPS)[0], wanted, rtol=1e-5)


def test_a_first_level_whose_paths_have_nothing_stays_finite() -> None:
    first = np.array([[1.0, 0.0]], dtype=np.float32)
    second = np.array([[0.0, 0.0, 0.4, 0.3, 0.3]], dtype=np.float32)
    found = combine_levels(first, second, GROUPS)
    assert np.isfinite(found).all()
    assert found.sum() == pytest.approx(0)


def test_the_top_of_topics_is_corrected_after_the_levels_are_combined() -> None:
    parts = two_levels(2)
    weights = {name: Weights.fixed(1.0) for name in parts.sparse}
    top = TopCalibration(1.3, 0.8, 0.2)
    combined = Stage(weights, {}, {}).probabilities(parts, GROUPS)["topic"]
    found = Stage(weights, {"topic": top}, {}).probabilities(parts, GROUPS)["topic"]
    np.testing.assert_allclose(found, top.apply(combined), rtol=1e-6)


@pytest.mark.parametrize("missing", ["groups", "topic_first"])
def test_one_level_is_taken_as_it_is(missing: str) -> None:
    parts = two_levels(3)
    weights = {name: Weights.fixed(1.0) for name in parts.sparse if name != missing}
    found = Stage(weights, {}, {}).probabilities(parts, None if missing == "groups" else GROUPS)
    np.testing.assert_allclose(found["topic"], softmax(parts.sparse["topic"], 1.0))
