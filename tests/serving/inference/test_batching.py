"""Batching with a fake model: grouping, overload, poison, cancellation, stopping."""

from __future__ import annotations

import asyncio
import dataclasses
import threading

import pytest

from fenban.model import Submission
from fenban.serving.inference.batching import MicroBatcher, NotReadyError, Options, OverloadedError

POISON = "毒"


class FakeModel:
    """Answers a text with itself; can be held up; fails on a poisoned text."""

    def __init__(self) -> None:
        self.calls: list[tuple[list[str], Options]] = []
        self.free = threading.Event()
        self.free.set()
        self.busy = threading.Event()

    def __call__(self, submissions: list[Submission], options: Options) -> list[str]:
        self.calls.append(([s.text for s in submissions], options))
        self.busy.set()
        assert self.free.wait(5)
        if any(s.text == POISON for s in submissions):
            raise ZeroDivisionError("poisoned")
        return [s.text for s in submissions]

    @property
    def sizes(self) -> list[int]:
        return [len(texts) for texts, _ in self.calls]


def texts(*words: str) -> list[Submission]:
    return [Submission(word) for word in words]


async def held(model: FakeModel, batcher: MicroBatcher[str]) -> asyncio.Task[object]:
    """Occupy the model with one text until ``model.free`` is set."""
    model.free.clear()
    model.busy.clear()
    task = asyncio.create_task(batcher.suggest(texts("占"), Options()))
    await asyncio.to_thread(model.busy.wait, 5)
    return task


async def ask(batcher: MicroBatcher[str], *words: str, top: int = 3) -> asyncio.Task[object]:
    task = asyncio.create_task(batcher.suggest(texts(*words), Options(top)))
    await asyncio.sleep(0)
    return task


def test_answers_come_back_in_order_and_say_how_long_they_took():
    async def main() -> None:
        async with MicroBatcher(FakeModel()) as batcher:
            answers = await batcher.suggest(texts("一", "二", "三"), Options())
            assert answers.items == ["一", "二", "三"]
            assert answers.waiting >= 0
            assert answers.inference > 0
            assert (await batcher.suggest([], Options())).items == []

    asyncio.run(main())


def test_what_waits_while_the_model_is_busy_is_read_together():
    async def main() -> None:
        model = FakeModel()
        async with MicroBatcher(model) as batcher:
            first = await held(model, batcher)
            others = [await ask(batcher, str(i)) for i in range(5)]
            assert batcher.counters.waiting == 5
            model.free.set()
            found = await asyncio.gather(first, *others)
            assert [answers.items for answers in found[1:]] == [[str(i)] for i in range(5)]
            assert model.sizes == [1, 5]
            assert dataclasses.asdict(batcher.counters) == {
                "requests": 6, "texts": 6, "batches": 2, "rejected": 0, "failed": 0, "waiting": 0,
            }  # fmt: skip

    asyncio.run(main())


def test_different_options_are_read_apart():
    async def main() -> None:
        model = FakeModel()
        async with MicroBatcher(model) as batcher:
            first = await held(model, batcher)
            others = [await ask(batcher, str(top), top=top) for top in (1, 5, 1)]
            model.free.set()
            await asyncio.gather(first, *others)
        assert model.calls[1:] == [(["1", "1"], Options(1)), (["5"], Options(5))]

    asyncio.run(main())


def test_a_long_list_does_not_hold_up_a_single_text():
    async def main() -> None:
        model = FakeModel()
        async with MicroBatcher(model, max_batch=4) as batcher:
            first = await held(model, batcher)
            long = await ask(batcher, *(f"长{i}" for i in range(20)))
            short = await ask(batcher, "短")
            model.free.set()
            assert (await short).items == ["短"]
            assert not long.done()
            assert (await long).items == [f"长{i}" for i in range(20)]
            await first
        assert "短" in model.calls[1][0]
        assert max(model.sizes) == 4

    asyncio.run(main())


def test_a_batch_is_limited_by_characters_too():
    async def main() -> None:
        model = FakeModel()
        async with MicroBatcher(model) as batcher:
            await batcher.suggest(texts(*("字" * 15_000 for _ in range(6))), Options())
        assert model.sizes == [2, 2, 2]

    asyncio.run(main())


def test_above_the_limit_requests_are_turned_away_before_the_queue():
    async def main() -> None:
        model = FakeModel()
        async with MicroBatcher(model, max_waiting=2) as batcher:
            tasks = [await held(model, batcher)]
            tasks.append(await ask(batcher, "一", "二", "三"))  # let in whole: fewer than two waited
            with pytest.raises(OverloadedError) as refused:
                await batcher.suggest(texts("四"), Options())
            assert refused.value.retry_after >= 1
            assert batcher.counters.rejected == 1
            assert batcher.counters.waiting == 3
            model.free.set()
            await asyncio.gather(*tasks)
            assert (await batcher.suggest(texts("五"), Options())).items == ["五"]

    asyncio.run(main())


def test_a_poisoned_text_fails_alone():
    async def main() -> None:
        model = FakeModel()
        async with MicroBatcher(model) as batcher:
            first = await held(model, batcher)
            good, bad, mixed, last = [
                await ask(batcher, *words) for words in (["好"], [POISON], ["甲", POISON, "乙"], ["也好"])
            ]
            model.free.set()
            found = await asyncio.gather(first, good, bad, mixed, last, return_exceptions=True)
            assert [type(answer) for answer in found[2:4]] == [ZeroDivisionError, ZeroDivisionError]
            assert (found[1].items, found[4].items) == (["好"], ["也好"])
            assert batcher.counters.failed == 2
            assert (await batcher.suggest(texts("之后"), Options())).items == ["之后"]

    asyncio.run(main())


def test_too_few_answers_are_a_failure_and_not_a_hang():
    async def main() -> None:
        async with MicroBatcher(lambda submissions, options: []) as batcher:
            with pytest.raises(RuntimeError, match="0 answers to 1"):
                await asyncio.wait_for(batcher.suggest(texts("一"), Options()), 5)

    asyncio.run(main())


def test_a_cancelled_request_is_never_read():
    async def main() -> None:
        model = FakeModel()
        async with MicroBatcher(model, max_waiting=2) as batcher:
            first = await held(model, batcher)
            stale = await ask(batcher, "旧一", "旧二")
            stale.cancel()
            with pytest.raises(asyncio.CancelledError):
                await stale
            assert batcher.counters.waiting == 0
            fresh = await ask(batcher, "新")
            model.free.set()
            await asyncio.gather(first, fresh)
        assert [words for words, _ in model.calls] == [["占"], ["新"]]

    asyncio.run(main())


def test_cancelling_while_the_model_reads_harms_nobody():
    async def main() -> None:
        model = FakeModel()
        async with MicroBatcher(model) as batcher:
            first = await held(model, batcher)
            first.cancel()
            model.free.set()
            assert (await batcher.suggest(texts("后"), Options())).items == ["后"]

    asyncio.run(main())


def test_stopping_fails_what_waits():
    async def main() -> None:
        model = FakeModel()
        batcher = MicroBatcher(model)
        with pytest.raises(NotReadyError):
            await batcher.suggest(texts("早"), Options())
        async with batcher:
            tasks = [await held(model, batcher), await ask(batcher, "等")]
            asyncio.get_running_loop().call_later(0.05, model.free.set)
        found = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(error) for error in found] == [NotReadyError, NotReadyError]
        assert not batcher.ready
        async with batcher:
            assert (await batcher.suggest(texts("又开"), Options())).items == ["又开"]

    asyncio.run(main())
