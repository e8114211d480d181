"""Telling somebody how far a long piece of work has come, without knowing who listens."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called with a step's name, how much of it is done and how much there is (0: unknown)."""

    def __call__(self, step: str, done: int = 0, total: int = 0) -> None:
        """Note that ``done`` of ``total`` of ``step`` is done."""
        ...


def silent(step: str, done: int = 0, total: int = 0) -> None:
    """Tell nobody."""
