"""What ``fenban doctor`` looks at."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import shutil
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fenban.model import artifact, resources
from fenban.model.errors import FenbanError
from fenban.training.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable

_LIBRARIES = ("fenban", "numpy", "scipy", "scikit-learn", "jieba", "opencc", "openpyxl", "fastapi", "uvicorn")
_LEAST_FREE = 1 << 30


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: whether it is good, what was found, what to do."""

    name: str
    good: bool
    found: str
    remedy: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self)


def all_checks(home: Path) -> list[Check]:
    """Run every check; none of them changes anything but a temporary file in ``home``."""
    return [
        _python(),
        _libraries(),
        _segmenter(),
        _data(),
        _home(home),
        _disk(home),
        _champion(home),
        _optional("neural", ("torch", "transformers", "onnxruntime")),
        _optional("postgres", ("psycopg",)),
    ]


def _python() -> Check:
    good = sys.version_info >= (3, 11)
    return Check(
        "python", good, f"{platform.python_version()} on {platform.machine()}", "" if good else "use 3.11+"
    )


def _libraries() -> Check:
    versions, missing = [], []
    for name in _LIBRARIES:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    remedy = f"pip install {' '.join(missing)}" if missing else ""
    return Check("libraries", not missing, ", ".join(versions), remedy)


def _segmenter() -> Check:
    if importlib.util.find_spec("rjieba"):
        return Check("segmenter", True, "rjieba (fast)")
    return Check("segmenter", True, "jieba (works, twelve times slower)", "pip install rjieba")


def _data() -> Check:
    return _tried(
        "data",
        lambda: (
            f"{len(resources.table('topics.csv'))} topics, {len(resources.starter_files())} files of starter cases"
        ),
        "install fenban again: its data files are missing",
    )


def _home(home: Path) -> Check:
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            pass
    except OSError as error:
        return Check(
            "home", False, f"{home}: {error.strerror or error}", "give a writable folder with --home"
        )
    return Check("home", True, str(home))


def _disk(home: Path) -> Check:
    place = next((folder for folder in (home, *home.parents) if folder.exists()), Path.cwd())
    free = shutil.disk_usage(place).free
    good = free >= _LEAST_FREE
    return Check("disk", good, f"{free / 1e9:.1f} GB free", "" if good else "free at least 1 GB")


def _champion(home: Path) -> Check:
    registry = Registry(home)

    def look() -> str:
        folder = registry.champion_folder()
        if folder is None:
            return "none yet: 'fenban serve' trains the starter model"
        started = time.perf_counter()
        content = artifact.load(folder)
        seconds = time.perf_counter() - started
        return f"{content.version}, labels {', '.join(content.labels)}, loads in {seconds:.2f} s"

    return _tried("champion", look, "'fenban models rollback', or 'fenban models promote' another")


def _optional(name: str, modules: tuple[str, ...]) -> Check:
    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    if missing:
        return Check(name, True, "not installed (optional)", f"pip install 'fenban[{name}]' to have it")
    return Check(name, True, "installed")


def _tried(name: str, look: Callable[[], str], remedy: str) -> Check:
    try:
        return Check(name, True, look())
    except (FenbanError, OSError, ValueError) as error:
        return Check(name, False, str(error), remedy)
