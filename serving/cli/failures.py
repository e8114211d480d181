"""One table from domain errors to exit codes, and one line for each error."""

from __future__ import annotations

from fenban.model import FenbanError, InputError, TrainingError

from .exits import FAILED, WRONG_INPUT

EXIT_CODES: tuple[tuple[type[BaseException], int], ...] = (  # the first kind that fits counts
    (TrainingError, WRONG_INPUT),
    (InputError, WRONG_INPUT),
    (FenbanError, FAILED),
    (ImportError, FAILED),
    (MemoryError, FAILED),
    (OSError, FAILED),
)


def exit_code_of(error: BaseException) -> int | None:
    """Return the exit code of an expected error, None for a defect of ours."""
    return next((code for kind, code in EXIT_CODES if isinstance(error, kind)), None)


def message_of(error: BaseException) -> str:
    """Say in one line what happened and, where there is something to do, what."""
    if isinstance(error, ImportError):
        return f"{error} - the installation is incomplete: run pip install --upgrade fenban"
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, MemoryError):
        return "there is not enough memory for this - give it fewer rows or another machine"
    return " ".join(str(error).split()) or type(error).__name__
