"""Format 1: one stage, with a temperature for every head and weights of units by position."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .arrays import Arrays

_FACTORS = ("flat", "jurisdiction", "named", "encloses", "frequency")
_KEPT = ("table_bits", "heads", "units", "home", "local_places", "target_precision", "labels")


def upgrade(settings: dict[str, Any], arrays: Arrays) -> tuple[dict[str, Any], Arrays]:
    """Return what a folder of format 2 would hold; the one stage is called ``sparse`` there.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: the values are not those of format 1.
    """
    unit_weights = None
    if settings["units"] is not None:
        unit_weights = dict(zip(_FACTORS, arrays["units.weights"].tolist(), strict=True))
    heads = {head["name"] for head in settings["heads"]}
    stage = {
        "weights": {
            **{name: [1 / value] for name, value in settings["temperatures"].items()},
            **({"unit": [1.0]} if "unit" in heads else {}),
        },
        "tops": settings["tops"],
        "curves": {label: [] for label in settings["curves"]},
        "unit_weights": unit_weights,
        "unit_top": settings["unit_top"],
    }
    renamed = {
        f"curve.sparse.{name.removeprefix('curve.')}" if name.startswith("curve.") else name: array
        for name, array in arrays.items()
        if name != "units.weights"
    }
    return {**{name: settings[name] for name in _KEPT}, "stages": {"sparse": stage}}, renamed
