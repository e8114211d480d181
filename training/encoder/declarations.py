"""The configuration files of a folder, read with care: they are whatever somebody published."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from fenban.model import InputError

_LARGEST = 4_000_000  # bytes of a configuration


@dataclass(frozen=True, slots=True)
class Modules:
    """The parts of a sentence-transformers folder; of a plain one the transformer alone.

    Args:
        transformer: the folder of the transformer.
        pooling: the folder of the pooling's configuration, where there is one.
        normalised: whether a module brings the vectors to length one.
        others: kinds of the modules that are none of these.
    """

    transformer: Path
    pooling: Path | None = None
    normalised: bool = False
    others: tuple[str, ...] = ()


def read_object(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file, an empty one where there is no file.

    Raises:
        InputError: it cannot be read or holds something else.
    """
    if not path.is_file():
        return {}
    content = _read_json(path)
    if not isinstance(content, dict):
        raise InputError(f"{path} holds no JSON object")
    return content


def read_modules(folder: Path) -> Modules:
    """Read ``modules.json``, or take what lies where sentence-transformers would put it.

    Raises:
        InputError: the file is damaged, or names a folder outside.
    """
    path = folder / "modules.json"
    if not path.is_file():
        pooling = folder / "1_Pooling"
        return Modules(folder, pooling if pooling.is_dir() else None)
    listed = _read_json(path)
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        raise InputError(f"{path} holds no list of modules")
    found: dict[str, Path] = {}
    others: list[str] = []
    for item in listed:
        kind = str(item.get("type", "")).rsplit(".", 1)[-1]
        if kind in ("Transformer", "Pooling", "Normalize") and kind not in found:
            found[kind] = _inside(folder, str(item.get("path", "")), path)
        else:
            others.append(kind or "a module without a type")
    return Modules(
        found.get("Transformer", folder), found.get("Pooling"), "Normalize" in found, tuple(others)
    )


def _inside(folder: Path, relative: str, source: Path) -> Path:
    parts = PurePosixPath(relative)
    if parts.is_absolute() or ".." in parts.parts or "\\" in relative:
        raise InputError(f"{source} names a folder outside ({relative[:100]!r})")
    return folder / parts


def _read_json(path: Path) -> Any:
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError("too large")
        return json.loads(path.read_text("utf-8-sig"))
    except (OSError, RecursionError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({str(error)[:200]})") from error
