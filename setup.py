"""The packages of the wheel, read off the tree; everything else stands in pyproject.toml."""

import sys
from pathlib import Path

from setuptools import setup

ROOT = Path(__file__).parent
ROOMS = ["model", "training", "serving", "datasets"]
if "editable_wheel" in sys.argv:
    ROOMS.append("benchmarks")  # measures, for contributors: a checkout has it, the wheel has not

setup(
    packages=sorted(
        "fenban." + ".".join(init.parent.relative_to(ROOT).parts)
        for room in ROOMS
        for init in (ROOT / room).rglob("__init__.py")
    ),
    package_dir={f"fenban.{room}": room for room in ROOMS},
)
