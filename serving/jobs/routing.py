"""Suggestions for texts, with the model in a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fenban.model import BATCH
from fenban.training import load_router

from ..inference.pool import Asked, suggest_batches

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fenban.model import Submission, Suggestion


def route_texts(
    folder: Path, submissions: Sequence[Submission], top: int = 3, *, cascade: bool | None = None
) -> list[Suggestion]:
    """Return a suggestion for each text, in order; of one text alone with all the evidence there is.

    Args:
        folder: of the model.
        submissions: the texts; a long list is shared among all cores.
        top: how many departments each suggestion ranks.
        cascade: ask the encoder only where the sparse part is unsure; None: for a long list.

    Raises:
        ModelFolderError: the model is missing or damaged.
    """
    router = load_router(folder)
    is_long = len(submissions) > BATCH
    cascade = is_long if cascade is None else cascade
    if not is_long:
        only_one = len(submissions) == 1
        return router.suggest(
            submissions, top=top, evidence="full" if only_one else "words", thorough=not cascade
        )
    batches = (list(submissions[i : i + BATCH]) for i in range(0, len(submissions), BATCH))
    return [s for part in suggest_batches(router, batches, Asked(top, cascade=cascade), folder) for s in part]
