"""Whether the settings of a model fit together, its directory and its arrays included.

Each check asks for what suggesting takes for granted, so that a folder which loads also answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..case import TOPIC_SEPARATOR
from ..scoring.stage import NOT_EXCLUSIVE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .arrays import Arrays

    Settings = Mapping[str, Any]


def check_consistency(settings: Settings, arrays: Arrays, *, encodes: bool) -> None:
    """Compare settings and arrays that have the right shapes; ``encodes``: an encoder lies beside them.

    Raises:
        ValueError: two of them contradict each other.
    """
    classes = {head["name"]: head["classes"] for head in settings["heads"]}
    _check_columns(settings["heads"])
    _check_topics(classes)
    _check_encoder(settings, classes, encodes=encodes)
    for stage in settings["stages"].values():
        _check_stage(stage, classes, settings["units"])
    if settings["units"] is not None:
        _check_units(settings["units"], classes, arrays)
    answerable = {name for name in ("function", "topic") if name in classes}
    answerable |= {"lead_unit"} if settings["units"] is not None else set()
    if not set(settings["labels"] or ["topic"]) <= answerable:
        raise ValueError(f"labels {settings['labels']} of a model that answers {sorted(answerable)}")


def _check_columns(heads: Sequence[Mapping[str, Any]]) -> None:
    start = 0
    for head in heads:
        if head["start"] != start:
            raise ValueError(f"head {head['name']}: starts at {head['start']}, not at {start}")
        start += len(head["classes"])
    if len({head["name"] for head in heads}) < len(heads):
        raise ValueError("two heads of one name")


def _check_topics(classes: Mapping[str, Sequence[str]]) -> None:
    firsts = {topic.split(TOPIC_SEPARATOR)[0] for topic in classes.get("topic", ())}
    if "topic_first" in classes and "topic" in classes and not firsts <= set(classes["topic_first"]):
        raise ValueError("topics below a first level that the model does not know")


def _check_encoder(settings: Settings, classes: Mapping[str, Sequence[str]], *, encodes: bool) -> None:
    dense = settings["dense_heads"]
    if not ((dense is not None) == encodes == ("fused" in settings["stages"])):
        raise ValueError("of dense heads, encoder and stage 'fused' some are there and some are not")
    if (dense is None) != (settings["dense_raw"] is None):
        raise ValueError("dense_raw is set if and only if there are dense heads")
    if dense is None:
        return
    _check_columns(dense)
    for head in dense:
        if head["classes"] != classes.get(head["name"]):
            raise ValueError(f"dense head {head['name']} has other classes than the sparse one")


def _check_stage(stage: Settings, classes: Mapping[str, Sequence[str]], units: Sequence[Any] | None) -> None:
    if set(stage["weights"]) != set(classes):
        raise ValueError("weights of other heads than the model has")
    for label, (*_, by_class) in stage["tops"].items():
        if label not in classes or label in NOT_EXCLUSIVE:
            raise ValueError(f"a calibration of {label}, which the model does not answer")
        if by_class and len(by_class) != len(classes[label]):
            raise ValueError(f"calibration of {label}: {len(by_class)} numbers by class")
    for name in ("unit_weights", "unit_top"):
        if (stage[name] is None) != (units is None):
            raise ValueError(f"{name} is set if and only if there are units")
    if units is not None and stage["unit_top"][3] and len(stage["unit_top"][3]) != len(units):
        raise ValueError("calibration of units: another number than there are units")


def _check_units(
    units: Sequence[tuple[str, str | None]], classes: Mapping[str, Sequence[str]], arrays: Arrays
) -> None:
    """Every unit lies in the block of its function, and its column in the head of units is its own."""
    functions, names = classes.get("function"), classes.get("unit", ())
    for (name, function), block, column in zip(
        units, arrays["units.function"].tolist(), arrays["units.flat"].tolist(), strict=True
    ):
        if functions is not None and functions[block] != function:
            raise ValueError(f"unit {name}: stands with another function than {function}")
        if column >= 0 and names[column] != name:
            raise ValueError(f"unit {name}: has the column of another unit")
