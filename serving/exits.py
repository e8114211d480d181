"""One table from domain errors to exit codes: 0 done, 1 the work failed, 2 wrong usage or input."""

from __future__ import annotations

import sys

from fenban.model.errors import FenbanError, InputError, TrainingError

DONE, FAILED, WRONG_INPUT = 0, 1, 2
EXIT_CODES: tuple[tuple[type[BaseException], int], ...] = (
    (TrainingError, WRONG_INPUT),
    (InputError, WRONG_INPUT),
    (FenbanError, FAILED),
    (MemoryError, FAILED),
    (OSError, FAILED),
)


def exit_code_of(error: BaseException) -> int | None:
    """Return the exit code of an expected error, None for a defect of ours."""
    return next((code for kind, code in EXIT_CODES if isinstance(error, kind)), None)


def say(message: str) -> None:
    """Write one line for people to stderr; stdout belongs to results."""
    print(message, file=sys.stderr, flush=True)
