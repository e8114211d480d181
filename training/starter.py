"""The starter cases and the starter model: what a city begins with that has no data of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fenban.model import shipped, shipped_directory

from .progress import silent
from .tables.records import read_case
from .train import train_model

if TYPE_CHECKING:
    from fenban.model import Case, ModelContent

    from .fitting.dense import DenseSource
    from .progress import Progress


def starter_cases() -> list[Case]:
    """Return the shipped starter cases, in the order of their files.

    Their dates are left out: an invented case says nothing about the latest slice of time, and
    beside a city's own cases it must not pass for one.
    """
    records = (record for name in shipped.starter_files() for record in shipped.json_lines(name))
    return [read_case({**record, "received_at": None}) for record in records]


def train_starter(progress: Progress = silent, dense: DenseSource | None = None) -> ModelContent:
    """Train on the starter cases with the shipped directory."""
    return train_model(starter_cases(), shipped_directory(), dense=dense, progress=progress)
