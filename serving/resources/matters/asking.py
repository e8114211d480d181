"""Asking the model about a matter's masked text, without losing the matter where it does not answer."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ...inference.batching import NotReadyError, Options, OverloadedError

if TYPE_CHECKING:
    from fenban.model import Submission, Suggestion

    from ...http.service import Service

_TOP = 5  # ranks of a decided unit are known that far

logger = logging.getLogger(__name__)


async def ask(service: Service, submission: Submission) -> Suggestion:
    """Return the model's suggestion for one text.

    Raises:
        OverloadedError: too many texts wait already.
        NotReadyError: the service is starting or stopping.
    """
    answers = await service.batcher.suggest([submission], Options(top=_TOP))
    return answers.items[0]


async def ask_if_possible(service: Service, submission: Submission) -> Suggestion | None:
    """Return the same, or None where the model does not answer: what came in is kept all the same."""
    try:
        return await ask(service, submission)
    except (OverloadedError, NotReadyError):
        logger.warning("a matter was taken in without a suggestion: the model is overloaded")
        return None
