"""What is learnt over vectors that do not change: known classes, unknown ones, and very few texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fenban.model.scoring.dense import unit_vectors
from fenban.training.fitting.classifiers import Target
from fenban.training.fitting.dense import FrozenPart, votes_of
from fenban.training.fitting.splits import Split

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

OFFICES = ("交通运输局", "住房和城乡建设局", "教育局")
DIMENSION = 12


@dataclass(frozen=True)
class Settings:
    name: str = "tiny"


@dataclass(frozen=True)
class NamedEncoder:
    """The vectors are given; of the encoder only what it is called is asked."""

    settings: Settings = Settings()
    fingerprint: str = "f" * 64


def vectors_of(labels: Sequence[str], spread: float = 0.6, seed: int = 3) -> NDArray[np.float32]:
    """Return vectors around a centre per label, all far from the origin as those of encoders are."""
    rng = np.random.default_rng(seed)
    centres = {name: rng.normal(size=DIMENSION) for name in sorted({*OFFICES, *labels})}
    rows = [8.0 + centres[label] + spread * rng.normal(size=DIMENSION) for label in labels]
    return np.array(rows, dtype=np.float32)


def part_of(vectors: NDArray[np.float32]) -> FrozenPart:
    encoder: Any = NamedEncoder()
    return FrozenPart(encoder, vectors)


def target_of(labels: Sequence[str], name: str = "function") -> Target:
    return Target(name, np.arange(len(labels)), tuple(labels))


def split_at(n: int, start: int) -> Split:
    return Split(np.arange(n) < start, np.arange(n) >= start)


def test_unseen_texts_get_their_classes_and_rounds_are_stacked_in_order() -> None:
    labels = list(OFFICES) * 40
    target = target_of(labels)
    first, second = split_at(120, 90), split_at(120, 60)
    found = part_of(vectors_of(labels)).observe([target], [first, second])
    truth = np.array([target.classes.index(label) for label in labels])
    expected = np.concatenate([truth[90:], truth[60:]])
    assert found.heads["function"].shape == found.votes["function"].shape == (90, 3)
    assert (found.heads["function"].argmax(axis=1) == expected).mean() > 0.95
    assert (found.votes["function"].argmax(axis=1) == expected).mean() > 0.9


def test_a_class_that_the_training_part_lacks_is_far_below_every_other() -> None:
    labels = [*("交通运输局", "教育局") * 30, *["住房和城乡建设局"] * 10]
    target = target_of(labels)
    found = part_of(vectors_of(labels)).observe([target], [split_at(70, 50)])
    margins = found.heads["function"]
    missing = target.classes.index("住房和城乡建设局")
    assert set(margins[:, missing]) == {-12.0}
    assert (np.delete(margins, missing, axis=1).max(axis=1) > -12.0).all()


def test_a_training_part_of_one_class_says_nothing() -> None:
    labels = [*["教育局"] * 20, *["交通运输局"] * 5]
    found = part_of(vectors_of(labels)).observe([target_of(labels)], [split_at(25, 20)])
    assert np.ptp(found.heads["function"]) == 0


def test_two_classes_get_a_column_each() -> None:
    labels = ["教育局", "交通运输局"] * 30
    vectors = vectors_of(labels)
    learnt = part_of(vectors).fit([target_of(labels)])
    margins = learnt.heads.scores(vectors)["function"]
    classes = learnt.heads.heads[0].classes
    assert margins.shape == (60, 2)
    assert [classes[i] for i in margins.argmax(axis=1)] == labels
    np.testing.assert_allclose(margins.sum(axis=1), 0, atol=1e-3)


@pytest.mark.parametrize("n_alone", [3, 9])
def test_classes_of_one_text_among_others(n_alone: int) -> None:
    labels = [*OFFICES * 10, *(f"第{i}所" for i in range(n_alone))]
    vectors = vectors_of(labels, spread=0.3)
    learnt = part_of(vectors).fit([target_of(labels)])
    margins = learnt.heads.scores(vectors)["function"]
    assert np.isfinite(margins).all()
    right = [learnt.heads.heads[0].classes[i] for i in margins.argmax(axis=1)] == np.array(labels)
    assert np.mean(right) > 0.9


def test_a_text_a_class_finds_itself() -> None:
    labels = ["丙所", "甲所", "丁所", "乙所"]
    vectors = vectors_of(labels)
    learnt = part_of(vectors).fit([target_of(labels)])
    margins = learnt.heads.scores(vectors)["function"]
    assert [learnt.heads.heads[0].classes[i] for i in margins.argmax(axis=1)] == labels


def test_what_cannot_be_told_apart_or_may_be_several_has_no_head() -> None:
    labels = list(OFFICES) * 10
    several = Target("involved", np.arange(30), tuple((label,) for label in labels), several=True)
    constant = target_of(["诉求"] * 30, "form")
    learnt = part_of(vectors_of(labels)).fit([constant, several, target_of(labels)])
    assert [(head.name, head.start) for head in learnt.heads.heads] == [("function", 0)]
    nothing = part_of(vectors_of(labels)).fit([constant, several])
    assert nothing.heads.heads == ()
    assert nothing.heads.weights.shape == (DIMENSION, 0)


def test_heads_lie_side_by_side_and_texts_without_a_label_are_left_out() -> None:
    labels = list(OFFICES) * 20
    vectors = vectors_of(labels)
    rows = np.arange(0, 60, 3)
    some = Target("topic", rows, tuple("公交" if i % 2 else "地铁" for i in range(20)))
    learnt = part_of(vectors).fit([target_of(labels), some])
    assert [head.start for head in learnt.heads.heads] == [0, 3]
    assert learnt.heads.weights.shape == (DIMENSION, 5)
    only = part_of(vectors).fit([some])
    np.testing.assert_allclose(
        learnt.heads.scores(vectors)["topic"], only.heads.scores(vectors)["topic"], rtol=1e-4, atol=1e-4
    )


def test_the_same_again_and_vectors_of_length_one() -> None:
    labels = list(OFFICES) * 20
    vectors = vectors_of(labels)
    first, again = (part_of(vectors).fit([target_of(labels)]) for _ in range(2))
    np.testing.assert_array_equal(first.heads.weights, again.heads.weights)
    np.testing.assert_array_equal(first.heads.intercept, again.heads.intercept)
    np.testing.assert_allclose(np.linalg.norm(first.vectors, axis=1), 1, rtol=1e-5)
    assert part_of(vectors).facts() == {"name": "tiny", "fingerprint": "f" * 64, "tuned": False}


def test_what_is_observed_does_not_know_the_unseen_texts() -> None:
    labels = list(OFFICES) * 20
    vectors, split = vectors_of(labels), split_at(60, 45)
    before = part_of(vectors).observe([target_of(labels)], [split]).heads["function"][0]
    vectors[50:] += 3.0
    labels[50:] = ["教育局"] * 10
    after = part_of(vectors).observe([target_of(labels)], [split]).heads["function"][0]
    np.testing.assert_array_equal(before, after)


def test_only_training_texts_with_a_label_vote() -> None:
    labels = list(OFFICES) * 10
    vectors = vectors_of(labels, spread=0.1)
    units = unit_vectors(vectors, vectors.mean(axis=0))
    rows = np.array([i for i in range(30) if i % 3 != 1])
    target = Target("function", rows, tuple(labels[i] for i in rows))
    lane = target_of(["甲", "乙"] * 15, "lane")
    several = Target("topic", np.arange(30), tuple((x,) for x in labels), several=True)
    votes = votes_of(units, split_at(30, 24), [target, lane, several])
    assert set(votes) == {"function"}
    of_class = {name: i for i, name in enumerate(target.classes)}
    for row, shares in zip(range(24, 30), votes["function"], strict=True):
        if row % 3 != 1:
            assert shares.argmax() == of_class[labels[row]]
            assert shares.max() > np.log(0.5)
