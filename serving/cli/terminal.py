"""Progress on stderr where something takes longer: bars at a terminal, now and then a line elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING, Protocol, Self

from .exits import say
from .harmless import steerable

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

STEPS = {
    "read": "reading the cases",
    "pretraining": "letting the encoder read texts without labels",
    "fine-tuning": "training the encoder",
    "observe": "training and testing on unseen parts",
    "fit": "training on everything",
    "challenger": "training the challenger",
    "compare": "comparing champion and challenger",
    "final": "training on all cases",
    "route": "routing",
    "evaluate": "evaluating",
}
PATIENCE = 2.0  # seconds before a bar appears
LINE_EVERY = 5.0  # seconds between lines where stderr is a file or a pipe
STILL_EVERY = 60.0  # seconds after which a line says that nothing new has happened


class _Display(Protocol):
    def show(self, step: str, done: int, total: int) -> None: ...

    def stop(self) -> None: ...


class TerminalProgress:
    """A progress callback for people; use it in ``with``. Silent where there is no stderr."""

    def __init__(self) -> None:
        self._display: _Display | None = None
        self._started = time.monotonic()

    def __enter__(self) -> Self:
        self._started = time.monotonic()
        if sys.stderr is not None and not sys.stderr.isatty():
            self._display = _Lines()
        return self

    def __exit__(self, *_: object) -> None:
        if self._display is not None:
            self._display.stop()

    def __call__(self, step: str, done: int = 0, total: int = 0) -> None:
        """Note that ``done`` of ``total`` of a step is done (total 0: unknown)."""
        if self._display is None:
            if sys.stderr is None or time.monotonic() - self._started < PATIENCE:
                return
            self._display = _Bars()
        self._display.show(step, done, total)


class _Bars:
    """A bar for each step, gone in the end."""

    def __init__(self) -> None:
        self._bars = _make_bars()
        self._tasks: dict[str, TaskID] = {}
        self._bars.start()

    def show(self, step: str, done: int, total: int) -> None:
        if step not in self._tasks:
            self._tasks[step] = self._bars.add_task(STEPS.get(step, step), total=total or None)
        self._bars.update(self._tasks[step], completed=done, total=total or None)

    def stop(self) -> None:
        self._bars.stop()


class _Lines:
    """A line every few seconds, written by a thread: some steps tell nothing for minutes."""

    def __init__(self) -> None:
        self._latest = ""
        self._ended = threading.Event()
        self._writer = threading.Thread(target=self._write, name="progress", daemon=True)
        self._writer.start()

    def show(self, step: str, done: int, total: int) -> None:
        how_far = f": {done:,}" if done else ""
        how_far = f": {done:,} of {total:,}" if total else how_far
        self._latest = STEPS.get(step, step) + how_far

    def stop(self) -> None:
        self._ended.set()
        self._writer.join()

    def _write(self) -> None:
        started = said_at = time.monotonic()
        said = ""
        while not self._ended.wait(LINE_EVERY):
            now, latest = time.monotonic(), self._latest
            if latest and (latest != said or now - said_at >= STILL_EVERY):
                said, said_at = latest, now
                try:
                    say(f"{latest} ({now - started:.0f} s)")
                except (OSError, ValueError):
                    return  # nobody reads any longer


def _make_bars() -> Progress:
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
