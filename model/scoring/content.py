"""What a model knows, before it is put to work and however it is stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .projection import DIMENSIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..directory import Directory
    from ..memory.neighbours import Neighbours
    from .classifier import LinearHeads
    from .composition import UnitComposer
    from .dense import DenseHeads
    from .encoder import OnnxEncoder
    from .features import FeatureSpace
    from .stage import Cascade, Stage


@dataclass(frozen=True, slots=True)
class ModelContent:
    """Everything that a model knows, before it is put to work.

    ``sparse`` is how the sparse part answers alone; ``fused`` how both parts answer together where
    there is an encoder, with the ``dense`` heads over its vectors. ``least_known`` is the share of
    a text's features that has to be known for the promise of ``auto`` to hold for it.
    """

    space: FeatureSpace
    heads: LinearHeads
    sparse: Stage
    fused: Stage | None = None
    dense: DenseHeads | None = None
    encoder: OnnxEncoder | None = None
    cascade: Cascade | None = None
    directory: Directory | None = None
    home: str | None = None
    local_places: tuple[tuple[str, str], ...] = ()
    target_precision: float = 0.95
    least_known: float = 0.0
    labels: tuple[str, ...] = ()
    neighbours: Neighbours | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    version: str = ""

    def __post_init__(self) -> None:
        """Refuse parts whose vectors are of different lengths."""
        read = len(self.dense.centre) if self.dense else DIMENSIONS
        if self.dense and self.encoder and self.encoder.dimension != read:
            raise ValueError(f"encoder of dimension {self.encoder.dimension}, heads of dimension {read}")
        if self.neighbours and self.neighbours.dimensions != read:
            raise ValueError(
                f"remembered cases of dimension {self.neighbours.dimensions}, texts of dimension {read}"
            )

    @property
    def stage(self) -> Stage:
        """How the model answers with all that it has."""
        return self.fused or self.sparse

    @property
    def stages(self) -> dict[str, Stage]:
        """The stages by name: ``sparse``, and ``fused`` where there is an encoder."""
        return {"sparse": self.sparse, **({"fused": self.fused} if self.fused else {})}

    @property
    def composer(self) -> UnitComposer | None:
        """What ranks units with all that the model has."""
        return self.stage.composer

    @property
    def zone_label(self) -> str:
        """What the zone of a suggestion speaks of: the lead unit, else the function, else the topic."""
        return next((label for label in ("lead_unit", "function", "topic") if label in self.labels), "topic")
