"""A model is a folder of plain files: JSON and safetensors, never code.

``manifest.json`` names the format version, the library versions, the label sets, the data's
fingerprint, the metrics and the SHA-256 of every other file. Loading reads, checks, then builds;
it refuses a newer format, an unknown file, a changed hash. An older format is brought up to the
present one step by step, and then held against the same promises. The version of a model is the hash
of its manifest, so the same cases and the same seed give the same version.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError
from safetensors.numpy import load_file
from safetensors.numpy import save as tensor_bytes

from ..errors import DirectoryError, ModelFolderError
from ..memory.neighbours import Neighbours
from ..scoring.encoder import ENCODER_FILES, OnnxEncoder
from . import format_1, format_2
from .arrays import arrays_of
from .rebuild import rebuild_content
from .records import MANIFEST as MANIFEST_SHAPE
from .records import case_lines, cases_from
from .settings import settings_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ..scoring.content import ModelContent
    from .arrays import Arrays

FORMAT_VERSION = 3
_UPGRADES: dict[int, Callable[[dict[str, Any], Arrays], tuple[dict[str, Any], Arrays]]] = {
    1: format_1.upgrade,
    2: format_2.upgrade,
}  # from each older version to the next
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


def save(content: ModelContent, folder: Path) -> str:
    """Write ``content`` as a model folder, whole or not at all; return the version."""
    staging = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    try:
        (staging / ARRAYS).write_bytes(tensor_bytes(arrays_of(content)))
        _write_json(staging / DIRECTORY, content.directory.records() if content.directory else {})
        _write_json(staging / SETTINGS, settings_of(content))
        if content.encoder is not None:
            for name in ENCODER_FILES:
                shutil.copyfile(content.encoder.folder / name, staging / name)
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


def load(folder: Path, encoder_threads: int | None = None) -> ModelContent:
    """Read a model folder; ``encoder_threads`` is how many threads its encoder may keep busy.

    Raises:
        ModelFolderError: the folder is missing, incomplete, changed or written by a newer fenban.
    """
    manifest = read_manifest(folder)
    remembers = bool(set(_MEMORY) & set(manifest["files"]))
    reads = bool(set(ENCODER_FILES) & set(manifest["files"]))
    for name in _names(remembers=remembers, encodes=reads):
        expected = manifest["files"].get(name)
        path = folder / name
        if expected is None or not path.is_file():
            raise ModelFolderError(folder, f"{name} is missing - copy the whole folder again")
        if _sha256(path) != expected:
            raise ModelFolderError(folder, f"{name} was changed after training (its hash differs)")
    try:
        settings, arrays = _bring_up_to_date(
            manifest["format_version"],
            json.loads((folder / SETTINGS).read_text("utf-8")),
            load_file(folder / ARRAYS),
        )
        records = json.loads((folder / DIRECTORY).read_text("utf-8"))
        return replace(
            rebuild_content(settings, records, arrays, encodes=reads),
            neighbours=_neighbours(folder, settings) if remembers else None,
            encoder=OnnxEncoder.load(folder, encoder_threads) if reads else None,
            facts={key: value for key, value in manifest.items() if key not in ("format_version", "files")},
            version=_sha256(folder / MANIFEST)[:12],
        )
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
        MANIFEST_SHAPE(manifest, "manifest")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelFolderError(folder, f"{MANIFEST} cannot be read ({error})") from error
    if not isinstance(version, int) or version < 1 or not isinstance(files, dict):
        raise ModelFolderError(folder, f"{MANIFEST} is not one of a fenban model")
    if version > FORMAT_VERSION:
        raise ModelFolderError(
            folder, f"format {version} is newer than this fenban reads ({FORMAT_VERSION}) - upgrade fenban"
        )
    unknown = sorted(set(files) - {*_FILES, *_MEMORY, *ENCODER_FILES})
    if unknown:
        raise ModelFolderError(folder, f"it lists files of an unknown kind: {', '.join(unknown)}")
    return dict(manifest)


def _bring_up_to_date(
    version: int, settings: dict[str, Any], arrays: Arrays
) -> tuple[dict[str, Any], Arrays]:
    """Bring settings and arrays of any format up to the present one, step by step."""
    for older in range(version, FORMAT_VERSION):
        settings, arrays = _UPGRADES[older](settings, arrays)
    return settings, arrays


def _written(content: ModelContent) -> tuple[str, ...]:
    return _names(remembers=content.neighbours is not None, encodes=content.encoder is not None)


def _names(*, remembers: bool, encodes: bool) -> tuple[str, ...]:
    return (*_FILES, *(_MEMORY if remembers else ()), *(ENCODER_FILES if encodes else ()))


def _neighbours(folder: Path, settings: dict[str, Any]) -> Neighbours:
    cases = cases_from((folder / CASES).read_text("utf-8"))
    if settings["chance"] is None:
        raise ValueError("remembered cases without the likeness that chance gives them")
    return Neighbours.restore((folder / NEIGHBOURS).read_bytes(), cases, float(settings["chance"]))


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
