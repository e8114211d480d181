"""Which texts are held back: the latest slices of time, or folds where there is too little time."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.model_selection import KFold

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from numpy.typing import NDArray

SLICE = 0.15  # of the dated cases, for each slice of time
SLICES = 2
ENOUGH_FOR_A_SLICE = 2500  # cases with a date
FOLDS = 4
OBSERVED_ENOUGH = 700  # unseen texts from which a few parameters can be learnt; folds beyond are saved


@dataclass(frozen=True, slots=True)
class Split:
    """One round: train where ``train`` holds, observe where ``unseen`` holds."""

    train: NDArray[np.bool_]
    unseen: NDArray[np.bool_]
    by_time: bool = False


def hold_back(dates: Sequence[dt.date | None], seed: int) -> list[Split]:
    """Split by time where there is time and enough of it, else into folds.

    The latest slices tell best how a model fares on what comes next; a small set cannot spare them.
    Each is seen by a model of all that came before it (forward chaining): one slice alone may be an
    unusual month. The latest comes last. Cases without a date are learnt from and never in a slice.
    """
    n = len(dates)
    dated = [date for date in dates if date is not None]
    if len(dated) >= ENOUGH_FOR_A_SLICE and len(set(dated)) > 5:
        ordinal = np.array([date.toordinal() if date else 0 for date in dates])
        order = np.argsort(ordinal, kind="stable")
        size = round(len(dated) * SLICE)
        return [_slice(order, n - (back + 1) * size, n - back * size) for back in reversed(range(SLICES))]
    folds = KFold(n_splits=min(FOLDS, n), shuffle=True, random_state=seed)
    rounds = min(FOLDS, math.ceil(OBSERVED_ENOUGH / (n / FOLDS)))
    found = []
    for _, held in itertools.islice(folds.split(np.zeros(n)), rounds):
        unseen = np.zeros(n, dtype=bool)
        unseen[held] = True
        found.append(Split(~unseen, unseen))
    return found


def _slice(order: NDArray[np.int64], start: int, stop: int) -> Split:
    """Observe the cases from ``start`` up to ``stop`` of ``order``, train on those before."""
    train, unseen = np.zeros(len(order), dtype=bool), np.zeros(len(order), dtype=bool)
    train[order[:start]] = True
    unseen[order[start:stop]] = True
    return Split(train, unseen, by_time=True)
