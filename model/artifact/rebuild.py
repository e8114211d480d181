"""From settings, directory and arrays back to what a model knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from ..directory import Directory
from ..reading.local_places import LocalPlaces
from ..scoring.calibration import PrecisionCurve, TopCalibration
from ..scoring.classifier import Head, LinearHeads
from ..scoring.composition import UnitComposer, UnitTable
from ..scoring.content import ModelContent
from ..scoring.dense import DenseHeads
from ..scoring.features import FeatureSpace
from ..scoring.stage import Cascade, Gate, Stage, Weights
from .arrays import check_arrays
from .consistency import check_consistency
from .records import DIRECTORY
from .settings import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .arrays import Arrays

    Settings = Mapping[str, Any]


def rebuild_content(
    settings: Settings, records: Any, arrays: Arrays, *, encodes: bool = False
) -> ModelContent:
    """Rebuild a model of the present format, but for its encoder and the cases it remembers.

    Args:
        settings: the values of ``settings.json``.
        records: those of ``directory.json``; an empty object for a model without a directory.
        arrays: by name.
        encodes: whether the folder holds an encoder.

    Raises:
        ValueError: the values are not what the format promises.
        DirectoryError: the directory contradicts itself.
    """
    SETTINGS(settings, "settings")
    if records != {}:
        DIRECTORY(records, "directory")
    check_arrays(settings, arrays)
    check_consistency(settings, arrays, encodes=encodes)
    directory = Directory.from_records(records) if records else None
    table = _unit_table(settings, directory, arrays)
    places = _taught_places(settings, arrays)
    stages = {name: _stage(name, settings, arrays, table, places) for name in settings["stages"]}
    return ModelContent(
        space=FeatureSpace(arrays["space.slots"], arrays["space.idf"]),
        heads=_linear_heads(settings, arrays),
        sparse=stages["sparse"],
        fused=stages.get("fused"),
        dense=_dense_heads(settings, arrays),
        cascade=Cascade(*settings["cascade"]) if settings["cascade"] else None,
        directory=directory,
        home=settings["home"],
        local_places=tuple((name, path) for name, path in settings["local_places"]),
        target_precision=settings["target_precision"],
        least_known=float(settings["least_known"]),
        labels=tuple(settings["labels"]),
    )


def _heads(values: list[dict[str, Any]]) -> tuple[Head, ...]:
    return tuple(Head(h["name"], tuple(h["classes"]), int(h["start"])) for h in values)


def _linear_heads(settings: Settings, arrays: Arrays) -> LinearHeads:
    weights = sparse.csr_matrix(
        (
            arrays["weights.data"].astype(np.float32),
            arrays["weights.indices"].astype(np.int32),
            arrays["weights.indptr"],
        ),
        shape=(len(arrays["space.slots"]), len(arrays["intercept"])),
    )
    return LinearHeads(_heads(settings["heads"]), weights, arrays["intercept"])


def _dense_heads(settings: Settings, arrays: Arrays) -> DenseHeads | None:
    if settings["dense_heads"] is None:
        return None
    return DenseHeads(
        _heads(settings["dense_heads"]),
        arrays["dense.weights"],
        arrays["dense.intercept"],
        arrays["dense.centre"],
        settings["dense_raw"],
    )


def _unit_table(settings: Settings, directory: Directory | None, arrays: Arrays) -> UnitTable | None:
    if settings["units"] is None:
        return None
    by_key = {(unit.name, unit.function): unit for unit in directory.units} if directory else {}
    missing = [name for name, function in settings["units"] if (name, function) not in by_key]
    if missing:
        raise ValueError(f"units that the directory lacks: {', '.join(missing[:3])}")
    return UnitTable(
        tuple(by_key[(name, function)] for name, function in settings["units"]),
        arrays["units.function"],
        arrays["units.flat"],
        arrays["units.jurisdiction"],
        arrays["units.log_frequency"],
    )


def _taught_places(settings: Settings, arrays: Arrays) -> LocalPlaces | None:
    if settings["taught_places"] is None:
        return None
    names, paths = settings["taught_places"]
    return LocalPlaces.from_arrays(names, paths, arrays)


def _stage(
    name: str, settings: Settings, arrays: Arrays, table: UnitTable | None, taught: LocalPlaces | None
) -> Stage:
    values = settings["stages"][name]
    composer = None
    if table is not None:
        composer = UnitComposer(table, values["unit_weights"], _calibration(values["unit_top"]), taught)
    curves = {
        label: PrecisionCurve(
            arrays[f"curve.{name}.{label}.confidence"],
            arrays[f"curve.{name}.{label}.correct"],
            arrays.get(f"curve.{name}.{label}.answer"),
            tuple(answers),
        )
        for label, answers in values["curves"].items()
    }
    return Stage(
        {head: _weights(gates) for head, gates in values["weights"].items()},
        {label: _calibration(top) for label, top in values["tops"].items()},
        curves,
        composer,
    )


def _weights(gates: list[list[float]]) -> Weights:
    return Weights(*(Gate(*map(float, gate)) for gate in gates))


def _calibration(values: list[Any]) -> TopCalibration:
    a, b, c, by_class = values
    return TopCalibration(a, b, c, tuple(map(float, by_class)))
