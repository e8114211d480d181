"""A model is a folder of plain files: JSON and safetensors, never code.

``manifest.json`` names the format version, the library versions, the label sets, the data's
fingerprint, the metrics and the SHA-256 of every other file. Loading reads, checks, then builds;
it refuses a newer format, an unknown file, a changed hash. The version of a model is the hash of
its manifest, so the same cases and the same seed give the same version.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import astuple, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file
from safetensors.numpy import save as tensor_bytes
from scipy import sparse

from fenban.model.calibration import PrecisionCurve, TopCalibration
from fenban.model.classifier import Head, LinearHeads
from fenban.model.composition import FACTORS, UnitComposer, UnitTable
from fenban.model.directory import Directory
from fenban.model.errors import DirectoryError, ModelFolderError
from fenban.model.features import TABLE_BITS, FeatureSpace
from fenban.model.neighbours import Neighbours, case_lines, cases_from

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

FORMAT_VERSION = 1
MANIFEST = "manifest.json"
ARRAYS = "arrays.safetensors"
DIRECTORY = "directory.json"
SETTINGS = "settings.json"
CASES = "cases.jsonl"
NEIGHBOURS = "neighbours.usearch"
_FILES = (ARRAYS, DIRECTORY, SETTINGS)
_MEMORY = (CASES, NEIGHBOURS)  # both, or neither in a model that remembers no cases
_MALFORMED = (
    SafetensorError,
    DirectoryError,
    AttributeError,
    IndexError,
    KeyError,
    RecursionError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class ModelContent:
    """Everything that a model knows, before it is put to work."""

    space: FeatureSpace
    heads: LinearHeads
    temperatures: Mapping[str, float]
    tops: Mapping[str, TopCalibration]
    curves: Mapping[str, PrecisionCurve]
    directory: Directory | None = None
    composer: UnitComposer | None = None
    home: str | None = None
    local_places: tuple[tuple[str, str], ...] = ()
    target_precision: float = 0.95
    labels: tuple[str, ...] = ()
    neighbours: Neighbours | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    version: str = ""


def save(content: ModelContent, folder: Path) -> str:
    """Write ``content`` as a model folder, whole or not at all; return the version."""
    staging = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    try:
        (staging / ARRAYS).write_bytes(tensor_bytes(_arrays(content)))
        _write_json(staging / DIRECTORY, content.directory.records() if content.directory else {})
        _write_json(staging / SETTINGS, _settings(content))
        if content.neighbours is not None:
            (staging / CASES).write_text(case_lines(content.neighbours.cases), "utf-8", newline="\n")
            (staging / NEIGHBOURS).write_bytes(content.neighbours.to_bytes())
        manifest = {
            "format_version": FORMAT_VERSION,
            **content.facts,
            "files": {name: _sha256(staging / name) for name in _written(content)},
        }
        _write_json(staging / MANIFEST, manifest)
        version = _sha256(staging / MANIFEST)[:12]
        _replace(staging, folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return version


def load(folder: Path) -> ModelContent:
    """Read a model folder.

    Raises:
        ModelFolderError: the folder is missing, incomplete, changed or written by a newer fenban.
    """
    manifest = read_manifest(folder)
    remembers = bool(set(_MEMORY) & set(manifest["files"]))
    for name in (*_FILES, *_MEMORY) if remembers else _FILES:
        expected = manifest["files"].get(name)
        path = folder / name
        if expected is None or not path.is_file():
            raise ModelFolderError(folder, f"{name} is missing - copy the whole folder again")
        if _sha256(path) != expected:
            raise ModelFolderError(folder, f"{name} was changed after training (its hash differs)")
    try:
        arrays = load_file(folder / ARRAYS)
        settings = json.loads((folder / SETTINGS).read_text("utf-8"))
        records = json.loads((folder / DIRECTORY).read_text("utf-8"))
        content = _build(manifest, settings, records, arrays, _sha256(folder / MANIFEST)[:12])
        return replace(content, neighbours=_neighbours(folder, settings)) if remembers else content
    except _MALFORMED as error:
        raise ModelFolderError(folder, f"its content is not what the format promises ({error})") from error


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest after checking that this fenban can read the folder."""
    path = folder / MANIFEST
    if not folder.is_dir():
        raise ModelFolderError(folder, "no such folder - train one with 'fenban train --out DIR'")
    if not path.is_file():
        raise ModelFolderError(folder, f"not a model folder ({MANIFEST} is missing)")
    try:
        manifest = json.loads(path.read_text("utf-8"))
        version = manifest["format_version"]
        files = manifest["files"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelFolderError(folder, f"{MANIFEST} cannot be read ({error})") from error
    if not isinstance(version, int) or version < 1 or not isinstance(files, dict):
        raise ModelFolderError(folder, f"{MANIFEST} is not one of a fenban model")
    if version > FORMAT_VERSION:
        raise ModelFolderError(
            folder, f"format {version} is newer than this fenban reads ({FORMAT_VERSION}) - upgrade fenban"
        )
    unknown = sorted(set(files) - {*_FILES, *_MEMORY})
    if unknown:
        raise ModelFolderError(folder, f"it lists files of an unknown kind: {', '.join(unknown)}")
    return dict(manifest)


def _arrays(content: ModelContent) -> dict[str, NDArray[Any]]:
    weights = content.heads.weights
    arrays: dict[str, NDArray[Any]] = {
        "space.slots": content.space.slots,
        "space.idf": content.space.idf,
        "weights.data": weights.data.astype(np.float16),
        "weights.indices": weights.indices.astype(np.uint16),
        "weights.indptr": weights.indptr.astype(np.int32),
        "intercept": content.heads.intercept,
    }
    for label, curve in content.curves.items():
        arrays[f"curve.{label}.confidence"] = curve.confidence
        arrays[f"curve.{label}.correct"] = curve.correct
    if content.composer:
        table = content.composer.table
        arrays["units.function"] = table.function
        arrays["units.flat"] = table.flat
        arrays["units.jurisdiction"] = table.jurisdiction
        arrays["units.log_frequency"] = table.log_frequency
    return {name: np.ascontiguousarray(array) for name, array in arrays.items()}


def _settings(content: ModelContent) -> dict[str, Any]:
    heads = sorted(content.heads.heads.values(), key=lambda head: head.start)
    return {
        "table_bits": TABLE_BITS,
        "heads": [{"name": h.name, "classes": list(h.classes), "start": h.start} for h in heads],
        "temperatures": dict(sorted(content.temperatures.items())),
        "tops": {label: [top.a, top.b, top.c] for label, top in sorted(content.tops.items())},
        "curves": sorted(content.curves),
        "units": [[u.name, u.function] for u in content.composer.table.units] if content.composer else None,
        "unit_weights": content.composer.weights if content.composer else None,
        "unit_top": astuple(content.composer.calibration) if content.composer else None,
        "home": content.home,
        "local_places": [list(pair) for pair in content.local_places],
        "target_precision": content.target_precision,
        "labels": list(content.labels),
        "chance": content.neighbours.chance if content.neighbours else None,
    }


def _build(
    manifest: dict[str, Any],
    settings: dict[str, Any],
    records: dict[str, Any],
    arrays: dict[str, NDArray[Any]],
    version: str,
) -> ModelContent:
    if settings["table_bits"] != TABLE_BITS:
        raise ValueError(f"table of {settings['table_bits']} bits")
    heads = tuple(Head(h["name"], tuple(h["classes"]), h["start"]) for h in settings["heads"])
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
    _check_slots(arrays["space.slots"], arrays["space.idf"])
    directory = Directory.from_records(records) if records else None
    facts = {key: value for key, value in manifest.items() if key not in ("format_version", "files")}
    return ModelContent(
        space=FeatureSpace(arrays["space.slots"], arrays["space.idf"]),
        heads=LinearHeads(heads, weights, arrays["intercept"]),
        temperatures=settings["temperatures"],
        tops={label: TopCalibration(*values) for label, values in settings["tops"].items()},
        curves={
            label: PrecisionCurve(arrays[f"curve.{label}.confidence"], arrays[f"curve.{label}.correct"])
            for label in settings["curves"]
        },
        directory=directory,
        composer=_composer(settings, directory, arrays),
        home=settings["home"],
        local_places=tuple((name, path) for name, path in settings["local_places"]),
        target_precision=settings["target_precision"],
        labels=tuple(settings["labels"]),
        facts=facts,
        version=version,
    )


def _written(content: ModelContent) -> tuple[str, ...]:
    return (*_FILES, *_MEMORY) if content.neighbours is not None else _FILES


def _neighbours(folder: Path, settings: dict[str, Any]) -> Neighbours:
    cases = cases_from((folder / CASES).read_text("utf-8"))
    return Neighbours.restore((folder / NEIGHBOURS).read_bytes(), cases, float(settings["chance"]))


def _check_slots(slots: NDArray[Any], idf: NDArray[Any]) -> None:
    if slots.shape != idf.shape or slots.ndim != 1 or (len(slots) and int(slots.max()) >> TABLE_BITS):
        raise ValueError("feature slots outside the table")


def _composer(
    settings: dict[str, Any], directory: Directory | None, arrays: dict[str, NDArray[Any]]
) -> UnitComposer | None:
    if settings["units"] is None or directory is None:
        return None
    by_key = {(unit.name, unit.function): unit for unit in directory.units}
    units = [by_key[(name, function)] for name, function in settings["units"]]
    table = UnitTable(
        tuple(units),
        arrays["units.function"],
        arrays["units.flat"],
        arrays["units.jurisdiction"],
        arrays["units.log_frequency"],
    )
    weights = settings.get("unit_weights")
    if weights is None:  # written before factors had names
        weights = dict(zip(FACTORS, arrays["units.weights"].tolist(), strict=False))
    return UnitComposer(table, weights, TopCalibration(*settings["unit_top"]))


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8")


def _sha256(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _replace(staging: Path, folder: Path) -> None:
    if folder.exists():
        if not folder.is_dir():
            raise ModelFolderError(folder, "exists and is a file - choose another --out")
        if any(folder.iterdir()) and not (folder / MANIFEST).is_file():
            raise ModelFolderError(folder, "exists and is not a model folder - choose another --out")
        shutil.rmtree(folder)
    staging.rename(folder)
