"""Looking, before any long work, whether its result can be written where it is to go."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from fenban.model import InputError, ModelFolderError, artifact

if TYPE_CHECKING:
    from pathlib import Path


def check_writable(path: Path) -> None:
    """Refuse a file that cannot be written; nothing stays of the trial.

    Raises:
        InputError: it is a folder, or its folder is missing or cannot be written to.
    """
    if path.is_dir():
        raise InputError(f"{path}: is a folder, not a file")
    trial = path.with_name(f".{secrets.token_hex(4)}.tmp")
    try:
        trial.open("xb").close()
        trial.unlink()
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error})") from error


def check_model_target(folder: Path) -> None:
    """Refuse a folder in which no model can be put; ``folder`` is absolute.

    Raises:
        ModelFolderError: it holds something else, or cannot be made.
    """
    if folder.exists() and not folder.is_dir():
        raise ModelFolderError(folder, "is a file - choose another --out")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / artifact.MANIFEST).is_file():
        raise ModelFolderError(folder, "exists and is not a model folder - choose another --out")
    parent = next((place for place in folder.parents if place.exists()), folder)
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        raise ModelFolderError(folder, f"cannot be made in {parent} - choose another --out")
