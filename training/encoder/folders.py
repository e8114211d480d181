"""Encoders ready to serve, made once from what was found and kept in a cache folder."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import filelock
import numpy as np

from fenban.model import (
    ENCODER_FILES,
    GRAPH,
    TOKENIZER,
    EncoderSettings,
    InputError,
    ModelFolderError,
    OnnxEncoder,
    fingerprint_of,
)

from ..progress import silent
from .checkpoints import load_checkpoint, load_tokenizer, open_checkpoint, write_default
from .export import EXPORT_VERSION, check_export, export
from .graphs import find_graph, frame_graph
from .options import AS_DECLARED
from .quiet import first_line, quiet_transformers
from .sources import EncoderSource, Layout, find_source

if TYPE_CHECKING:
    from ..progress import Progress
    from .options import EncoderOptions

_SEAL = "fingerprint"
_STEP = "exporting the encoder"


def encoder_folder(
    spec: str, cache: Path, progress: Progress = silent, options: EncoderOptions = AS_DECLARED
) -> Path:
    """Return the folder of the encoder that ``spec`` names, made where the cache has none yet.

    Args:
        spec: ``e5-small-zh``, a Hugging Face name or a folder: see ``Layout``.
        cache: holds one folder for every encoder's content and traits; another process may be making it.
        progress: told what is being done.
        options: what the user says of the encoder.

    Raises:
        InputError: the spec names nothing that can be had or read, or what has to be known is not said.
        MissingExtraError: a library is not installed that making it needs.
    """
    source = find_source(spec, progress, options)
    parent = cache / "encoders"
    parent.mkdir(parents=True, exist_ok=True)
    key = hashlib.sha256(f"{EXPORT_VERSION} {source.content_hash()}".encode()).hexdigest()
    folder = parent / f"{source.name}-{key[:16]}"
    with filelock.FileLock(parent / f".{folder.name}.lock"):
        if not _is_whole(folder):
            _make(folder, source, options, progress)
    return folder


def _make(folder: Path, source: EncoderSource, options: EncoderOptions, progress: Progress) -> None:
    """Put a whole encoder where ``folder`` says."""
    with tempfile.TemporaryDirectory(prefix=".new-", dir=folder.parent) as staging:
        out = Path(staging, "encoder")
        out.mkdir()
        if source.layout is Layout.ENCODER:
            _copy_encoder(source, out)
        elif source.layout is Layout.GRAPH:
            _write_graph(source, out, options)
        else:
            _convert(source, out, Path(staging, "checkpoint"), progress)
        (out / _SEAL).write_text(fingerprint_of(out), "ascii")
        shutil.rmtree(folder, ignore_errors=True)
        out.rename(folder)
        progress(_STEP, 1, 1)


def _convert(source: EncoderSource, out: Path, unpacked: Path, progress: Progress) -> None:
    """Export a checkpoint; the offline default is unpacked beside it and does not stay."""
    if source.layout is Layout.PACKED:
        unpacked.mkdir()
        write_default(unpacked, progress)
        checkpoint = load_checkpoint(unpacked, source)
    else:
        checkpoint = open_checkpoint(source, unpacked)
    progress(_STEP, 0, 1)
    export(checkpoint, out)
    check_export(checkpoint, out)


def _copy_encoder(source: EncoderSource, out: Path) -> None:
    for name in (GRAPH, TOKENIZER):
        shutil.copyfile(source.path / name, out / name)
    told = EncoderSettings.read(source.path)
    settings_of(source, told.dimension, told.revision).write(out)


def _write_graph(source: EncoderSource, out: Path, options: EncoderOptions) -> None:
    """Frame a ready graph, find out how long its vectors are, and write the three files."""
    graph, traits = find_graph(source.path), source.traits
    if graph is None:
        raise InputError(f"{source.path} holds no graph any more")
    model = frame_graph(graph, traits, options.pooling)
    try:
        (out / GRAPH).write_bytes(model.SerializeToString())
    except Exception as error:  # protobuf's errors have no base of their own
        raise InputError(f"{graph} is too large to be one file ({first_line(error)})") from error
    _save_tokenizer(source.path, graph.parent, out)
    settings_of(source, _measure_dimension(graph, out), source.revision).write(out)
    try:
        OnnxEncoder.load(out)
    except ModelFolderError as error:
        problem = str(error).partition(f"{out}: ")[2]
        unlimited = traits.limit is None and "do not fit" in problem
        hint = " - if it reads fewer tokens than 64, say so with --max-tokens" if unlimited else ""
        raise InputError(f"{source.path} cannot be used: {problem}{hint}") from error


def _save_tokenizer(folder: Path, beside: Path, out: Path) -> None:
    for place in (folder, beside):
        if (place / TOKENIZER).is_file():
            shutil.copyfile(place / TOKENIZER, out / TOKENIZER)
            return
    with quiet_transformers() as transformers:
        try:
            load_tokenizer(folder, transformers).save(str(out / TOKENIZER))
        except Exception as error:  # transformers raises whatever its parts raise
            raise InputError(f"{folder}: its tokenizer cannot be read ({first_line(error)})") from error


def _measure_dimension(graph: Path, out: Path) -> int:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(str(out / GRAPH), options, providers=["CPUExecutionProvider"])
        (vectors,) = session.run(None, {"input_ids": np.ones((1, 3), dtype=np.int64)})
    except Exception as error:  # onnxruntime's errors have no base of their own
        raise InputError(f"{graph} cannot be run ({first_line(error)})") from error
    if vectors.ndim != 2:
        raise InputError(
            f"{graph} gives {vectors.shape} for a text of three tokens, which is no vector a text"
        )
    return int(vectors.shape[1])


def settings_of(source: EncoderSource, dimension: int, revision: str | None) -> EncoderSettings:
    """Return what ``encoder.json`` says of an encoder made from a source."""
    traits = source.traits
    return EncoderSettings(
        source.name,
        traits.prefix,
        traits.max_tokens,
        dimension,
        traits.pooling,
        traits.normalised,
        traits.limit,
        revision,
    )


def _is_whole(folder: Path) -> bool:
    if not all((folder / name).is_file() for name in (*ENCODER_FILES, _SEAL)):
        return False
    return (folder / _SEAL).read_text("ascii", "replace") == fingerprint_of(folder)
