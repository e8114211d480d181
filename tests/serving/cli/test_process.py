"""What only a fresh process shows: what is imported, what is printed, signals and broken pipes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fenban.serving.cli.main import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TEXT = "南宁市青秀区饭店拖欠工资"
FENBAN = [sys.executable, "-m", "fenban.serving.cli.main"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FENBAN", "PYTHON"))}
    return kept | {"FENBAN_HOME": str(tmp_path / "home")}


def run(environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*FENBAN, *arguments], env=environment, capture_output=True, timeout=60, check=False
    )


def modules_after(environment: Mapping[str, str], *arguments: str) -> set[str]:
    program = (
        "import sys, json, contextlib, io\n"
        "from fenban.serving.cli.main import main\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        f"    main({list(arguments)!r})\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, timeout=60, check=True
    )
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_loads_nothing_heavy_and_no_command(environment: dict[str, str], option: str) -> None:
    heavy = {"numpy", "scipy", "sklearn", "openpyxl", "fastapi", "rich", "jieba", "fenban.model"}
    loaded = modules_after(environment, option)
    assert not heavy & loaded
    assert {name for name in loaded if name.startswith("fenban.serving.")} == {
        "fenban.serving.cli",
        "fenban.serving.cli.exits",
        "fenban.serving.cli.harmless",
        "fenban.serving.cli.main",
    }


def test_a_command_loads_no_other(environment: dict[str, str]) -> None:
    loaded = modules_after(environment, "doctor", "--help")
    commands = {f"fenban.serving.cli.{command.module}" for command in COMMANDS.values()}
    assert commands & loaded == {"fenban.serving.cli.operating.doctor"}
    assert not {"numpy", "sqlalchemy", "fastapi"} & loaded


@pytest.mark.slow
def test_route_loads_nothing_that_only_training_or_serving_needs(
    environment: dict[str, str], model_folder: Path
) -> None:
    loaded = modules_after(environment, "route", TEXT, "--model", str(model_folder))
    assert "fenban.model.router" in loaded
    assert not {"sklearn", "scipy.stats", "scipy.optimize", "fastapi", "openpyxl", "rich"} & loaded
    assert not {"torch", "transformers", "jinja2", "sqlalchemy", "fenban.training.train"} & loaded


def test_json_stands_alone_on_stdout(environment: dict[str, str], model_folder: Path) -> None:
    done = run(environment, "route", TEXT, "--json", "--model", str(model_folder))
    assert done.returncode == 0
    assert json.loads(done.stdout.decode())["lead_units"][0]["unit"]
    assert done.stderr == b""


def test_doctor_says_json_also_where_no_coding_is_set(environment: dict[str, str]) -> None:
    done = run(environment | {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"}, "doctor", "--json")
    assert {check["name"] for check in json.loads(done.stdout.decode())} >= {"python", "champion"}


def test_a_reader_that_goes_early_is_no_error(
    environment: dict[str, str], model_folder: Path, tmp_path: Path
) -> None:
    texts = tmp_path / "many.txt"
    texts.write_text(f"{TEXT}\n" * 300, "utf-8")
    command = [*FENBAN, "route", "--file", str(texts), "--json", "--model", str(model_folder)]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(timeout=60) == 0
        assert process.stderr.read() == b""


def test_a_reader_that_has_gone_before_a_short_answer_is_no_error(
    environment: dict[str, str], model_folder: Path
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [*FENBAN, "route", TEXT, "--model", str(model_folder)]
    done = subprocess.run(
        command, env=environment, stdout=writing, stderr=subprocess.PIPE, timeout=60, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux's")
def test_a_full_disk_is_told(environment: dict[str, str], model_folder: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        command = [*FENBAN, "route", TEXT, "--model", str(model_folder)]
        done = subprocess.run(
            command, env=environment, stdout=full, stderr=subprocess.PIPE, timeout=60, check=False
        )
    assert done.returncode == 1
    assert done.stderr.decode().splitlines() == ["fenban route: [Errno 28] No space left on device"]


@pytest.fixture
def _hears_ctrl_c() -> Iterator[None]:
    """Tests started in the background ignore Ctrl+C, and so would the processes that they start."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.slow
@pytest.mark.usefixtures("_hears_ctrl_c")
def test_ctrl_c_stops_a_training_cleanly(environment: dict[str, str], tmp_path: Path) -> None:
    command = [*FENBAN, "train", "--out", str(tmp_path / "out" / "model")]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) as process:
        assert process.stderr
        said = process.stderr.readline().decode()  # how far it has come: it is at work
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
        said += process.stderr.read().decode()
    assert said.splitlines()[-1] == "stopped"
    assert "Traceback" not in said
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_is_the_ordinary_end_of_the_service(
    environment: dict[str, str], model_folder: Path, workers: str
) -> None:
    command = [*FENBAN, "serve", "--port", "0", "--model", str(model_folder), "--workers", workers]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) as process:
        assert process.stderr
        said = []
        while not any("Ctrl+C" in line for line in said):
            said.append(process.stderr.readline().decode())
            assert said[-1], said
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
        said += process.stderr.read().decode().splitlines()
    assert said[-1] == "Stopped. 已停止。"
    assert any("/invitation?secret=" in line for line in said)
