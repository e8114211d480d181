"""The address of the running service: noted while it runs, used by commands that print links."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from fenban.serving.cli.address import FILE, note_address, read_address
from fenban.serving.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path


def test_it_is_noted_for_its_owner_alone_and_taken_back(tmp_path: Path) -> None:
    assert read_address(tmp_path) is None
    with note_address(tmp_path, "http://127.0.0.1:8123"):
        assert read_address(tmp_path) == "http://127.0.0.1:8123"
        assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
        assert [path.name for path in tmp_path.iterdir()] == [FILE]
    assert list(tmp_path.iterdir()) == []


def test_it_is_taken_back_also_where_the_service_fails(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), note_address(tmp_path, "http://127.0.0.1:8123"):
        raise RuntimeError
    assert read_address(tmp_path) is None


def test_a_service_leaves_the_note_of_another_alone(tmp_path: Path) -> None:
    with note_address(tmp_path, "http://127.0.0.1:1"):
        later = note_address(tmp_path, "http://127.0.0.1:2")
        later.__enter__()
    assert read_address(tmp_path) == "http://127.0.0.1:2"
    later.__exit__(None, None, None)
    assert read_address(tmp_path) is None


def test_a_home_that_holds_no_note_does_not_stop_the_service(tmp_path: Path) -> None:
    with note_address(tmp_path / "missing", "http://127.0.0.1:8123"):
        assert read_address(tmp_path / "missing") is None


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"rm -rf /\n", b"http://a\x1b[31m", b"http://" + b"a" * 500, "目录".encode()],
)
def test_a_note_that_is_none_of_ours_is_no_address(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    found = read_address(tmp_path)
    assert found is None or len(found) <= 300


def test_links_take_the_address_of_the_service_that_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    assert main(["users", "add", "zhangsan", "--home", str(home)]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("http://127.0.0.1:8000/invitation?secret=")
    assert "No service is running with this home" in err
    assert "--address" in err
    with note_address(home, "http://127.0.0.1:8123"):
        assert main(["users", "reset", "zhangsan", "--home", str(home)]) == 0
        out, err = capsys.readouterr()
        assert out.startswith("http://127.0.0.1:8123/invitation?secret=")
        assert "No service" not in err
        assert main(["users", "reset", "zhangsan", "--home", str(home), "--address", "https://desk/"]) == 0
        assert capsys.readouterr().out.startswith("https://desk/invitation?secret=")


@pytest.mark.slow
def test_a_service_notes_the_port_that_it_was_given(model_folder: Path, tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FENBAN", "PYTHON"))}
    command = [sys.executable, "-m", "fenban.serving.cli.main", "serve", "--port", "0"]
    more = ["--home", str(tmp_path), "--model", str(model_folder)]
    with subprocess.Popen([*command, *more], env=kept, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr
            address = next(m[0] for line in process.stderr if (m := re.search(r"http://[\d.]+:\d+", line)))
            assert read_address(tmp_path) == address
        finally:
            process.send_signal(signal.SIGTERM)
            said = process.communicate(timeout=30)[1]
    assert process.returncode == 0
    assert said.splitlines()[-1] == "Stopped. 已停止。"
    assert read_address(tmp_path) is None
