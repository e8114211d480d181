"""Every command: its help, its exit codes, and one clear line for what is wrong."""

from __future__ import annotations

import argparse
import io
import json
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fenban.model.errors import InputError, TrainingError
from fenban.serving.cli.failures import exit_code_of, message_of
from fenban.serving.cli.main import COMMANDS, EXAMPLE, build_parser, load, main

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FENBAN_HOME", str(tmp_path / "home"))


def parsers() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    def below(name: str, parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
        yield name, parser
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                for verb, child in action.choices.items():
                    yield from below(f"{name} {verb}", child)

    return below("fenban", build_parser())


@pytest.mark.parametrize(("name", "parser"), [pytest.param(*p, id=p[0]) for p in parsers()])
def test_every_command_has_help_in_english_with_one_example(
    name: str, parser: argparse.ArgumentParser
) -> None:
    text = parser.format_help()
    assert text.count("example:") == 1
    example = text.partition("example:")[2].strip()
    assert example.startswith("fenban" if name == "fenban" else name)
    assert parser.description
    assert parser.description.isascii()
    for action in parser._actions:
        if action.dest not in ("command", "verb"):
            assert action.help, action.dest
            assert action.help.isascii() or action.dest == "jurisdiction"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_example_of_a_command_is_understood(name: str) -> None:
    arguments = shlex.split(load(COMMANDS[name].module).EXAMPLE)
    assert arguments[0] == "fenban"
    assert build_parser().parse_args(arguments[1:]).command == name


def test_the_example_of_the_whole_is_that_of_route() -> None:
    assert load(COMMANDS["route"].module).EXAMPLE == EXAMPLE


@pytest.mark.parametrize("name", COMMANDS)
def test_the_docs_mention_every_command(name: str) -> None:
    pages = [*ROOT.glob("README*.md"), *(ROOT / "docs").glob("*.md")]
    assert any(f"fenban {name}" in page.read_text("utf-8") for page in pages)


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    try:
        code = main(arguments)
    except SystemExit as stopped:
        code = int(stopped.code or 0)
    out, err = capsys.readouterr()
    return code, out, err


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), "COMMAND"),
        (("nosuch",), "invalid choice"),
        (("route", "--top", "0", "x"), "--top"),
        (("route", ""), "no text to route"),
        (("route", "  \n"), "no text to route"),
        (("route", "--file", "a.txt", "x"), "not both"),
        (("route", "--file", "a.txt", ""), "not both"),
        (("route", "--model", "", "x"), "model: is empty"),
        (("route", "--home", "", "x"), "home: is empty"),
        (("route", "--model", "missing", "x"), "missing: no such folder"),
        (("route", "--file", "missing.csv"), "missing.csv: does not exist"),
        (("train", "--out", "m", "--cases", "missing.csv"), "missing.csv: does not exist"),
        (("train", "--cases", "a.csv", "--out", ""), "out: is empty"),
        (("train", "--out", "m", "--cases", ""), "cases: is empty"),
        (("train", "--out", "m", "--seed", "-1"), "whole number"),
        (("train", "--out", "m", "--seed", "x"), "whole number"),
        (("train", "--out", "m", "--encoder", "no/such/folder"), "no such folder"),
        (("train", "--out", "m", "--target-precision", "nan"), "must lie between"),
        (("train", "--out", "m", "--columns", "no.toml", "--cases", "a.csv"), "no.toml: cannot be read"),
        (("evaluate", "--model", "missing", "--cases", "a.csv"), "no such folder"),
        (("triage", "missing.xlsx", "out.xlsx"), "missing.xlsx: does not exist"),
        (("models", "show", "abc"), "'abc' is not in the registry"),
        (("models", "promote", "abc"), "'abc' is not in the registry"),
        (("models", "rollback"), "no earlier champion"),
        (("retrain", "--cases", "missing.csv"), "missing.csv: does not exist"),
        (("serve", "--port", "70000"), "port 70000"),
        (("serve", "--port", "x"), "--port"),
        (("serve", "--host", "203.0.113.9"), "cannot listen on 203.0.113.9"),
    ],
)
def test_wrong_usage_ends_with_2_and_one_line(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], expected: str
) -> None:
    code, out, err = said(capsys, *arguments)
    assert code == 2
    assert out == ""
    assert expected in err.splitlines()[-1]
    assert "Traceback" not in err
    assert not Path("home").exists() or arguments[0] != "serve"  # no starter model was trained for it


