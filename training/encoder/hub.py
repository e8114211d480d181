"""Checkpoints from Hugging Face: looked up in its own cache, downloaded where they are not there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fenban.model import InputError

from .quiet import first_line, quiet_transformers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..progress import Progress

_NAME = re.compile(r"(?P<name>[\w.-]+(/[\w.-]+)?)(@(?P<revision>[\w./-]+))?")
_WANTED = ("*.json", "*.safetensors", "*.txt", "*.model")
_GRAPHS = ("model.onnx*", "onnx/model.onnx*")


def split_revision(spec: str) -> tuple[str, str | None] | None:
    """Return name and revision of ``NAME`` or ``NAME@REVISION``, None where it is neither."""
    match = None if spec.startswith(".") else _NAME.fullmatch(spec)
    return (match["name"], match["revision"]) if match else None


def from_hub(name: str, revision: str | None, progress: Progress) -> Path:
    """Return the folder of a checkpoint; its own name is the commit.

    Args:
        name: as on Hugging Face.
        revision: a commit, a tag or a branch; None: what the cache has as the newest, else the newest.
        progress: told before something is downloaded.

    Raises:
        InputError: it is neither in the cache nor to be had.
        MissingExtraError: transformers is not installed.
    """
    with quiet_transformers():
        import huggingface_hub

        bars: Any = huggingface_hub.utils
        bars.disable_progress_bars()

        def snapshot(patterns: Sequence[str] | None, *, here: bool = False) -> Path:
            found = huggingface_hub.snapshot_download(
                name,
                revision=revision,
                allow_patterns=None if here else list(patterns or ()),
                local_files_only=here,
            )
            return Path(found)

        kept = _look_up(snapshot)
        if kept is not None and (kept / "modules.json").is_file():
            return kept
        progress(f"downloading {name}")
        try:
            folder = snapshot(_WANTED)
            return folder if any(folder.rglob("*.safetensors")) else snapshot((*_WANTED, *_GRAPHS))
        except Exception as error:  # the hub's errors are those of several HTTP libraries
            if kept is not None:  # transformers had fetched it, without what is said of the pooling
                return kept
            wanted = f"{name}@{revision}" if revision else name
            raise InputError(
                f"encoder {wanted}: neither a folder nor downloadable ({first_line(error)}) - give a folder, "
                "or e5-small-zh, which needs no network"
            ) from error


def _look_up(snapshot: Any) -> Path | None:
    try:
        folder: Path = snapshot(None, here=True)
    except (OSError, ValueError):  # not in the cache
        return None
    whole = (folder / "config.json").is_file() and any(folder.rglob("*.safetensors"))
    return folder if whole or any(folder.rglob("model.onnx")) else None
