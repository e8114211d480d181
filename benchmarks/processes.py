"""Running a part of the benchmark in a process of its own: its time and its memory are then its own."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fenban.model.errors import FenbanError

_SAMPLE_EVERY_S = 0.2
_LONGEST_REASON = 300

HOME = "home"  # in the folder of a run: vectors that an earlier run kept would make a training look fast
Measured = tuple[str, object]  # a part and its figures


class LeftOut(FenbanError):  # noqa: N818 - an outcome that is reported, not a fault
    """A part that could not be measured, and the line that says why."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A process that ended well: wall time, memory at its peak (None where /proc is not there)."""

    seconds: float
    peak_mb: float | None
    stdout: str

    def json(self) -> dict[str, Any]:
        """Return the last line of its output as an object, or the whole output where that is one."""
        try:
            whole: dict[str, Any] = json.loads(self.stdout)
        except ValueError:
            whole = json.loads(self.stdout.splitlines()[-1])
        return whole


def run_module(module: str, *arguments: str, given: str = "") -> Finished:
    """Run ``python -m module`` in a fresh process, ``given`` on its standard input.

    The working folder is kept off its search path: our ``datasets`` folder would pass there for the
    library of that name.

    Raises:
        LeftOut: it failed; the message is the last line that it wrote.
    """
    started = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - our own modules
        [sys.executable, "-P", "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    watch = MemoryWatch(process.pid)
    watch.start()
    with process:
        stdout, stderr = process.communicate(given)
    seconds = time.perf_counter() - started
    watch.stop()
    if process.returncode:
        lines = [line.strip() for line in (stderr or stdout).splitlines() if line.strip()]
        reason = lines[-1] if lines else "it said nothing"
        raise LeftOut(f"exit code {process.returncode}: {reason[:_LONGEST_REASON]}")
    return Finished(seconds, watch.peak_mb, stdout)


def fenban(*arguments: str) -> Finished:
    """Run the command line. Raises LeftOut where the command fails."""
    return run_module("fenban.serving.cli.main", *arguments)


class MemoryWatch(threading.Thread):
    """Samples the memory of a process and its children together; what they share counts once."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._done = threading.Event()
        self._peak_kb = 0

    @property
    def peak_mb(self) -> float | None:
        """The most that was seen, or None where nothing could be read."""
        return round(self._peak_kb / 1024, 1) or None  # it may have ended before there was much to see

    def run(self) -> None:
        """Sample until stopped."""
        while not self._done.is_set():
            self._peak_kb = max(self._peak_kb, sum(map(_proportional_kb, family(self._pid))))
            self._done.wait(_SAMPLE_EVERY_S)

    def stop(self) -> None:
        """Stop sampling and wait for the last one."""
        self._done.set()
        self.join()


def family(pid: int) -> list[int]:
    """Return a process and all its living descendants (Linux; elsewhere the process alone)."""
    found = [pid]
    for parent in found:
        for path in Path(f"/proc/{parent}/task").glob("*/children"):
            found += [int(child) for child in _read(path).split()]
    return found


def _proportional_kb(pid: int) -> int:
    for line in _read(Path(f"/proc/{pid}/smaps_rollup")).splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


def resident_mb(pid: int) -> dict[str, float]:
    """Return what a process holds now and held at most, in MB; empty where /proc is not there."""
    names = {"VmRSS:": "resident_mb", "VmHWM:": "resident_peak_mb"}
    fields = (line.split() for line in _read(Path(f"/proc/{pid}/status")).splitlines())
    return {names[f[0]]: round(int(f[1]) / 1024, 1) for f in fields if f and f[0] in names}


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError:  # the process has ended, or this system has no /proc
        return ""
