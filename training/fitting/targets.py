"""Which labels of the cases become which classifiers."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from ..directory.labels import split_topic
from .classifiers import SMALLEST_SIDE_WEIGHT, SMALLEST_WEIGHT, Target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fenban.model import Case, Directory

_BESIDE = ("form", "lane", "danger")
_ENOUGH_CO_UNITS = 0.02  # share of cases with co-units from which these can be learnt
_FEWEST_INVOLVED = 5  # cases in which a function is a co-unit from which that can be learnt
_CASES_A_UNIT = 5  # mean number of cases a unit from which a flat classifier of units pays
_MANY_UNITS = 1000  # beyond, learning every one costs more than the rare ones give
_MOST = 0.4  # share of the cases that units with so many have, where the mean is below
_DANGER = "危及人身"  # the urgency that means danger to life or limb
_FEWEST_DANGERS = 20


def targets_of(cases: Sequence[Case], directory: Directory | None) -> list[Target]:
    """Return one target per label that the cases carry; labels nobody gave are not learnt."""
    topics = {i: split_topic(case.topic) for i, case in enumerate(cases) if case.topic}
    two_levels = any("/" in path for _, path in topics.values())
    found = [
        _build_target("function", {i: case.function for i, case in enumerate(cases) if case.function}),
        _build_target("topic_first", {i: first for i, (first, _) in topics.items()} if two_levels else {}),
        _build_target("topic", {i: path for i, (_, path) in topics.items()}),
        _build_target("form", {i: c.submission.form for i, c in enumerate(cases) if c.submission.form}),
        _build_target("lane", {i: case.lane for i, case in enumerate(cases) if case.lane}),
        _build_target("danger", _label_dangers(cases)),
    ]
    if directory is not None:
        found += _unit_targets(cases, directory) + _involved_target(cases, directory)
    return [target for target in found if len(target.rows)]


def _label_dangers(cases: Sequence[Case]) -> dict[int, str]:
    """Say of every case whose urgency is known whether it is one of danger, where enough are."""
    known = {i: case.urgency == _DANGER for i, case in enumerate(cases) if case.urgency}
    return {i: str(danger) for i, danger in known.items()} if sum(known.values()) >= _FEWEST_DANGERS else {}


def _build_target(name: str, labels: dict[int, str]) -> Target:
    rows = np.array(sorted(labels), dtype=np.int64)
    smallest = SMALLEST_SIDE_WEIGHT if name in _BESIDE else SMALLEST_WEIGHT
    return Target(name, rows, tuple(labels[i] for i in sorted(labels)), smallest_weight=smallest)


def _unit_targets(cases: Sequence[Case], directory: Directory) -> list[Target]:
    units = {i: case.lead_unit for i, case in enumerate(cases) if case.lead_unit}
    counts = Counter(units.values())
    if counts and (len(units) / len(counts) < _CASES_A_UNIT or len(counts) > _MANY_UNITS):
        # as where a city's cases join the invented ones: learn the units that have handled enough
        often = {name for name, n in counts.items() if n >= _CASES_A_UNIT}
        if sum(counts[name] for name in often) < _MOST * len(units):
            return []
        units = {i: name for i, name in units.items() if name in often}
    if not units:
        return []
    where = {i: unit.jurisdiction or "" for i, name in units.items() if (unit := directory.unit(name))}
    found = [_build_target("unit", units)]
    return [*found, _build_target("jurisdiction", where)] if len(set(where.values())) > 1 else found


def _involved_target(cases: Sequence[Case], directory: Directory) -> list[Target]:
    """Return the target of all functions a case involves, lead and co-units alike."""
    if sum(bool(case.co_units) for case in cases) < _ENOUGH_CO_UNITS * len(cases):
        return []
    involved: dict[int, set[str]] = {}
    beside: Counter[str] = Counter()
    for i, case in enumerate(cases):
        if case.function:
            units = (directory.unit(name) for name in case.co_units)
            others = {unit.function for unit in units if unit and unit.function}
            beside.update(others)
            involved[i] = {case.function, *others}
    learnt = {name for name, n in beside.items() if n >= _FEWEST_INVOLVED}
    rows = np.array(sorted(involved), dtype=np.int64)
    labels = tuple(tuple(sorted(involved[i] & learnt)) for i in sorted(involved))
    target = Target("involved", rows, labels, several=True, smallest_weight=SMALLEST_SIDE_WEIGHT)
    return [target] if learnt else []
