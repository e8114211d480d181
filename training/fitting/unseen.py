"""What classifiers say of texts they were not trained on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..progress import silent
from .classifiers import Target, fit_heads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy import sparse

    from fenban.model import LinearHeads

    from ..progress import Progress
    from .splits import Split

_UNSEEN_CLASS_MARGIN = -1.2  # of a class that the round's training part does not hold


@dataclass(frozen=True, slots=True)
class Observed:
    """Margins of unseen texts. ``rows`` are their numbers; ``margins[head]`` is (rows, classes)."""

    rows: NDArray[np.int64]
    margins: dict[str, NDArray[np.float32]]

    def truth(self, target: Target) -> NDArray[np.int64]:
        """Return the class number of each observed text, -1 where it has no label."""
        number = {name: i for i, name in enumerate(target.classes)}
        of_row = {int(row): number[label] for row, label in zip(target.rows, target.labels, strict=True)}  # type: ignore[index]
        return np.array([of_row.get(int(row), -1) for row in self.rows], dtype=np.int64)

    def held(self, target: Target) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        """Return, for a target of several labels, (labelled rows, classes) and those rows' positions."""
        number = {name: i for i, name in enumerate(target.classes)}
        of_row = {int(row): labels for row, labels in zip(target.rows, target.labels, strict=True)}
        positions = np.array([i for i, row in enumerate(self.rows) if int(row) in of_row], dtype=np.int64)
        holds = np.zeros((len(positions), len(number)), dtype=bool)
        for i, position in enumerate(positions):
            holds[i, [number[label] for label in of_row[int(self.rows[position])]]] = True
        return holds, positions


def observe(
    features: sparse.csr_matrix,
    targets: Sequence[Target],
    rounds: Sequence[Split],
    seed: int,
    progress: Progress = silent,
) -> Observed:
    """Train on each round's training part and note the margins of its unseen part."""
    rows: list[NDArray[np.int64]] = []
    margins: dict[str, list[NDArray[np.float32]]] = {target.name: [] for target in targets}
    for done, split in enumerate(rounds):
        progress("observe", done, len(rounds))
        parts = [part for target in targets if len((part := target.within(split.train)).rows)]
        heads = fit_heads(features, parts, seed)
        unseen = np.flatnonzero(split.unseen)
        rows.append(unseen)
        scores = heads.scores(features[unseen])
        for target in targets:
            margins[target.name].append(_align(heads, scores, target))
    progress("observe", len(rounds), len(rounds))
    return Observed(np.concatenate(rows), {name: np.vstack(parts) for name, parts in margins.items()})


def _align(heads: LinearHeads, scores: NDArray[np.float32], target: Target) -> NDArray[np.float32]:
    out = np.full((len(scores), len(target.classes)), _UNSEEN_CLASS_MARGIN, dtype=np.float32)
    if target.name in heads:
        number = {name: i for i, name in enumerate(target.classes)}
        known = [number[name] for name in heads.heads[target.name].classes]
        out[:, known] = heads.of(target.name, scores)
    return out
