"""One upload read in a process of its own, which is killed when it overruns or nobody waits any more."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
import tempfile
from typing import TYPE_CHECKING, Any

from .errors import UploadRefusedError

if TYPE_CHECKING:
    from asyncio.subprocess import Process

    from .limits import Limits

_CHILD = "fenban.serving.uploads.child"
_BLOCK = 1 << 16
# Nothing else of the environment is passed on: the process needs no database, no proxy, no secret.
_PASSED_ON = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "SYSTEMROOT")
_OUT_OF_TIME = tuple(-getattr(signal, name) for name in ("SIGXCPU", "SIGKILL") if hasattr(signal, name))
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
_INSTEAD = "请只留下需要的部分再试"

logger = logging.getLogger(__name__)


async def run_bounded(module: str, content: bytes, name: str, limits: Limits) -> Any:
    """Let ``module.read(content, name)`` run in a process with limits; return its answer.

    Where the caller is cancelled, the process is killed. Its temporary files lie in a private folder
    that goes with it.

    Args:
        module: with a function ``read`` that gives JSON, or raises UploadRefusedError.
        content: of the upload.
        name: as the browser gave it.
        limits: of this reading.

    Raises:
        UploadRefusedError: it cannot be read, or not within the limits.
    """
    header = {
        "module": module,
        "name": name[:1000],
        "memory": limits.memory,
        "cpu_seconds": limits.cpu_seconds,
        "answer": limits.answer,
    }
    line = json.dumps(header).encode() + b"\n"
    with tempfile.TemporaryDirectory(prefix="fenban-") as folder:
        process = await _start(folder)
        try:
            async with asyncio.timeout(limits.seconds):
                answer = await _exchange(process, line + content, limits.answer)
                await process.wait()
        except TimeoutError:
            raise _report_limit(module, f"读这个文件超过 {limits.seconds:g} 秒，已停止") from None
        finally:
            await _end(process)
    return _interpret(module, answer, process.returncode, limits)


async def _start(folder: str) -> Process:
    passed_on = {key: os.environ[key] for key in _PASSED_ON if key in os.environ}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        _CHILD,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**passed_on, **_ONE_THREAD, "TMPDIR": folder},
        start_new_session=True,  # Ctrl+C at the terminal is for the service, which ends its children itself
    )


async def _exchange(process: Process, sent: bytes, most: int) -> bytes:
    assert process.stdin is not None
    assert process.stdout is not None
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # what it answered says why
        process.stdin.write(sent)
        await process.stdin.drain()
    process.stdin.close()
    answer = bytearray()
    while len(answer) <= most and (block := await process.stdout.read(_BLOCK)):
        answer += block
    return bytes(answer)


async def _end(process: Process) -> None:
    """Kill the process where it still runs, and see it gone."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    if process.stdin is not None:
        process.stdin.close()
    if process.stdout is not None:
        while await process.stdout.read(_BLOCK):  # what is left unread would keep the pipe open
            pass
    await process.wait()


def _interpret(module: str, answer: bytes, code: int | None, limits: Limits) -> Any:
    try:
        told: dict[str, Any] = json.loads(answer) if len(answer) <= limits.answer else {"limit": "answer"}
    except ValueError:
        told = {"limit": "time"} if code in _OUT_OF_TIME else {"failed": f"exit code {code}"}
    if "read" in told:
        return told["read"]
    if "refused" in told:
        raise UploadRefusedError(told["refused"])
    if told.get("limit") == "memory":
        raise _report_limit(module, f"读这个文件需要的内存超过 {limits.memory >> 20} MB，已停止")
    if told.get("limit") == "answer":
        raise _report_limit(module, f"读出的内容超过 {limits.answer >> 20} MB")
    if told.get("limit") == "time":
        raise _report_limit(module, f"读这个文件超过 {limits.cpu_seconds} 秒，已停止")
    logger.error("reading an upload failed (%s): %s", module, told.get("failed"))
    raise UploadRefusedError("这个文件使读取程序出错。请另存后再试；仍不行请告诉管理员，日志里有记录")


def _report_limit(module: str, what: str) -> UploadRefusedError:
    logger.warning("an upload broke a limit (%s): %s", module, what)
    return UploadRefusedError(f"{what}。{_INSTEAD}")
