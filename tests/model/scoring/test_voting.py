"""Votes of remembered cases, as margins."""

from __future__ import annotations

import numpy as np
import pytest

from fenban.model.memory.neighbours import ResolvedCase
from fenban.model.scoring.voting import SHARPNESS, Voters, log_shares

CASES = (
    ResolvedCase("灯", "甲区市政局", "市政局", "市政/路灯"),
    ResolvedCase("灯灯", "乙区市政局", "市政局", "市政/路灯/夜间"),
    ResolvedCase("车", "甲区交警队", "交警队", "交通/停车"),
    ResolvedCase("钱", None, None, None),
    ResolvedCase("旧", "撤销局", "撤销职能", "撤销/类"),
)
CLASSES = {
    "function": ("交警队", "市政局", "水利局"),
    "unit": ("乙区市政局", "甲区交警队", "甲区市政局"),
    "topic": ("交通/停车", "市政/路灯"),
    "topic_first": ("交通", "市政"),
    "lane": ("常规交办", "紧急"),
}
NOTHING = np.log(0.01)


def votes(numbers: list[int], similarities: list[float]) -> dict[str, np.ndarray]:
    voters = Voters(CASES, CLASSES)
    return dict(voters.margins(np.array([numbers]), np.array([similarities], dtype=np.float32)))


def test_a_vote_weighs_its_similarity_sharply() -> None:
    near, far = 0.9**SHARPNESS, 0.6**SHARPNESS
    found = votes([0, 2], [0.9, 0.6])["function"][0]
    wanted = np.log(np.array([far / (near + far), near / (near + far), 0]) + 0.01)
    np.testing.assert_allclose(found, wanted, rtol=1e-4)


def test_each_head_counts_its_own_label() -> None:
    found = {head: rows[0] for head, rows in votes([0, 1, 2], [0.8, 0.8, 0.8]).items()}
    assert set(found) == {"function", "unit", "topic", "topic_first"}, "lanes are not voted on"
    third, both = np.log(1 / 3 + 0.01), np.log(2 / 3 + 0.01)
    np.testing.assert_allclose(found["function"], [third, both, NOTHING], rtol=1e-4)
    np.testing.assert_allclose(found["unit"], [third, third, third], rtol=1e-4)
    np.testing.assert_allclose(found["topic"], [third, both], rtol=1e-4)
    np.testing.assert_allclose(found["topic_first"], [third, both], rtol=1e-4)


def test_a_topic_deeper_than_two_levels_votes_for_its_path_of_two() -> None:
    found = votes([1], [0.5])
    assert found["topic"][0].argmax() == CLASSES["topic"].index("市政/路灯")
    assert found["topic_first"][0].argmax() == CLASSES["topic_first"].index("市政")


@pytest.mark.parametrize("silent", [3, 4])
def test_a_case_without_a_known_label_has_no_vote(silent: int) -> None:
    alone = votes([0], [0.7])
    for head, rows in votes([0, silent], [0.7, 0.99]).items():
        np.testing.assert_array_equal(rows, alone[head])
    for rows in votes([silent], [0.99]).values():
        np.testing.assert_allclose(rows, NOTHING, rtol=1e-5)


def test_nobody_near_prefers_nobody() -> None:
    for rows in votes([0, 2], [0.0, 0.0]).values():
        np.testing.assert_allclose(rows, NOTHING, rtol=1e-5)


def test_never_is_not_said() -> None:
    found = log_shares(np.zeros((1, 20), np.int64), np.ones((1, 20), np.float32), np.array([1]), 3)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [[NOTHING, np.log(1.01), NOTHING]], rtol=1e-4, atol=1e-6)


def test_heads_without_classes_do_not_vote() -> None:
    voters = Voters(CASES, {"function": CLASSES["function"], "unit": ()})
    assert set(voters.margins(np.array([[0]]), np.array([[0.5]], np.float32))) == {"function"}


def test_texts_are_answered_row_by_row() -> None:
    voters = Voters(CASES, CLASSES)
    numbers, similarities = np.array([[0, 2], [2, 0]]), np.array([[0.9, 0.1], [0.9, 0.1]], np.float32)
    together = voters.margins(numbers, similarities)["function"]
    for i in (0, 1):
        alone = voters.margins(numbers[i : i + 1], similarities[i : i + 1])["function"]
        np.testing.assert_array_equal(together[i], alone[0])
    assert together.argmax(axis=1).tolist() == [1, 0]
    empty = voters.margins(np.zeros((0, 2), np.int64), np.zeros((0, 2), np.float32))
    assert empty["function"].shape == (0, 3)


def test_a_model_that_remembers_nothing_has_no_opinion() -> None:
    found = Voters((), CLASSES).margins(np.zeros((2, 0), np.int64), np.zeros((2, 0), np.float32))
    np.testing.assert_allclose(found["function"], np.full((2, 3), NOTHING), rtol=1e-5)
