"""The departments of a retraining: those of the champion, and those that only the new cases name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fenban.model import Directory, Function, Gazetteer, Unit, shipped_gazetteer

from .labels import fill_in_functions_by_name, infer_from_labels, take_apart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fenban.model import Case


def is_read_off(cases: Sequence[Case], directory: Directory) -> bool:
    """Tell whether a directory is what the labels of these cases say, and nothing else."""
    return _from_labels(cases, shipped_gazetteer(None)).records() == directory.records()


def add_named_units(directory: Directory, cases: Sequence[Case]) -> Directory:
    """Return the directory with the units that cases name and it lacks, as they are written.

    A new unit gets the function that its case or its name says, else it is its own.
    """
    gazetteer = shipped_gazetteer(None)
    unlisted = [c for c in cases if c.lead_unit and directory.unit(c.lead_unit) is None]
    written = {case.lead_unit for case in unlisted if case.function}
    functions = dict(directory.functions)
    units: list[Unit] = []
    for unit in _from_labels(unlisted, gazetteer).units:
        listed = directory.function_called(unit.function or take_apart(unit.name, gazetteer).rest)
        # a function that the cases write is what the classifier learns: the unit must stand under it
        name = listed.name if listed and unit.name not in written else unit.function
        if name is None and functions:
            name = unit.name  # its own function, so that it can be suggested beside the others
        if name is not None:
            functions.setdefault(name, Function(name))
        units.append(replace(unit, function=name))
    return Directory(functions.values(), (*directory.units, *units)) if units else directory


def fill_in_functions(cases: Sequence[Case], directory: Directory) -> list[Case]:
    """Fill in the functions that cases leave out, from their units."""
    found = []
    for case in cases:
        unit = directory.unit(case.lead_unit) if case.lead_unit and case.function is None else None
        found.append(replace(case, function=unit.function) if unit else case)
    return found


def _from_labels(cases: Sequence[Case], gazetteer: Gazetteer) -> Directory:
    return infer_from_labels(fill_in_functions_by_name(cases, None, gazetteer), gazetteer)[0]
