"""Progress for people at a terminal, on stderr, only where something takes over two seconds."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Self

from .harmless import steerable

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

STEPS = {
    "read": "reading the cases",
    "observe": "training and testing on unseen parts",
    "fit": "training on everything",
    "challenger": "training the challenger",
    "compare": "comparing champion and challenger",
    "final": "training on all cases",
    "route": "routing",
    "evaluate": "evaluating",
}
PATIENCE = 2.0  # seconds before a bar appears


class TerminalProgress:
    """A progress callback that draws bars; use it in ``with``. Silent where stderr is no terminal."""

    def __init__(self) -> None:
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._started = time.monotonic()
        self._wanted = sys.stderr is not None and sys.stderr.isatty()

    def __enter__(self) -> Self:
        self._started = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bars is not None:
            self._bars.stop()

    def __call__(self, step: str, done: int = 0, total: int = 0) -> None:
        """Note that ``done`` of ``total`` of a step is done (total 0: unknown)."""
        if not self._wanted or time.monotonic() - self._started < PATIENCE:
            return
        if self._bars is None:
            self._bars = _bars()
            self._bars.start()
        if step not in self._tasks:
            self._tasks[step] = self._bars.add_task(STEPS.get(step, step), total=total or None)
        self._bars.update(self._tasks[step], completed=done, total=total or None)


def _bars() -> Progress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(file=steerable(sys.stderr)),
        transient=True,
    )
