"""Which resolved cases a model remembers, and what of each: masked, short, the latest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fenban.model import LONGEST, MOST_CASES, Neighbours, ResolvedCase, mask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fenban.model import Case


def remember(cases: Sequence[Case], vectors: NDArray[np.float32]) -> Neighbours | None:
    """Index the latest cases that say where they went; ``vectors[i]`` belongs to ``cases[i]``.

    Returns None where no case carries a unit, a function or a topic.
    """
    rows = select_latest_labelled(cases)
    if not rows:
        return None
    return Neighbours.build(vectors[np.array(rows)], [summarise_case(cases[row]) for row in rows])


def select_latest_labelled(cases: Sequence[Case], most: int = MOST_CASES) -> list[int]:
    """Return the numbers of the ``most`` latest labelled cases; those without a date come last."""
    labelled = [i for i, case in enumerate(cases) if case.lead_unit or case.function or case.topic]
    days = {i: cases[i].submission.received_at for i in labelled}
    ordinals = {i: day.toordinal() if day else 0 for i, day in days.items()}
    return sorted(labelled, key=lambda i: -ordinals[i])[:most]


def summarise_case(case: Case) -> ResolvedCase:
    """Return what is kept of a case."""
    day = case.submission.received_at
    return ResolvedCase(
        text=excerpt(case.submission.full_text),
        lead_unit=case.lead_unit,
        function=case.function,
        topic=case.topic,
        received_at=day.isoformat() if day else None,
    )


def excerpt(text: str, longest: int = LONGEST) -> str:
    """Return the beginning of a text, masked, in one line; masking comes first, cutting after."""
    line = " ".join(mask(text).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"
