"""What a model knows, and how it is written as arrays and plain JSON values."""

from __future__ import annotations

from dataclasses import astuple, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from ..directory import Directory
from ..reading.local_places import LocalPlaces
from .calibration import PrecisionCurve, TopCalibration
from .classifier import Head, LinearHeads
from .composition import UnitComposer, UnitTable
from .dense import DenseHeads
from .encoder import ENCODER_FILES
from .features import TABLE_BITS, FeatureSpace
from .stage import Cascade, Gate, Stage, Weights

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ..memory.neighbours import Neighbours
    from .encoder import OnnxEncoder

    Arrays = Mapping[str, NDArray[Any]]

STAGES = ("sparse", "fused")


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
        if self.dense is None:
            return
        read = len(self.dense.centre)
        for what, given in (
            ("encoder", self.encoder.dimension if self.encoder else read),
            ("remembered case", self.neighbours.dimensions if self.neighbours else read),
        ):
            if given != read:
                raise ValueError(f"{what} of dimension {given}, heads of dimension {read}")

    @property
    def stage(self) -> Stage:
        """How the model answers with all that it has."""
        return self.fused or self.sparse

    @property
    def composer(self) -> UnitComposer | None:
        """What ranks units with all that the model has."""
        return self.stage.composer

    @property
    def zone_label(self) -> str:
        """What the zone of a suggestion speaks of: the lead unit, else the function, else the topic."""
        return next((label for label in ("lead_unit", "function", "topic") if label in self.labels), "topic")


def stages_of(content: ModelContent) -> dict[str, Stage]:
    """Return the stages of a model by name."""
    return {"sparse": content.sparse, **({"fused": content.fused} if content.fused else {})}


def arrays_of(content: ModelContent) -> dict[str, NDArray[Any]]:
    """Return the arrays of a model by name."""
    weights = content.heads.weights
    arrays: dict[str, NDArray[Any]] = {
        "space.slots": content.space.slots,
        "space.idf": content.space.idf,
        "weights.data": weights.data.astype(np.float16),
        "weights.indices": weights.indices.astype(np.uint16),
        "weights.indptr": weights.indptr.astype(np.int32),
        "intercept": content.heads.intercept,
    }
    for name, stage in stages_of(content).items():
        for label, curve in stage.curves.items():
            arrays[f"curve.{name}.{label}.confidence"] = curve.confidence
            arrays[f"curve.{name}.{label}.correct"] = curve.correct
            if curve.answer is not None:
                arrays[f"curve.{name}.{label}.answer"] = curve.answer
    if content.dense:
        arrays["dense.weights"] = content.dense.weights
        arrays["dense.intercept"] = content.dense.intercept
        arrays["dense.centre"] = content.dense.centre
    if content.composer:
        table = content.composer.table
        arrays["units.function"] = table.function
        arrays["units.flat"] = table.flat
        arrays["units.jurisdiction"] = table.jurisdiction
        arrays["units.log_frequency"] = table.log_frequency
        arrays |= content.composer.taught.arrays() if content.composer.taught else {}
    return {name: np.ascontiguousarray(array) for name, array in arrays.items()}


def settings_of(content: ModelContent) -> dict[str, Any]:
    """Return all that is no array, as JSON values."""
    composer = content.composer
    taught = composer.taught if composer else None
    return {
        "table_bits": TABLE_BITS,
        "heads": _head_values(tuple(content.heads.heads.values())),
        "dense_heads": _head_values(content.dense.heads) if content.dense else None,
        "dense_raw": content.dense.raw if content.dense else None,
        "stages": {name: _stage_values(stage) for name, stage in stages_of(content).items()},
        "cascade": list(astuple(content.cascade)) if content.cascade else None,
        "units": [[u.name, u.function] for u in composer.table.units] if composer else None,
        "taught_places": [list(taught.names), list(taught.paths)] if taught else None,
        "home": content.home,
        "local_places": [list(pair) for pair in content.local_places],
        "target_precision": content.target_precision,
        "least_known": content.least_known,
        "labels": list(content.labels),
        "chance": content.neighbours.chance if content.neighbours else None,
    }


def _head_values(heads: tuple[Head, ...]) -> list[dict[str, Any]]:
    ordered = sorted(heads, key=lambda head: head.start)
    return [{"name": h.name, "classes": list(h.classes), "start": h.start} for h in ordered]


def _stage_values(stage: Stage) -> dict[str, Any]:
    return {
        "weights": {name: list(astuple(weights)) for name, weights in sorted(stage.weights.items())},
        "tops": {label: list(astuple(top)) for label, top in sorted(stage.tops.items())},
        "curves": {label: list(curve.names) for label, curve in sorted(stage.curves.items())},
        "unit_weights": stage.composer.weights if stage.composer else None,
        "unit_top": list(astuple(stage.composer.calibration)) if stage.composer else None,
    }


