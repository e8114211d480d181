"""Texts of requests in flight, read by the model together.

The queue takes turns: one text of every waiting request, so that a long list does not hold up a
single text. A batch is whatever waits when the model becomes free - nothing waits for company - up to a
number of texts and of characters. This module knows no HTTP.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from fenban.model import FenbanError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from fenban.model import Submission

T = TypeVar("T")

_BATCH_CHARACTERS = 20_000  # about 60 ms of work for the sparse model
_LONGEST_WAIT = 60  # seconds that a caller may be told to stay away
_SMOOTHING = 0.1


class OverloadedError(FenbanError):
    """Too many texts wait already; try again after ``retry_after`` seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("too many texts are waiting")
        self.retry_after = retry_after


class NotReadyError(FenbanError):
    """The service is starting or stopping."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a caller may choose; texts with equal options are read together."""

    top: int = 3
    target_precision: float | None = None
    explain: bool = False


@dataclass(frozen=True, slots=True)
class Answers(Generic[T]):
    """The answers to one request, in order, and the seconds it waited and was worked on."""

    items: list[T]
    waiting: float
    inference: float


@dataclass(frozen=True, slots=True)
class Counters:
    """What happened since the start, and how many texts wait now."""

    requests: int = 0
    texts: int = 0
    batches: int = 0
    rejected: int = 0
    failed: int = 0
    waiting: int = 0


class _Request(Generic[T]):
    """Texts that are answered together or fail together."""

    def __init__(self, submissions: Sequence[Submission], options: Options) -> None:
        self.submissions = submissions
        self.options = options
        self.results: dict[int, T] = {}
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.queued = time.perf_counter()
        self.started = self.queued
        self.taken = 0

    @property
    def left(self) -> int:
        return len(self.submissions) - self.taken

    def take(self) -> _Item[T]:
        if self.taken == 0:
            self.started = time.perf_counter()
        self.taken += 1
        return _Item(self, self.taken - 1)

    def settle(self, index: int, result: T | Exception) -> None:
        if self.done.done():
            return
        if isinstance(result, Exception):
            self.done.set_exception(result)
            return
        self.results[index] = result
        if len(self.results) == len(self.submissions):
            self.done.set_result(None)


@dataclass(frozen=True, slots=True)
class _Item(Generic[T]):
    request: _Request[T]
    index: int

    @property
    def submission(self) -> Submission:
        return self.request.submissions[self.index]


class MicroBatcher(Generic[T]):
    """Batches texts of concurrent requests for ``suggest``, which runs in one thread of its own.

    Use it as an asynchronous context manager; outside of it every request is ``NotReadyError``.

    Args:
        suggest: called with texts and options, returns one answer a text; the router, usually.
        max_batch: how many texts at most go into one call.
        max_waiting: from how many waiting texts on a request is turned away. A request that is
            let in is let in whole, so at most one request more than this can wait.
    """

    def __init__(
        self,
        suggest: Callable[[list[Submission], Options], list[T]],
        *,
        max_batch: int = 64,
        max_waiting: int = 256,
    ) -> None:
        self._suggest = suggest
        self._max_batch = max_batch
        self._max_waiting = max_waiting
        self._queue: deque[_Request[T]] = deque()
        self._open: set[_Request[T]] = set()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._executor: ThreadPoolExecutor | None = None
        self._seconds_a_text = 0.005
        self._requests = self._texts = self._batches = self._rejected = self._failed = self._waiting = 0

    async def __aenter__(self) -> MicroBatcher[T]:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="fenban-model")
        self._task = asyncio.create_task(self._serve(self._executor), name="fenban-batching")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        task, executor, self._task, self._executor = self._task, self._executor, None, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        for request in tuple(self._open):
            request.settle(0, NotReadyError("the service is stopping"))
        if executor is not None:
            await asyncio.to_thread(executor.shutdown, cancel_futures=True)

    @property
    def ready(self) -> bool:
        """Whether requests are answered."""
        return self._task is not None and not self._task.done()

    @property
    def counters(self) -> Counters:
        """A frozen copy of the counters."""
        return Counters(
            self._requests, self._texts, self._batches, self._rejected, self._failed, self._waiting
        )

    async def suggest(self, submissions: Sequence[Submission], options: Options) -> Answers[T]:
        """Wait for the answers to ``submissions``; cancelling it drops what has not begun.

        Raises:
            OverloadedError: too many texts wait already; nothing was queued.
            NotReadyError: the batcher is not running, or stopped meanwhile.
            Exception: whatever the model raised on one of these texts, read on its own.
        """
        if not self.ready:
            raise NotReadyError("the service is not running")
        if self._waiting >= self._max_waiting:
            self._rejected += 1
            seconds = math.ceil(self._waiting * self._seconds_a_text)
            raise OverloadedError(min(max(seconds, 1), _LONGEST_WAIT))
        self._requests += 1
        self._texts += len(submissions)
        request: _Request[T] = _Request(submissions, options)
        if submissions:
            await self._wait_for_answers(request)
        results = [request.results[index] for index in range(len(submissions))]
        return Answers(results, request.started - request.queued, time.perf_counter() - request.started)

    async def _wait_for_answers(self, request: _Request[T]) -> None:
        self._queue.append(request)
        self._open.add(request)
        self._waiting += request.left
        self._wake.set()
        try:
            await request.done
        except Exception:
            self._failed += 1
            raise
        finally:
            self._waiting -= request.left
            request.taken = len(request.submissions)
            self._open.discard(request)

    async def _serve(self, executor: ThreadPoolExecutor) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            self._wake.clear()
            while batch := self._take():
                self._batches += 1
                began = time.perf_counter()
                results: Sequence[T | Exception]
                try:
                    results = await loop.run_in_executor(executor, self._answer, batch)
                except Exception as error:  # no thread to be had: these fail, the next may not
                    results = [error] * len(batch)
                spent = (time.perf_counter() - began) / len(batch)
                self._seconds_a_text += _SMOOTHING * (spent - self._seconds_a_text)
                for item, result in zip(batch, results, strict=True):
                    item.request.settle(item.index, result)

    def _take(self) -> list[_Item[T]]:
        batch: list[_Item[T]] = []
        characters = 0
        while self._queue and len(batch) < self._max_batch and characters < _BATCH_CHARACTERS:
            request = self._queue.popleft()
            if not request.left or request.done.done():
                continue
            item = request.take()
            self._waiting -= 1
            characters += len(item.submission.text)
            batch.append(item)
            if request.left:
                self._queue.append(request)
        return batch

    def _answer(self, batch: list[_Item[T]]) -> list[T | Exception]:
        """Answer a batch, group by group; runs in the thread and never raises."""
        groups: dict[Options, list[int]] = {}
        for position, item in enumerate(batch):
            groups.setdefault(item.request.options, []).append(position)
        results: dict[int, T | Exception] = {}
        for options, positions in groups.items():
            texts = [batch[position].submission for position in positions]
            results.update(zip(positions, self._answer_group(texts, options), strict=True))
        return [results[position] for position in range(len(batch))]

    def _answer_group(self, texts: list[Submission], options: Options) -> list[T | Exception]:
        """Where a group fails, read its texts one by one: a bad one fails alone."""
        try:
            found = self._suggest(texts, options)
            if len(found) != len(texts):
                raise RuntimeError(f"{len(found)} answers to {len(texts)} texts")
        except Exception as error:
            if len(texts) == 1:
                return [error]
            return [self._answer_group([text], options)[0] for text in texts]
        return list(found)
