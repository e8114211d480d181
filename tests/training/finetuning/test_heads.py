"""Heads in training: scaled vectors, margins raised by frequency, and the way back to the untuned vector."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fenban.training.finetuning.heads import LOSS_WEIGHTS, TunedHeads
from fenban.training.finetuning.recipe import Recipe
from fenban.training.fitting.classifiers import Target

if TYPE_CHECKING:
    from collections.abc import Sequence

torch = pytest.importorskip("torch")

N, DIMENSION = 40, 6
ROWS = np.arange(N)
RNG = np.random.default_rng(2)
POOLED = (RNG.normal(size=(N, DIMENSION)) * [0.01, 0.1, 1, 1, 5, 0.2] + [9, -3, 0, 1, 0, 0]).astype(
    np.float32
)
LABELS = tuple("甲" if i % 8 else "乙" for i in range(N))  # seven of eight are 甲
TARGET = Target("function", ROWS, LABELS)


def heads_of(
    targets: Sequence[Target] = (TARGET,), reference: np.ndarray | None = None, **changes: Any
) -> TunedHeads:
    torch.manual_seed(4)
    recipe = Recipe(**{"dropout": 0.0, **changes})
    return TunedHeads(targets, N, recipe, DIMENSION, "cpu", reference)


def descend(heads: TunedHeads, steps: int = 200) -> float:
    optimiser = torch.optim.Adam(heads.parameters(), lr=0.05)
    heads.begin(ROWS)
    pooled = torch.from_numpy(POOLED)
    for _ in range(steps):
        loss = heads.loss(pooled, ROWS)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return float(loss.detach())


def test_labels_that_nobody_asked_for_are_not_learnt() -> None:
    others = Target("danger", ROWS, LABELS)
    several = Target("involved", ROWS, tuple((label,) for label in LABELS), several=True)
    one = Target("form", ROWS, ("投诉",) * N)
    heads = heads_of((TARGET, others, several, one))
    assert [target.name for target in heads.targets] == ["function"]
    assert "danger" not in LOSS_WEIGHTS


def test_the_arrays_read_vectors_as_they_are() -> None:
    """Centre and spread are folded in: what is served needs neither."""
    heads = heads_of()
    heads.settle(torch.from_numpy(POOLED), ROWS)
    with torch.no_grad():
        learnt = heads.margins(torch.from_numpy(POOLED))["function"]
    weights, intercept = heads.arrays()["function"]
    assert np.ptp(learnt) > 0.05
    np.testing.assert_allclose(POOLED @ weights + intercept, learnt, rtol=1e-3, atol=1e-4)


def test_what_hardly_varies_counts_as_much_as_what_varies_widely() -> None:
    heads = heads_of()
    heads.settle(torch.from_numpy(POOLED), ROWS)
    read = heads._read(torch.from_numpy(POOLED))
    np.testing.assert_allclose(read.mean(dim=0), 0, atol=2e-3)
    np.testing.assert_allclose(read.std(dim=0), 1, rtol=1e-3)


def test_a_single_vector_has_no_spread_and_divides_nothing() -> None:
    heads = heads_of()
    heads.settle(torch.from_numpy(POOLED[:1]), ROWS[:1])
    assert np.isfinite(heads.margins(torch.from_numpy(POOLED))["function"]).all()


def test_adjusted_margins_leave_the_rare_class_as_likely_as_its_texts_say() -> None:
    """Vectors that tell nothing: without adjustment the frequent class wins by its prior, with it nobody."""
    silent = np.zeros_like(POOLED)

    def lead(adjustment: float) -> float:
        heads = heads_of(adjustment=adjustment, smoothing=0.0)
        heads.begin(ROWS)
        optimiser = torch.optim.Adam(heads.parameters(), lr=0.05)
        for _ in range(400):
            loss = heads.loss(torch.from_numpy(silent), ROWS)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        first, second = heads.arrays()["function"][1]
        return float(abs(first - second))

    prior = np.log(35.5 / 5.5)
    assert lead(0.0) == pytest.approx(np.log(7), abs=0.05)
    assert lead(0.5) == pytest.approx(np.log(7) - 0.5 * prior, abs=0.05)
    assert lead(1.0) == pytest.approx(0, abs=0.1)


def test_the_way_back_begins_where_least_squares_puts_it() -> None:
    turn = RNG.normal(size=(DIMENSION, DIMENSION)).astype(np.float32)
    reference = ((POOLED - POOLED.mean(axis=0)) / POOLED.std(axis=0)) @ turn
    heads = heads_of((), reference.astype(np.float32))
    heads.settle(torch.from_numpy(POOLED), ROWS)
    heads.begin(ROWS)
    assert float(heads.loss(torch.from_numpy(POOLED), ROWS).detach()) < 0.1
    strangers = torch.from_numpy(RNG.permutation(POOLED))
    assert float(heads.loss(strangers, ROWS).detach()) > 0.5


def test_the_way_back_pulls_on_the_encoder() -> None:
    reference = RNG.normal(size=(N, 3)).astype(np.float32)
    with_it, without = heads_of(reference=reference), heads_of(reference=reference, recall=0.0)
    assert set(with_it.modules) == {"heads", "back"}
    assert set(without.modules) == {"heads"}
    pulls = []
    for heads in (with_it, without):
        pooled = torch.from_numpy(POOLED).requires_grad_()
        heads.settle(pooled.detach(), ROWS)
        heads.begin(ROWS)
        heads.loss(pooled, ROWS).backward()
        pulls.append(pooled.grad.numpy())
    assert np.abs(pulls[0] - pulls[1]).max() > 1e-4


def test_texts_without_a_label_teach_nothing() -> None:
    some = Target("function", ROWS[:8], LABELS[:8])
    heads = heads_of((some,))
    heads.begin(ROWS)
    assert float(heads.loss(torch.from_numpy(POOLED[20:24]), ROWS[20:24])) == 0.0
    assert descend(heads, 60) < 0.6
