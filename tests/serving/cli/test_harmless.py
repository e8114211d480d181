"""What a file holds cannot steer the terminal, and JSON stays the JSON it was."""

from __future__ import annotations

import io
import json
import sys

import pytest

from fenban.serving.cli import harmless
from fenban.serving.cli.harmless import HarmlessStream, disarm, disarm_output, steerable
from fenban.serving.cli.main import main

ESCAPES = ["\x1b[2J", "\x1b]0;owned\x07", "\x9b31m", "\x08\x08", "\r", "\u202e", "\u2066", "\x7f", "\x85"]


@pytest.mark.parametrize("escape", ESCAPES)
def test_steering_characters_are_written_out(escape: str) -> None:
    written = disarm(f"列{escape}名")
    assert not harmless._STEERING.search(written)
    assert json.loads(f'"{written}"') == f"列{escape}名"


def test_texts_and_their_lines_are_left_alone() -> None:
    text = "内容\t青秀区（南宁）：100%\n“路灯”𠀀🙂"
    assert disarm(text) == text


@pytest.mark.parametrize("escape", ESCAPES)
def test_the_header_of_a_table_cannot_steer_the_terminal(tmp_path, capsys, escape) -> None:
    path = tmp_path / "a.csv"
    if escape == "\r":
        path.write_bytes(f'"甲{escape}乙",单\n路灯,甲\n'.encode())
    else:
        path.write_text(f"甲{escape}乙,单\n路灯,甲\n", "utf-8")
    code = main(["train", "--cases", str(path), "--out", str(tmp_path / "m")])
    printed = capsys.readouterr()
    assert code == 2
    assert "no text column" in printed.err
    assert not harmless._STEERING.search(printed.out + printed.err)


def test_the_streams_are_given_back_and_can_be_flushed(monkeypatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    with disarm_output():
        print("路灯\x1b[2J", flush=True)
        sys.stdout.writelines(["\x07"])
        assert isinstance(sys.stdout, HarmlessStream)
        assert steerable(sys.stdout) is out
    assert sys.stdout is out
    assert out.getvalue() == "路灯\\u001b[2J\n\\u0007"
    assert steerable(out) is out
