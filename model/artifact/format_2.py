"""Format 2, in either of its shapes: with gates and calibration by class, or from before there were any.

The first folders of format 2 have one number a part and head, where later ones have three (a gate), no
calibration by class, and leave out whatever a model does not have.
"""

from __future__ import annotations

from dataclasses import astuple
from typing import TYPE_CHECKING, Any

from ..scoring.stage import SILENT, Gate

if TYPE_CHECKING:
    from .arrays import Arrays

_PARTS = 3  # sparse, dense, votes
_ABSENT: dict[str, Any] = {
    "dense_heads": None,
    "dense_raw": None,
    "cascade": None,
    "taught_places": None,
    "least_known": 0.0,
    "chance": None,
}


def upgrade(settings: dict[str, Any], arrays: Arrays) -> tuple[dict[str, Any], Arrays]:
    """Return what a folder of format 3 would hold: all settings there, gates and calibrations in full.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: the values are not those of format 2.
    """
    stages = {name: _stage(stage) for name, stage in settings["stages"].items()}
    whole = {**_ABSENT, **settings, "stages": stages}
    if whole["dense_heads"] is not None and whole["dense_raw"] is None:
        whole["dense_raw"] = False
    return whole, arrays


def _stage(stage: dict[str, Any]) -> dict[str, Any]:
    return {
        **stage,
        "weights": {head: _gates(parts) for head, parts in stage["weights"].items()},
        "tops": {label: _calibration(top) for label, top in stage["tops"].items()},
        "unit_top": None if stage["unit_weights"] is None else _calibration(stage["unit_top"]),
    }


def _gates(parts: list[Any]) -> list[list[float]]:
    """Return a gate for every part: a plain number counts the same however sure the part is."""
    gates = [Gate(*part) if isinstance(part, list) else Gate(part, part) for part in parts]
    return [list(astuple(gate)) for gate in (*gates, *[SILENT] * (_PARTS - len(gates)))]


def _calibration(top: list[Any]) -> list[Any]:
    return top if len(top) > 3 else [*top, []]
