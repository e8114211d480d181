"""A service of its own for a measurement: ``fenban serve`` in a fresh process, on a free port."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING

from ..processes import LeftOut

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LONGEST_END_S = 30
_ADDRESS = re.compile(r"http://[^/]*:(\d+)/")


@contextlib.contextmanager
def run_service(model: Path, database: str) -> Iterator[tuple[int, str]]:
    """Run a service on the store at the URL ``database``; give its process and its port.

    Raises:
        LeftOut: it did not start; the message is the last line that it wrote.
    """
    with (
        tempfile.TemporaryDirectory(prefix="fenban-home-") as home,
        _process(model, database, home) as process,
    ):
        yield process.pid, _port(process)


@contextlib.contextmanager
def _process(model: Path, database: str, home: str) -> Iterator[subprocess.Popen[str]]:
    command = [
        sys.executable,
        "-P",
        "-m",
        "fenban.serving.cli.main",
        "serve",
        "--model",
        str(model),
        "--port",
        "0",
    ]
    command += ["--home", home, "--database", database]
    environment = {name: value for name, value in os.environ.items() if name != "FENBAN_DATABASE"}
    with subprocess.Popen(  # noqa: S603 - our own command
        command, stderr=subprocess.PIPE, text=True, encoding="utf-8", env=environment
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.communicate(timeout=_LONGEST_END_S)
            except subprocess.TimeoutExpired:  # it waits for an answer that does not end
                process.kill()


def _port(process: subprocess.Popen[str]) -> str:
    """Read what the service says until it names its address."""
    assert process.stderr is not None
    last = "it said nothing"
    for line in process.stderr:
        if match := _ADDRESS.search(line):
            return match[1]
        last = line.strip() or last
    raise LeftOut(f"fenban serve: {last}")


def store_url_in(folder: Path) -> str:
    """Return the URL of a SQLite store in a folder."""
    return f"sqlite:///{folder / 'fenban.db'}"
