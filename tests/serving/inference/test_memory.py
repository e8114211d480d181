from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from fenban.serving.inference import memory

MANY_THREADS = """
import re, threading
from fenban.serving.inference.memory import share_arenas
{call}
go = threading.Barrier(9)
def work():
    kept = [bytearray(100_000) for _ in range(20)]
    go.wait(); go.wait()
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads: thread.start()
go.wait()
# an arena of a thread is reserved at a multiple of 64 MB
starts = re.findall(r"^([0-9a-f]+)-[0-9a-f]+ rw-p 0+ 00:00 0 *$", open("/proc/self/maps").read(), re.M)
print(sum(int(start, 16) % (1 << 26) == 0 for start in starts))
go.wait()
"""


def arenas(call: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", MANY_THREADS.format(call=call)], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="arenas are glibc's")
def test_threads_share_two_arenas() -> None:
    assert arenas("share_arenas()") < arenas("")


def test_where_there_is_no_such_setting_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert memory.share_arenas() is False


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="trimming is glibc's")
def test_what_was_freed_is_given_back() -> None:
    code = """
from fenban.serving.inference.memory import give_back
def resident():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("RssAnon"))
many = [bytearray(50_000) for _ in range(2000)]
last = bytearray(50_000)  # keeps the end of the heap
del many
before = resident()
give_back()
print(before - resident())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 50_000
