"""A reading in a process of its own: what it answers, and what becomes of one that costs too much."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from fenban.serving.uploads.bounded import run_bounded
from fenban.serving.uploads.errors import UploadRefusedError
from fenban.serving.uploads.limits import DOCUMENT

if TYPE_CHECKING:
    from pathlib import Path

LIMITS = replace(DOCUMENT, answer=1 << 20)


def run(readers: str, name: str, content: bytes = b"", **limits: Any) -> Any:
    return asyncio.run(run_bounded(readers, content, name, replace(LIMITS, **limits)))


def refusal(readers: str, name: str, content: bytes = b"", **limits: Any) -> str:
    with pytest.raises(UploadRefusedError) as error:
        run(readers, name, content, **limits)
    return error.value.reason


def test_the_answer_comes_back_whatever_a_library_prints(readers: str) -> None:
    assert run(readers, "echo", b"x" * 3_000_000)["length"] == 3_000_000


def test_nothing_of_the_environment_is_passed_on_but_paths(
    readers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FENBAN_DATABASE", "postgresql://secret")
    assert not {"FENBAN_DATABASE", "HOME", "HTTPS_PROXY"} & set(run(readers, "echo")["environment"])


def test_what_the_reader_refuses_is_told_in_its_words(readers: str) -> None:
    assert refusal(readers, "refuse") == "文件是空的"


def test_a_reading_that_sleeps_is_killed_by_the_clock(readers: str, tmp_path: Path) -> None:
    began = time.perf_counter()
    said = refusal(readers, "sleep", str(tmp_path / "pid").encode(), seconds=2)
    assert "超过 2 秒" in said
    assert time.perf_counter() - began < 5
    assert not is_alive(int((tmp_path / "pid").read_text()))


def test_a_reading_that_spins_is_killed_by_the_system(readers: str) -> None:
    assert "超过 1 秒" in refusal(readers, "spin", cpu_seconds=1)


def test_memory_beyond_the_limit_is_refused(readers: str) -> None:
    assert "内存超过 64 MB" in refusal(readers, "swell", memory=64 << 20)


def test_an_answer_beyond_the_limit_is_refused(readers: str) -> None:
    assert "超过 1 MB" in refusal(readers, "pour")


def test_a_crash_and_a_defect_are_told_without_what_the_file_holds(
    readers: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert "出错" in refusal(readers, "crash")
    assert "出错" in refusal(readers, "fail")
    assert "KeyError" in caplog.text
    assert "13800138000" not in caplog.text


def test_what_a_reader_leaves_on_the_disk_goes_with_its_folder(readers: str) -> None:
    left = run(readers, "leave", b"raw text")
    assert not os.path.exists(left)
    assert not os.path.exists(os.path.dirname(left))


def test_a_reading_that_is_cancelled_is_killed(readers: str, tmp_path: Path) -> None:
    async def leave() -> int:
        path = tmp_path / "pid"
        reading = asyncio.create_task(run_bounded(readers, str(path).encode(), "sleep", LIMITS))
        while not (path.exists() and path.read_text()):
            await asyncio.sleep(0.02)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        return int(path.read_text())

    began = time.perf_counter()
    assert not is_alive(asyncio.run(leave()))
    assert time.perf_counter() - began < 5


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
