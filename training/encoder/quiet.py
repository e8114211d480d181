"""The transformers library without its prints, bars and warnings."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fenban.model import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def quiet_transformers() -> Iterator[Any]:
    """Give the transformers library with its prints, bars and warnings off.

    Raises:
        MissingExtraError: torch or transformers is not installed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import torch  # noqa: F401  (transformers does without it, but then loads nothing)
            import transformers
        except ImportError as error:
            raise MissingExtraError(error.name or "torch", "neural") from error
        transformers.utils.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
        yield transformers


def first_line(error: Exception) -> str:
    """Return what an error of another library says, cut to one line of 200 characters."""
    text = str(error).strip() or type(error).__name__
    return text.split("\n", 1)[0][:200]
