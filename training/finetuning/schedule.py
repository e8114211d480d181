"""The learning rate by step: up for a share of the steps, then down in a line to nothing."""

from __future__ import annotations

import math
from typing import Any

from ..encoder.quiet import quiet_transformers


def build_warmup_schedule(optimiser: Any, steps: int, warmup: float, done: int = 0) -> Any:
    """Return the schedule by transformers, of an optimiser whose rates are the highest to be reached.

    Args:
        optimiser: its parameter groups hold the rates.
        steps: how many there are in all.
        warmup: the share of them in which the rate rises.
        done: how many were done before an interruption.

    transformers begins at a rate of zero, which would waste the first step, and ends at zero one step
    after the last: its step one is ours zero.
    """
    for group in optimiser.param_groups:
        group["initial_lr"] = group["lr"]  # what a schedule that does not begin at the beginning asks for
    rising = max(1, math.ceil(steps * warmup))
    with quiet_transformers() as transformers:
        return transformers.get_linear_schedule_with_warmup(optimiser, rising, steps + 1, last_epoch=done)
