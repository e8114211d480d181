"""One table from domain errors to exit codes: 0 done, 1 the work failed, 2 wrong usage or input."""

from __future__ import annotations

import functools
import sys

DONE, FAILED, WRONG_INPUT, INTERRUPTED = 0, 1, 2, 130


@functools.cache
def exit_codes() -> tuple[tuple[type[BaseException], int], ...]:
    """Return the table; the first kind that fits counts."""
    # the errors live in a package that loads numpy, which `fenban --help` need not wait for
    from fenban.model import FenbanError, InputError, TrainingError

    return (
        (TrainingError, WRONG_INPUT),
        (InputError, WRONG_INPUT),
        (FenbanError, FAILED),
        (ImportError, FAILED),
        (MemoryError, FAILED),
        (OSError, FAILED),
    )


def exit_code_of(error: BaseException) -> int | None:
    """Return the exit code of an expected error, None for a defect of ours."""
    return next((code for kind, code in exit_codes() if isinstance(error, kind)), None)


def message_of(error: BaseException) -> str:
    """Return one line for people: what happened and, where there is something to do, what."""
    if isinstance(error, ImportError):
        return f"{error} - the installation is incomplete: run pip install --upgrade fenban"
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, MemoryError):
        return "there is not enough memory for this - give it fewer rows or another machine"
    return " ".join(str(error).split()) or type(error).__name__


def say(message: str) -> None:
    """Write one line for people to stderr; stdout belongs to results."""
    print(message, file=sys.stderr, flush=True)