def test_a_home_that_is_a_file_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    Path("file").touch()
    code, _, err = said(capsys, "models", "list", "--home", "file")
    assert code == 2
    assert "file: is not a folder" in err


def test_the_home_option_goes_before_the_environment(capsys: pytest.CaptureFixture[str]) -> None:
    assert "other" in said(capsys, "models", "list", "--home", "other")[1]
    assert "other" not in said(capsys, "models", "list")[1]


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "--version")
    assert code == 0
    assert out.startswith("fenban 0.")


def _raising(error: BaseException) -> Any:
    def run(_: argparse.Namespace) -> int:
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (InputError("a.csv: row 3:\n  no"), 2, "fenban doctor: a.csv: row 3: no"),
        (TrainingError("too few"), 2, "fenban doctor: too few"),
        (PermissionError(13, "Permission denied", "/x"), 1, "fenban doctor: /x: Permission denied"),
        (MemoryError(), 1, "fenban doctor: there is not enough memory"),
        (ModuleNotFoundError("No module named 'numpy'"), 1, "pip install --upgrade fenban"),
        (ZeroDivisionError("secret text"), 1, "a defect of fenban (ZeroDivisionError in test_main.py"),
        (KeyboardInterrupt(), 130, "stopped"),
    ],
)
def test_every_error_becomes_one_line_and_a_code(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    code: int,
    line: str,
) -> None:
    monkeypatch.setattr(load(COMMANDS["doctor"].module), "run", _raising(error))
    found, out, err = said(capsys, "doctor")
    assert (found, out) == (code, "")
    assert line in err
    assert len(err.splitlines()) == 1
    assert "secret" not in err


def test_the_trace_is_shown_on_demand(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FENBAN_DEBUG", "1")
    monkeypatch.setattr(load(COMMANDS["doctor"].module), "run", _raising(ZeroDivisionError("x")))
    assert "Traceback" in said(capsys, "doctor")[2]


def test_messages_and_codes_of_unknown_errors() -> None:
    assert exit_code_of(RuntimeError("x")) is None
    assert message_of(RuntimeError()) == "RuntimeError"


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "gb18030"])
def test_route_reads_standard_input_in_either_coding(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, model_folder: Path, coding: str
) -> None:
    text = "南宁市青秀区一家饭店拖欠工资不发"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode(coding))))
    code, out, _ = said(capsys, "route", "--model", str(model_folder))
    assert code == 0
    assert out.splitlines()[0] == text


def test_bytes_that_are_no_text_are_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, model_folder: Path
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xff")))
    code, _, err = said(capsys, "route", "-", "--model", str(model_folder))
    assert code == 2
    assert "neither UTF-8 nor GB18030" in err


def test_an_argument_in_another_coding_is_read(
    capsys: pytest.CaptureFixture[str], model_folder: Path
) -> None:
    text = "饭店拖欠工资"
    as_python_hands_it_on = text.encode("gb18030").decode("utf-8", "surrogateescape")
    _, out, _ = said(capsys, "route", as_python_hands_it_on, "--model", str(model_folder))
    assert out.splitlines()[0] == text


def test_one_text_gives_one_json_object(capsys: pytest.CaptureFixture[str], model_folder: Path) -> None:
    code, out, _ = said(capsys, "route", "饭店拖欠工资", "--json", "--model", str(model_folder))
    assert code == 0
    suggestion = json.loads(out)
    assert {"topics", "functions", "lead_units", "zone", "evidence", "model"} <= set(suggestion)


@pytest.mark.parametrize("damage", ["change", "remove", "empty"])
def test_a_damaged_model_is_named(
    capsys: pytest.CaptureFixture[str], model_folder: Path, damage: str
) -> None:
    shutil.copytree(model_folder, "copy")
    settings = Path("copy/settings.json")
    if damage == "remove":
        settings.unlink()
    else:
        settings.write_text("" if damage == "empty" else settings.read_text("utf-8") + " ", "utf-8")
    code, out, err = said(capsys, "route", "x", "--model", "copy")
    assert (code, out) == (2, "")
    assert "model folder copy: settings.json" in err
