"""Texts with one label each, as the baselines read them: raw, in the order of the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from fenban.training.tables.cases import read_cases

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from numpy.typing import NDArray

    from fenban.model.case import Case

Label = Literal["function", "lead_unit", "topic"]
LABELS: tuple[Label, ...] = get_args(Label)


@dataclass(frozen=True, slots=True)
class Labelled:
    """``n`` texts, their labels and, where known, the dates they came in."""

    texts: tuple[str, ...]
    labels: tuple[str, ...]
    dates: tuple[dt.date | None, ...]

    def __len__(self) -> int:
        return len(self.texts)

    def where(self, chosen: NDArray[np.bool_]) -> Labelled:
        """Return the texts where ``chosen``, (n,), holds."""
        rows = np.flatnonzero(chosen).tolist()
        return Labelled(
            tuple(self.texts[i] for i in rows),
            tuple(self.labels[i] for i in rows),
            tuple(self.dates[i] for i in rows),
        )


def read_labelled(path: Path, label: Label, limit: int | None = None) -> Labelled:
    """Read the texts of a table that carry a label, ``limit`` of them at most.

    Raises:
        TableError: the file cannot be read.
    """
    cases = [case for case in read_cases([path]) if _label_of(case, label)][:limit]
    return Labelled(
        tuple(case.submission.full_text for case in cases),
        tuple(_label_of(case, label) or "" for case in cases),
        tuple(case.submission.received_at for case in cases),
    )


def _label_of(case: Case, label: Label) -> str | None:
    return {"function": case.function, "lead_unit": case.lead_unit, "topic": case.topic}[label]
