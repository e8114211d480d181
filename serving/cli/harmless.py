"""What is printed cannot steer the terminal: control characters come out as ``\\u001b``, whoever wrote them.

A header of a CSV or the name of a sheet may hold escape codes that clear the screen, rename the window or
turn the direction of writing round. Everything that a command prints goes through here; in JSON the
written-out form means the same character.
"""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# C0 but for tab and new line, DEL and C1, marks and overrides of direction, line and paragraph separators
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def disarm(text: str) -> str:
    """Return ``text`` with every character that steers a terminal written out."""
    return _STEERING.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


class HarmlessStream:
    """A text stream that disarms what is written to it and is otherwise the one it stands for."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """Write ``text`` disarmed; return its length."""
        self.stream.write(disarm(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each of ``lines`` disarmed."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


@contextmanager
def disarm_output() -> Iterator[None]:
    """Let everything that is printed inside be disarmed."""
    out, err = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (_harmless(stream) for stream in (out, err))
    try:
        yield
    finally:
        sys.stdout, sys.stderr = out, err


def _harmless(stream: TextIO) -> TextIO:
    # without a stream (pythonw) there is nothing to guard
    return stream if stream is None else cast("TextIO", HarmlessStream(stream))


def steerable(stream: TextIO) -> TextIO:
    """Return the stream behind a harmless one, for progress bars, which must move the cursor."""
    return stream.stream if isinstance(stream, HarmlessStream) else stream
