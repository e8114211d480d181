"""The vector of a matter, from the encoder of the model that serves, in the form in which it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fenban.model import hide, normalise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fenban.model import ModelContent, Submission

_STEPS = 127


@dataclass(frozen=True, slots=True)
class Vector:
    """A centred vector as bytes (int8), and which encoder made it; others' are not comparable."""

    encoder: str
    values: bytes


class Meaning:
    """Reads what a matter means, where the model can.

    A fine-tuned encoder is not asked: it draws together whatever goes to one department, and says
    little on whether two such matters are the same.
    """

    def __init__(self, content: ModelContent) -> None:
        frozen = content.dense is not None and not content.dense.raw
        self._encoder = content.encoder if frozen else None
        self._dense = content.dense

    def vector(self, submission: Submission) -> Vector | None:
        """Return the vector of a masked text; None where there is no such encoder."""
        if self._encoder is None or self._dense is None:
            return None
        text = normalise(hide(submission.full_text)).text  # as the model reads it, so that it is read once
        unit = self._dense.unit_vectors(self._encoder.encode([text]))[0]
        return Vector(self._encoder.fingerprint, pack_vector(unit))


def pack_vector(unit: NDArray[np.float32]) -> bytes:
    """Return a vector as int8, scaled to its largest component: of a vector only the angle counts."""
    largest = np.abs(unit).max(initial=0)
    return np.rint(unit * (_STEPS / largest if largest else 0)).astype(np.int8).tobytes()


def unpack_vector(values: bytes) -> NDArray[np.float32]:
    """Return what ``pack_vector`` wrote, of length one (zero where it was zero)."""
    vector = np.frombuffer(values, dtype=np.int8).astype(np.float32)
    found: NDArray[np.float32] = vector / max(float(np.linalg.norm(vector)), 1.0)
    return found
