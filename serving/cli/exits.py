"""Exit codes, and lines for people: 0 done, 1 the work failed, 2 wrong usage or input."""

from __future__ import annotations

import sys

DONE, FAILED, WRONG_INPUT, INTERRUPTED = 0, 1, 2, 130


def say(message: str) -> None:
    """Write one line for people to stderr; stdout belongs to results."""
    print(message, file=sys.stderr, flush=True)
