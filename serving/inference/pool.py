"""Routing long tables on all cores: one model a process, batches in order, memory flat."""

from __future__ import annotations

import itertools
import os
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fenban.training import load_router

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Future
    from multiprocessing.context import BaseContext
    from pathlib import Path

    from fenban.model import Router, Submission, Suggestion

WORTH_A_POOL = 12  # batches from which starting processes pays
_AHEAD = 3  # batches in flight a process


@dataclass(frozen=True, slots=True)
class Asked:
    """What every batch of one run is asked for."""

    top: int = 3
    target_precision: float | None = None
    cascade: bool = True  # ask the encoder only where the sparse part is unsure


class _Worker:
    """The router of a worker process, loaded once when the process starts."""

    router: Router | None = None


def _load(folder: str) -> None:
    _Worker.router = load_router(folder, encoder_threads=1)  # every core has a process already


def _suggest(batch: list[Submission], asked: Asked) -> list[Suggestion]:
    assert _Worker.router is not None
    return _suggest_with(_Worker.router, batch, asked)


def _suggest_with(router: Router, batch: list[Submission], asked: Asked) -> list[Suggestion]:
    return router.suggest(
        batch, top=asked.top, target_precision=asked.target_precision, thorough=not asked.cascade
    )


def suggest_batches(
    router: Router,
    batches: Iterable[list[Submission]],
    asked: Asked,
    folder: Path | None = None,
    processes: int | None = None,
) -> Iterator[list[Suggestion]]:
    """Yield the suggestions of each batch, in order.

    A short run is worked on by ``router`` in this process; a longer one by ``processes`` (default:
    one a core) that load the model from ``folder`` themselves, where that is given. No more than a
    few batches are read ahead of what has been taken.
    """
    processes = processes or os.cpu_count() or 1
    iterator = iter(batches)
    first = list(itertools.islice(iterator, WORTH_A_POOL)) if folder and processes > 1 else []
    if folder is None or len(first) < WORTH_A_POOL:
        for batch in itertools.chain(first, iterator):
            yield _suggest_with(router, batch, asked)
        return
    from concurrent.futures import ProcessPoolExecutor  # 15 ms that one text from cold need not wait for

    with ProcessPoolExecutor(processes, _context(), _load, (str(folder),)) as pool:
        waiting: deque[Future[list[Suggestion]]] = deque()
        for batch in itertools.chain(first, iterator):
            waiting.append(pool.submit(_suggest, batch, asked))
            if len(waiting) >= processes * _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _context() -> BaseContext:
    """Prefer a server that has imported the model's code once and forks from a clean state."""
    import multiprocessing

    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["fenban.model.router", "fenban.training.registry.trials"])
    return context
