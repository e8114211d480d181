"""What ``fenban doctor`` looks at."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import re
import shutil
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

# as modules: what they hold is loaded when it is asked for, so that a broken part is found by its check
from fenban import model, training

if TYPE_CHECKING:
    from collections.abc import Callable

_NAME = re.compile(r"[A-Za-z0-9._-]+")
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


def check_installation(home: Path) -> list[Check]:
    """Run every check; none of them changes anything but a temporary file in ``home``."""
    return [
        _python(),
        _libraries(),
        _segmenter(),
        _data(),
        _home(home),
        _private(home),
        _disk(home),
        _champion(home),
        _optional("neural", ("torch", "transformers", "onnxruntime")),
        _optional("postgres", ("psycopg",)),
    ]


def _python() -> Check:
    good = sys.version_info >= (3, 11)
    found = f"{platform.python_version()} on {platform.machine()}"
    return Check("python", good, found, "" if good else "use 3.11 or newer")


def _libraries() -> Check:
    versions, missing = [], []
    for name in ("fenban", *_required()):
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    remedy = f"pip install {' '.join(missing)}" if missing else ""
    return Check("libraries", not missing, ", ".join(versions), remedy)


def _required() -> list[str]:
    """Return the names of the libraries that the installed fenban asks for, extras left out."""
    try:
        lines = importlib.metadata.requires("fenban") or []
    except importlib.metadata.PackageNotFoundError:
        return []
    # a faster segmenter is looked at by itself
    needed = [line for line in lines if "extra ==" not in line and not line.startswith("rjieba")]
    return sorted({match.group() for line in needed if (match := _NAME.match(line))})


def _segmenter() -> Check:
    if importlib.util.find_spec("rjieba"):
        return Check("segmenter", True, "rjieba (fast)")
    return Check("segmenter", True, "jieba (works, twelve times slower)", "pip install rjieba")


def _data() -> Check:
    def look() -> str:
        topics, files = model.shipped.table("topics.csv"), model.shipped.starter_files()
        return f"{len(topics)} topics, {len(files)} files of starter cases"

    return _try("data", look, "install fenban again: its data files are missing")


def _home(home: Path) -> Check:
    place = _find_nearest(home)
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        found = f"{place}: {error.strerror or error}"
        return Check("home", False, found, "give a writable folder with --home")
    return Check("home", True, str(home) if place == home else f"{home} (will be made)")


def _private(home: Path) -> Check:
    opened = list(training.open_files(home))
    if not opened:
        return Check("privacy", True, "nobody else may read the home folder")
    shown = f"{len(opened)} files and folders that others may read, first {opened[0]}"
    return Check("privacy", False, shown, f"chmod -R go= {home}")


def _find_nearest(home: Path) -> Path:
    """Return the home folder or, where it is yet to be made, the folder that it will be made in."""
    return next((folder for folder in (home, *home.parents) if folder.exists()), Path.cwd())


def _disk(home: Path) -> Check:
    free = shutil.disk_usage(_find_nearest(home)).free
    good = free >= _LEAST_FREE
    return Check("disk", good, f"{free / 1e9:.1f} GB free", "" if good else "free at least 1 GB")


def _champion(home: Path) -> Check:
    def look() -> str:
        folder = training.Registry(home).champion_folder()
        if folder is None:
            return "none yet: 'fenban serve' trains the starter model"
        started = time.perf_counter()
        content = model.artifact.load(folder)
        seconds = time.perf_counter() - started
        return f"{content.version}, labels {', '.join(content.labels)}, loads in {seconds:.2f} s"

    remedy = (
        "'fenban models rollback', or 'fenban models promote' another; where there is no other, "
        f"delete {home / 'registry' / 'champion.json'} and the starter model is made again"
    )
    return _try("champion", look, remedy)


def _optional(name: str, modules: tuple[str, ...]) -> Check:
    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    if missing:
        return Check(name, True, "not installed (optional)", f"pip install 'fenban[{name}]' to have it")
    return Check(name, True, "installed")


def _try(name: str, look: Callable[[], str], remedy: str) -> Check:
    try:
        return Check(name, True, look())
    except Exception as error:  # whatever is broken, the other checks are still of use
        return Check(name, False, " ".join(str(error).split()) or type(error).__name__, remedy)
