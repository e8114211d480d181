"""The process that reads one upload and ends: ``python -m fenban.serving.uploads.child``.

On stdin comes one line of JSON - ``module``, ``name``, ``memory``, ``cpu_seconds``, ``answer`` - and
then the upload; on stdout goes one JSON object: ``read``, ``refused``, ``limit`` or ``failed``.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
import traceback
from typing import TYPE_CHECKING, Any, BinaryIO

from .errors import UploadRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

_NICENESS = 5  # people who wait for a suggestion go first
_OPEN_FILES = 64
_LARGEST_FILE = 256 << 20  # bytes that may be written, to the temporary folder


def main() -> None:
    """Read the upload on stdin and answer on stdout."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not get into the answer
    asked = json.loads(sys.stdin.buffer.readline())
    read = importlib.import_module(asked["module"]).read
    _restrict(asked["memory"], asked["cpu_seconds"])
    answer = _answer(read, sys.stdin.buffer, asked["name"], asked["answer"])
    with contextlib.suppress(BrokenPipeError), out:
        out.write(answer)


def _answer(read: Callable[[bytes, str], Any], stream: BinaryIO, name: str, most: int) -> bytes:
    try:
        answer = _as_json({"read": read(stream.read(), name)})
    except UploadRefusedError as error:
        return _as_json({"refused": error.reason})
    except MemoryError:
        return _as_json({"limit": "memory"})
    except Exception as error:  # a defect of ours; what the file holds must not get into the log
        frame = traceback.extract_tb(error.__traceback__)[-1]
        return _as_json({"failed": f"{type(error).__name__} in {frame.filename}:{frame.lineno}"})
    return answer if len(answer) <= most else _as_json({"limit": "answer"})


def _as_json(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace")


def _restrict(memory: int, cpu_seconds: int) -> None:
    """Set the limits that the system holds; where it knows none, the parent's clock remains."""
    try:
        import resource
    except ImportError:  # Windows
        return
    os.nice(_NICENESS)
    for kind, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_FSIZE, _LARGEST_FILE),
        (resource.RLIMIT_AS, _address_space() + memory),
    ):
        hard = resource.getrlimit(kind)[1]
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (allowed, hard if kind == resource.RLIMIT_CPU else allowed))


def _address_space() -> int:
    """Return the bytes of address space in use; libraries reserve much that they never fill."""
    try:
        with open("/proc/self/statm", encoding="ascii") as stream:
            return int(stream.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 512 << 20


if __name__ == "__main__":
    main()
