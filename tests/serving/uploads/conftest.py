"""Readers that misbehave, importable by the bounded process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

READERS = """
import os, time
from fenban.serving.uploads.errors import UploadRefusedError

def read(content, name):
    return globals()[name](content)

def echo(content):
    print("noise of a library")
    return {"length": len(content), "environment": sorted(os.environ), "folder": os.environ["TMPDIR"]}

def refuse(content):
    raise UploadRefusedError("文件是空的")

def sleep(content):
    path = content.decode()
    open(path, "w").write(str(os.getpid()))
    time.sleep(60)

def spin(content):
    while True:
        pass

def swell(content):
    return len(bytearray(10**9))

def pour(content):
    return "x" * 10**7

def crash(content):
    os.abort()

def fail(content):
    raise KeyError("13800138000")

def leave(content):
    path = os.path.join(os.environ["TMPDIR"], "left")
    open(path, "wb").write(content)
    return path
"""


@pytest.fixture
def readers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a module whose ``read`` does what the upload's name says."""
    (tmp_path / "misbehaving_readers.py").write_text(READERS, "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return "misbehaving_readers"
