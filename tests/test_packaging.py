"""The wheel carries what the tree holds: every module, every data file, every page."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("model", "training", "serving", "datasets")
LEFT_OUT = {"__pycache__"}


def tree() -> set[str]:
    """Every file of the four rooms, as the wheel should name it."""
    return {
        f"fenban/{path.relative_to(ROOT).as_posix()}"
        for room in ROOMS
        for path in (ROOT / room).rglob("*")
        if path.is_file() and not LEFT_OUT & set(path.parts)
    }


def test_every_folder_of_modules_is_a_package() -> None:
    folders = {path.parent for room in ROOMS for path in (ROOT / room).rglob("*.py")}
    assert not [folder for folder in folders if not (folder / "__init__.py").is_file()]


@pytest.mark.slow
def test_the_wheel_holds_what_the_tree_holds(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name in (*ROOMS, "benchmarks", "pyproject.toml", "setup.py", "README.md", "LICENSE"):
        place = ROOT / name
        if place.is_dir():
            shutil.copytree(place, source / name, ignore=shutil.ignore_patterns(*LEFT_OUT))
        else:
            shutil.copy(place, source / name)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path)]
    subprocess.run([*command, str(source)], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("fenban-*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = {name for name in packed.namelist() if name.startswith("fenban/")}
    assert names == tree()
