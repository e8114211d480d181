"""The settings of a fine-tuning."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to fine-tune.

    ``layers`` are kept, from below (None: all of them), and of those the share ``frozen``, from below,
    stays as it is. ``adjustment`` is the part of a class's log-frequency that its margin is raised by
    while it is learnt, ``recall`` what giving back the untuned vector counts for.
    """

    epochs: int = 5
    rate: float = 1.5e-4
    head_factor: float = 5.0
    warmup: float = 0.06
    batch: int = 32
    smoothing: float = 0.05
    dropout: float = 0.1
    weight_decay: float = 0.01
    frozen: float = 0.5
    layers: int | None = None
    adjustment: float = 0.5
    recall: float = 1.0
