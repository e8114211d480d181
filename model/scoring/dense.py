"""Linear heads over the vectors of the encoder: the dense part beside the sparse one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .classifier import Head

_TINY = 1e-9


def unit_vectors(vectors: NDArray[np.float32], centre: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the (texts, dimension) vectors less ``centre``, each of length one.

    The vectors of a sentence encoder share most of their length and direction; what tells texts
    apart is what remains when the mean is taken off.
    """
    centred = vectors - centre
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    found: NDArray[np.float32] = (centred / np.maximum(lengths, _TINY)).astype(np.float32)
    return found


@dataclass(frozen=True, slots=True)
class DenseHeads:
    """Heads of one encoder; ``weights`` is (dimension, classes of all heads).

    ``centre`` is the mean vector of the training texts. Heads that were learnt together with the
    encoder read its vectors as they are (``raw``), others the centred vectors of length one.
    """

    heads: tuple[Head, ...]
    weights: NDArray[np.float32]
    intercept: NDArray[np.float32]
    centre: NDArray[np.float32]
    raw: bool = False

    def __contains__(self, name: str) -> bool:
        return any(head.name == name for head in self.heads)

    def unit_vectors(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the centred vectors of length one, the kind that texts are compared by."""
        return unit_vectors(vectors, self.centre)

    def scores(self, vectors: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Return the (texts, classes) margins of every head for (texts, dimension) raw vectors."""
        read = vectors if self.raw else self.unit_vectors(vectors)
        margins = read @ self.weights + self.intercept
        return {head.name: margins[:, head.columns] for head in self.heads}
