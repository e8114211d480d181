"""Progress for people: bars at a terminal, lines where stderr is a file or a pipe."""

from __future__ import annotations

import io
import re
import sys
import time
from typing import TYPE_CHECKING

import pytest

from fenban.serving.cli import terminal
from fenban.serving.cli.terminal import TerminalProgress

if TYPE_CHECKING:
    from collections.abc import Callable


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.005)


@pytest.fixture
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "LINE_EVERY", 0.01)


@pytest.mark.usefixtures("_soon")
def test_where_stderr_is_piped_lines_say_how_far_it_has_come(monkeypatch: pytest.MonkeyPatch) -> None:
    piped = io.StringIO()
    monkeypatch.setattr(sys, "stderr", piped)
    with TerminalProgress() as progress:
        progress("fine-tuning", 1200, 4000)
        wait_until(lambda: "1,200" in piped.getvalue())
        progress("fit")  # tells nothing more for minutes, and is said all the same
        wait_until(lambda: "training on everything" in piped.getvalue())
        time.sleep(0.1)
    first, second = piped.getvalue().splitlines()
    assert re.fullmatch(r"training the encoder: 1,200 of 4,000 \(\d+ s\)", first)
    assert re.fullmatch(r"training on everything \(\d+ s\)", second)


@pytest.mark.usefixtures("_soon")
def test_a_step_that_goes_on_is_said_again_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "STILL_EVERY", 0.05)
    piped = io.StringIO()
    monkeypatch.setattr(sys, "stderr", piped)
    with TerminalProgress() as progress:
        progress("fit")
        wait_until(lambda: piped.getvalue().count("training on everything") >= 2)


def test_what_is_soon_done_leaves_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    with TerminalProgress() as progress:
        progress("route", 3)
    assert capsys.readouterr() == ("", "")


@pytest.mark.usefixtures("_soon")
def test_a_reader_that_has_gone_stops_the_lines_but_not_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone(io.StringIO):
        tries = 0

        def write(self, text: str) -> int:
            self.tries += 1
            raise BrokenPipeError

    gone = Gone()
    monkeypatch.setattr(sys, "stderr", gone)
    with TerminalProgress() as progress:
        progress("fit")
        wait_until(lambda: gone.tries == 1)
        progress("final")
        time.sleep(0.05)
    assert gone.tries == 1


def test_no_stderr_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "PATIENCE", 0.0)
    monkeypatch.setattr(sys, "stderr", None)
    with TerminalProgress() as progress:
        progress("fit", 1, 2)


def test_at_a_terminal_a_bar_appears_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Terminal()
    monkeypatch.setattr(sys, "stderr", shown)
    with TerminalProgress() as progress:
        progress("evaluate", 1, 4)
    assert shown.getvalue() == ""
    monkeypatch.setattr(terminal, "PATIENCE", 0.0)
    with TerminalProgress() as progress:
        progress("evaluate", 1, 4)
        progress("evaluate", 2, 4)
    assert "evaluating" in shown.getvalue()
