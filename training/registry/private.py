"""Files for the service's own user alone: what people wrote lies in them, whatever the umask says."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_OWN = ("registry", "uploads")  # folders of a home that may hold what people wrote
_STORE = "fenban.db*"  # with the write-ahead log and its index


def make_private(folder: Path) -> None:
    """Make a folder, where there is none, that only its owner enters; its parents are made as usual."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)


def open_files(home: Path) -> Iterator[Path]:
    """Yield the home folder and what lies in it, as far as others than its owner may read or change it."""
    if os.name != "posix" or not home.is_dir():
        return
    below = (path for name in _OWN for path in (home / name, *(home / name).rglob("*")))
    own = [home] if _is_ours_alone(home) else []
    for path in (*own, *home.glob(_STORE), *below):
        if _is_open(path):
            yield path


def _is_ours_alone(home: Path) -> bool:
    """Whether a folder was made for fenban: not one that somebody shares with it, such as ``/tmp``."""
    shared = home == Path.home() or home.stat().st_mode & stat.S_ISVTX
    return not shared and ((home / "registry").is_dir() or any(home.glob(_STORE)))


def _is_open(path: Path) -> bool:
    try:
        found = path.lstat()
    except OSError:  # gone meanwhile
        return False
    return not stat.S_ISLNK(found.st_mode) and bool(found.st_mode & _OTHERS)


def tighten(home: Path) -> None:
    """Take from others what they may do in a home folder; what is somebody else's stays as it is."""
    for path in open_files(home):
        close_to_others(path)


def close_to_others(path: Path) -> None:
    """Let only its owner read and change a file or enter a folder; one that is not ours stays as it is."""
    try:
        found = path.lstat()
        if hasattr(os, "getuid") and found.st_uid == os.getuid() and found.st_mode & _OTHERS:
            path.chmod(stat.S_IMODE(found.st_mode) & ~_OTHERS)
    except OSError:  # gone meanwhile, or a file system without modes
        pass
