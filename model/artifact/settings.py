"""``settings.json``: all that is no array, as JSON values, and what each of them must be."""

from __future__ import annotations

from dataclasses import astuple
from typing import TYPE_CHECKING, Any

from ..scoring.composition import FACTORS
from ..scoring.features import TABLE_BITS
from .shapes import by_name, exactly, flag, list_of, number, one_of, optional, record, row, string, text

if TYPE_CHECKING:
    from ..scoring.classifier import Head
    from ..scoring.content import ModelContent
    from ..scoring.stage import Stage

LABELS = ("lead_unit", "function", "topic")

_heads = list_of(
    record({"name": text, "classes": list_of(string, least=1, distinct=True), "start": number(0)}), least=1
)
_gate = row(number(), number(), number())
_top = row(number(0), number(0), number(), list_of(number()))
_stage = record(
    {
        "weights": by_name(row(_gate, _gate, _gate)),
        "tops": by_name(_top),
        "curves": by_name(list_of(string, distinct=True), one_of(*LABELS)),
        "unit_weights": optional(by_name(number(), one_of(*FACTORS))),
        "unit_top": optional(_top),
    }
)
SETTINGS = record(
    {
        "table_bits": exactly(TABLE_BITS),
        "heads": _heads,
        "dense_heads": optional(_heads),
        "dense_raw": optional(flag),
        "stages": record({"sparse": _stage}, {"fused": _stage}),
        "cascade": optional(row(number(), number(0, 1), number(0, 1))),
        "units": optional(list_of(row(text, optional(text)))),
        "taught_places": optional(row(list_of(text, distinct=True), list_of(string, distinct=True))),
        "home": optional(text),
        "local_places": list_of(row(text, text)),
        "target_precision": number(0.5, 0.999),
        "least_known": number(0, 1),
        "labels": list_of(one_of(*LABELS), distinct=True),
        "chance": optional(number(-1, 0.999)),
    }
)


def settings_of(content: ModelContent) -> dict[str, Any]:
    """Return all that is no array, as JSON values."""
    composer = content.composer
    taught = composer.taught if composer else None
    return {
        "table_bits": TABLE_BITS,
        "heads": _head_values(tuple(content.heads.heads.values())),
        "dense_heads": _head_values(content.dense.heads) if content.dense else None,
        "dense_raw": content.dense.raw if content.dense else None,
        "stages": {name: _stage_values(stage) for name, stage in content.stages.items()},
        "cascade": list(astuple(content.cascade)) if content.cascade else None,
        "units": [[u.name, u.function] for u in composer.table.units] if composer else None,
        "taught_places": [list(taught.names), list(taught.paths)] if taught else None,
        "home": content.home,
        "local_places": [list(pair) for pair in content.local_places],
        "target_precision": content.target_precision,
        "least_known": content.least_known,
        "labels": list(content.labels),
        "chance": content.neighbours.chance if content.neighbours else None,
    }


def _head_values(heads: tuple[Head, ...]) -> list[dict[str, Any]]:
    ordered = sorted(heads, key=lambda head: head.start)
    return [{"name": h.name, "classes": list(h.classes), "start": h.start} for h in ordered]


def _stage_values(stage: Stage) -> dict[str, Any]:
    return {
        "weights": {name: list(astuple(weights)) for name, weights in sorted(stage.weights.items())},
        "tops": {label: list(astuple(top)) for label, top in sorted(stage.tops.items())},
        "curves": {label: list(curve.names) for label, curve in sorted(stage.curves.items())},
        "unit_weights": stage.composer.weights if stage.composer else None,
        "unit_top": list(astuple(stage.composer.calibration)) if stage.composer else None,
    }
