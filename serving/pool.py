"""Routing long tables on all cores: one model a process, batches in order, memory flat."""

from __future__ import annotations

import itertools
import multiprocessing
import os
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fenban.model.router import Router

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Future
    from pathlib import Path

    from fenban.model.case import Submission, Suggestion

WORTH_A_POOL = 8  # batches from which starting processes pays
_AHEAD = 3  # batches in flight a process


@dataclass(frozen=True, slots=True)
class Asked:
    """What every batch of one run is asked for."""

    top: int = 3
    target_precision: float | None = None


class _Worker:
    """The router of a worker process, loaded once when the process starts."""

    router: Router | None = None


def _load(folder: str) -> None:
    _Worker.router = Router.load(folder)


def _suggest(batch: list[Submission], asked: Asked) -> list[Suggestion]:
    assert _Worker.router is not None
    return _Worker.router.suggest(batch, top=asked.top, target_precision=asked.target_precision)


def suggest_batches(
    folder: Path,
    batches: Iterable[list[Submission]],
    asked: Asked,
    processes: int | None = None,
) -> Iterator[list[Suggestion]]:
    """Yield the suggestions of each batch, in order.

    A short run is worked on in this process; a longer one by ``processes`` (default: one a core).
    No more than a few batches are read ahead of what has been taken.
    """
    processes = processes or os.cpu_count() or 1
    iterator = iter(batches)
    first = list(itertools.islice(iterator, WORTH_A_POOL))
    if len(first) < WORTH_A_POOL or processes < 2:
        router = Router.load(folder)
        for batch in itertools.chain(first, iterator):
            yield router.suggest(batch, top=asked.top, target_precision=asked.target_precision)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, _load, (str(folder),)) as pool:
        waiting: deque[Future[list[Suggestion]]] = deque()
        for batch in itertools.chain(first, iterator):
            waiting.append(pool.submit(_suggest, batch, asked))
            if len(waiting) >= processes * _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