def content_from(
    manifest: Mapping[str, Any],
    settings: dict[str, Any],
    records: dict[str, Any],
    arrays: Arrays,
    version: str,
) -> ModelContent:
    """Rebuild a model, but for its encoder and the cases it remembers.

    Raises:
        ValueError, KeyError, TypeError, IndexError: the values are not what the format promises.
    """
    if settings["table_bits"] != TABLE_BITS:
        raise ValueError(f"table of {settings['table_bits']} bits")
    if settings.get("dense_heads") and not set(ENCODER_FILES) <= set(manifest["files"]):
        raise ValueError("dense heads without their encoder")
    if manifest["format_version"] == 1:
        settings, arrays = _from_version_1(settings, arrays)
    _check_slots(arrays["space.slots"], arrays["space.idf"])
    directory = Directory.from_records(records) if records else None
    table = _units(settings, directory, arrays)
    taught = settings.get("taught_places")
    names, paths = taught or ((), ())
    places = LocalPlaces.from_arrays(names, paths, arrays) if taught else None
    stages = {
        name: _stage(name, values, arrays, table, places) for name, values in settings["stages"].items()
    }
    return ModelContent(
        space=FeatureSpace(arrays["space.slots"], arrays["space.idf"]),
        heads=_linear_heads(settings, arrays),
        sparse=stages["sparse"],
        fused=stages.get("fused"),
        dense=_dense(settings, arrays),
        cascade=Cascade(*settings["cascade"]) if settings.get("cascade") else None,
        directory=directory,
        home=settings["home"],
        local_places=tuple((name, path) for name, path in settings["local_places"]),
        target_precision=settings["target_precision"],
        least_known=float(settings.get("least_known", 0.0)),
        labels=tuple(settings["labels"]),
        facts={key: value for key, value in manifest.items() if key not in ("format_version", "files")},
        version=version,
    )


def _heads(values: list[dict[str, Any]]) -> tuple[Head, ...]:
    return tuple(Head(h["name"], tuple(h["classes"]), h["start"]) for h in values)


def _linear_heads(settings: Mapping[str, Any], arrays: Arrays) -> LinearHeads:
    heads = _heads(settings["heads"])
    width = sum(len(head.classes) for head in heads)
    weights = sparse.csr_matrix(
        (
            arrays["weights.data"].astype(np.float32),
            arrays["weights.indices"].astype(np.int32),
            arrays["weights.indptr"],
        ),
        shape=(len(arrays["space.slots"]), width),
    )
    weights.check_format(full_check=True)
    return LinearHeads(heads, weights, arrays["intercept"])


def _dense(settings: Mapping[str, Any], arrays: Arrays) -> DenseHeads | None:
    if not settings.get("dense_heads"):
        return None
    heads = _heads(settings["dense_heads"])
    weights, intercept = arrays["dense.weights"], arrays["dense.intercept"]
    width = sum(len(head.classes) for head in heads)
    if weights.shape[1] != width or intercept.shape != (width,):
        raise ValueError("dense heads of another width than their classes")
    centre = arrays["dense.centre"]
    if centre.shape != weights.shape[:1]:
        raise ValueError("dense heads of another dimension than their centre")
    return DenseHeads(heads, weights, intercept, centre, bool(settings["dense_raw"]))


def _check_slots(slots: NDArray[Any], idf: NDArray[Any]) -> None:
    if slots.shape != idf.shape or slots.ndim != 1 or (len(slots) and int(slots.max()) >> TABLE_BITS):
        raise ValueError("feature slots outside the table")


def _units(settings: Mapping[str, Any], directory: Directory | None, arrays: Arrays) -> UnitTable | None:
    if settings["units"] is None or directory is None:
        return None
    by_key = {(unit.name, unit.function): unit for unit in directory.units}
    return UnitTable(
        tuple(by_key[(name, function)] for name, function in settings["units"]),
        arrays["units.function"],
        arrays["units.flat"],
        arrays["units.jurisdiction"],
        arrays["units.log_frequency"],
    )


def _stage(
    name: str,
    values: Mapping[str, Any],
    arrays: Arrays,
    table: UnitTable | None,
    taught: LocalPlaces | None,
) -> Stage:
    composer = None
    if table is not None:
        top = _top(values["unit_top"])
        composer = UnitComposer(table, values["unit_weights"], top, taught)
    curves = {}
    for label, names in values["curves"].items():
        of = f"curve.{name}.{label}"
        answer = arrays.get(f"{of}.answer")
        if answer is not None and len(answer) and not 0 <= int(answer.max()) < len(names):
            raise ValueError(f"curve of {label}: answers without a name")
        curves[label] = PrecisionCurve(
            arrays[f"{of}.confidence"], arrays[f"{of}.correct"], answer, tuple(names)
        )
    return Stage(
        {head: _weights(gates) for head, gates in values["weights"].items()},
        {label: _top(top) for label, top in values["tops"].items()},
        curves,
        composer,
    )


def _weights(gates: list[Any]) -> Weights:
    """Models of before there were gates have a plain number for each part."""
    pairs = (gate if isinstance(gate, list) else [gate, gate] for gate in gates)
    return Weights(*(Gate(*map(float, pair)) for pair in pairs))


def _top(values: list[Any]) -> TopCalibration:
    a, b, c, *by_class = values
    return TopCalibration(a, b, c, tuple(map(float, by_class[0])) if by_class else ())


def _from_version_1(settings: dict[str, Any], arrays: Arrays) -> tuple[dict[str, Any], Arrays]:
    """Version 1 knew one stage, with a temperature for every head and weights of units by position."""
    unit_weights = None
    if settings["units"] is not None:
        unit_weights = dict(zip(_FACTORS_1, arrays["units.weights"].tolist(), strict=True))
    stage = {
        "weights": {name: [1 / value] for name, value in settings["temperatures"].items()},
        "tops": settings["tops"],
        "curves": {label: [] for label in settings["curves"]},
        "unit_weights": unit_weights,
        "unit_top": settings["unit_top"],
    }
    stage["weights"]["unit"] = [1.0]
    renamed = {
        f"curve.sparse.{name.removeprefix('curve.')}" if name.startswith("curve.") else name: array
        for name, array in arrays.items()
    }
    return {**settings, "stages": {"sparse": stage}}, renamed


_FACTORS_1 = ("flat", "jurisdiction", "named", "encloses", "frequency")
