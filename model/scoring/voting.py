"""How the remembered cases nearest to a text were decided, as margins beside those of the heads.

Few cases are enough for a vote, so it speaks for the many small departments that a classifier
hardly learns (k nearest neighbours weighed by similarity: Dudani, 1976).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..case import TOPIC_SEPARATOR
from ..memory.neighbours import ResolvedCase, vote_shares

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

SHARPNESS = 6.0  # the power of a neighbour's similarity that its vote weighs
_FLOOR = 0.01  # of a share: nobody voted is not never


def _topic(case: ResolvedCase, levels: int) -> str | None:
    return TOPIC_SEPARATOR.join(case.topic.split(TOPIC_SEPARATOR)[:levels]) if case.topic else None


LABELS: dict[str, Callable[[ResolvedCase], str | None]] = {
    "function": lambda case: case.function,
    "unit": lambda case: case.lead_unit,
    "topic": lambda case: _topic(case, 2),
    "topic_first": lambda case: _topic(case, 1),
}


class Voters:
    """The labels of remembered cases, by the class numbers of the heads."""

    def __init__(self, cases: Sequence[ResolvedCase], classes: Mapping[str, Sequence[str]]) -> None:
        self._labels: dict[str, tuple[NDArray[np.int64], int]] = {}
        for head, label_of in LABELS.items():
            names = classes.get(head, ())
            if names:
                number = {name: i for i, name in enumerate(names)}
                found = [number.get(label_of(case) or "", -1) for case in cases]
                self._labels[head] = np.array(found, dtype=np.int64), len(names)

    def margins(
        self, numbers: NDArray[np.int64], similarities: NDArray[np.float32]
    ) -> dict[str, NDArray[np.float32]]:
        """Return (texts, classes) log-shares of the votes of (texts, k) nearest cases, by head."""
        return {
            head: log_shares(numbers, similarities, labels, n) for head, (labels, n) in self._labels.items()
        }


def log_shares(
    numbers: NDArray[np.int64], similarities: NDArray[np.float32], labels: NDArray[np.int64], n_classes: int
) -> NDArray[np.float32]:
    """Return (texts, classes) log-shares of the votes; ``labels[j]`` is the class of case ``j``."""
    shares = vote_shares(numbers, similarities, labels, n_classes, SHARPNESS)
    found: NDArray[np.float32] = np.log(shares + np.float32(_FLOOR))
    return found
