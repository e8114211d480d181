"""The learning rate, step by step the one that models of 0.1 were tuned with."""

from __future__ import annotations

import math
from typing import Any

import pytest

from fenban.training.finetuning.schedule import build_warmup_schedule

torch = pytest.importorskip("torch")


def optimiser_of(*rates: float) -> Any:
    groups = [{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": rate} for rate in rates]
    return torch.optim.AdamW(groups)


def rates_of(steps: int, warmup: float, done: int = 0) -> list[list[float]]:
    """Return the rates of both groups at every step from ``done`` on."""
    optimiser = optimiser_of(1e-4, 5e-4)
    schedule = build_warmup_schedule(optimiser, steps, warmup, done)
    found = []
    for _ in range(done, steps):
        found.append([group["lr"] for group in optimiser.param_groups])
        optimiser.step()
        schedule.step()
    return found


def factor_of_0_1(step: int, steps: int, warmup: float) -> float:
    """The factor by which 0.1 multiplied the rate."""
    rising = max(1, math.ceil(steps * warmup))
    return (step + 1) / rising if step < rising else max(0.0, (steps - step) / (steps - rising + 1))


@pytest.mark.parametrize(
    ("steps", "warmup"), [(100, 0.1), (100, 0.0), (7, 0.06), (1, 0.06), (20, 1.0), (0, 0.5)]
)
def test_every_step_has_the_rate_it_had_in_0_1(steps: int, warmup: float) -> None:
    factors = [factor_of_0_1(step, steps, warmup) for step in range(steps)]
    assert rates_of(steps, warmup) == [[1e-4 * factor, 5e-4 * factor] for factor in factors]


@pytest.mark.parametrize("done", [1, 9, 10, 64, 99, 100])
def test_a_run_that_goes_on_has_the_rates_of_a_whole_one(done: int) -> None:
    assert rates_of(100, 0.1, done) == rates_of(100, 0.1)[done:]


def test_the_rate_rises_and_falls() -> None:
    rates = [rate for rate, _ in rates_of(100, 0.1)]
    assert rates[9] == max(rates) == 1e-4
    assert rates[:10] == sorted(rates[:10])
    assert rates[9:] == sorted(rates[9:], reverse=True)
    assert 0 < rates[99] < rates[0]
