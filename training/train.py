"""Training: from cases to the content of a model folder."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from fenban.model.artifact import ModelContent
from fenban.model.calibration import DEFAULT_TARGET, PrecisionCurve, TopCalibration, softmax
from fenban.model.composition import TextSignals, UnitTable
from fenban.model.directory import Directory, Unit
from fenban.model.errors import TrainingError
from fenban.model.features import DocumentFrequencies, NgramHasher, Vectoriser
from fenban.model.places import Gazetteer, shipped_gazetteer
from fenban.model.projection import Projection
from fenban.model.reading import places_of, read_batch
from fenban.model.scorer import combine_levels, topic_groups
from fenban.training.composing import UnseenTexts, fit_composer
from fenban.training.fit import Target, fit_heads
from fenban.training.labels import directory_from_labels, home_province, take_apart, with_functions
from fenban.training.observe import Observed, observe
from fenban.training.progress import silent
from fenban.training.remember import remember
from fenban.training.targets import targets_of
from fenban.training.tuning import (
    FOLDS,
    Split,
    best_answers,
    fit_sigmoid_temperature,
    fit_temperature,
    fit_top_calibration,
    splits,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from fenban.model.case import Case
    from fenban.model.composition import UnitComposer
    from fenban.model.places import PlaceReading
    from fenban.model.reading import Reading
    from fenban.training.progress import Progress

SEED = 20250101
_CHUNK = 2000
_FEWEST_CASES = 10
_LIBRARIES = ("fenban", "rjieba", "numpy", "scipy", "scikit-learn", "jieba", "opencc", "safetensors")


@dataclass(frozen=True, slots=True)
class World:
    """Where the cases play: the departments and the places."""

    directory: Directory | None
    gazetteer: Gazetteer
    home: str | None
    local_places: tuple[tuple[str, str], ...]


def train(
    cases: Sequence[Case],
    directory: Directory | None = None,
    *,
    seed: int = SEED,
    target_precision: float = DEFAULT_TARGET,
    parent: str | None = None,
    memory: bool = True,
    progress: Progress = silent,
) -> ModelContent:
    """Train a model on whatever labels the cases carry.

    Args:
        cases: at least ten, with at least two different labels of some kind.
        directory: the departments; without one, what the label columns themselves say.
        seed: of everything random. Same cases, same seed, same model.
        target_precision: what the ``auto`` zone promises.
        parent: the version of the model that this one succeeds, for the manifest.
        memory: whether the model keeps the beginnings of the cases, masked, to show similar ones.
        progress: told how far it has come.

    Raises:
        TrainingError: there is nothing to learn from these cases.
    """
    cases = with_functions(cases, directory, shipped_gazetteer(None))
    world = _world(cases, directory)
    targets = targets_of(cases, world.directory)
    _check(cases, targets)
    features, space, places = _features(cases, world.gazetteer, progress)
    rounds = splits([case.submission.received_at for case in cases], seed)
    observed = observe(features, targets, rounds, seed, progress)
    by_name = {target.name: target for target in targets}
    calibrated = _calibrate(observed, by_name)
    composer = _composer(cases, world, observed, by_name, calibrated, places)
    curves = calibrated.curves
    progress("fit")
    heads = fit_heads(features, targets, seed)
    labels = tuple(label for label in ("lead_unit", "function", "topic") if label in curves)
    return ModelContent(
        space=space,
        heads=heads,
        temperatures=calibrated.temperatures,
        tops=calibrated.tops,
        curves=curves,
        directory=world.directory,
        composer=composer,
        home=world.home,
        local_places=world.local_places,
        target_precision=target_precision,
        labels=labels,
        neighbours=remember(cases, Projection(space).vectors(features)) if memory else None,
        facts=_facts(cases, curves, seed, parent, rounds),
    )


def _world(cases: Sequence[Case], directory: Directory | None) -> World:
    national = shipped_gazetteer(None)
    local: tuple[tuple[str, str], ...] = ()
    if directory is not None:
        directory = _with_unlisted(cases, directory, national)
    elif any(case.lead_unit for case in cases):
        directory, local = directory_from_labels(cases, national)
    home = home_province(directory, national) if directory else None
    return World(directory, Gazetteer.build(home, local), home, local)


def _with_unlisted(cases: Sequence[Case], directory: Directory, gazetteer: Gazetteer) -> Directory:
    """Add units that cases name and the directory does not: labels stay as they are written."""
    unlisted: dict[str, Unit] = {}
    for case in cases:
        name = case.lead_unit
        if name and directory.unit(name) is None and case.function in directory.functions:
            unlisted.setdefault(name, Unit(name, case.function, take_apart(name, gazetteer).jurisdiction))
    units = [unlisted[name] for name in sorted(unlisted)]
    return Directory(directory.functions.values(), (*directory.units, *units)) if units else directory


def _check(cases: Sequence[Case], targets: Sequence[Target]) -> None:
    if len(cases) < _FEWEST_CASES:
        raise TrainingError(f"only {len(cases)} cases can be used; at least {_FEWEST_CASES} are needed")
    if not any(len(target.classes) > 1 for target in targets):
        raise TrainingError(
            "no label column with at least two different labels was found"
            " - name the columns in a MAP.toml and pass it with --columns"
        )


def _readings(cases: Sequence[Case]) -> Iterator[Reading]:
    hasher = NgramHasher()
    for start in range(0, len(cases), _CHUNK):
        yield read_batch([case.submission for case in cases[start : start + _CHUNK]], hasher)


def _features(
    cases: Sequence[Case], gazetteer: Gazetteer, progress: Progress
) -> tuple[sparse.csr_matrix, Any, list[PlaceReading]]:
    frequencies = DocumentFrequencies()
    places: list[PlaceReading] = []
    for reading in _readings(cases):
        progress("read", len(places), len(cases))
        frequencies.add(reading.spans, len(reading))
        places += [places_of(reading, i, gazetteer) for i in range(len(reading))]
    space = frequencies.space()
    vectoriser = Vectoriser(space)
    rows = [vectoriser.matrix(reading.spans, len(reading)) for reading in _readings(cases)]
    return sparse.vstack(rows).tocsr(), space, places


@dataclass(frozen=True, slots=True)
class Calibrated:
    """Temperatures by head; by label the calibration of best answers and the precision curve."""

    temperatures: dict[str, float]
    tops: dict[str, TopCalibration]
    curves: dict[str, PrecisionCurve]
    unseen: dict[str, NDArray[np.float32]]


def _calibrate(observed: Observed, targets: dict[str, Target]) -> Calibrated:
    out = Calibrated({}, {}, {}, {})
    for name, target in targets.items():
        margins = observed.margins[name]
        if target.several:
            holds, rows = observed.held(target)
            out.temperatures[name] = fit_sigmoid_temperature(margins[rows], holds)
            continue
        truth = observed.truth(target)
        out.temperatures[name] = fit_temperature(margins, truth)
        out.unseen[name] = softmax(margins, out.temperatures[name])
        if name in ("function", "topic"):
            if name == "topic" and "topic_first" in targets:
                out.unseen[name] = _two_levels(out.unseen, targets)
            known = truth >= 0
            top = fit_top_calibration(*best_answers(out.unseen[name][known], truth[known]))
            out.tops[name], out.unseen[name] = top, top.apply(out.unseen[name])
            answers = best_answers(out.unseen[name][known], truth[known])
            out.curves[name] = PrecisionCurve.measure(*answers)
    return out


def _two_levels(unseen: dict[str, NDArray[np.float32]], targets: dict[str, Target]) -> NDArray[np.float32]:
    groups = topic_groups(targets["topic"].classes, targets["topic_first"].classes)
    assert groups is not None
    return combine_levels(unseen["topic_first"], unseen["topic"], groups)


def _composer(
    cases: Sequence[Case],
    world: World,
    observed: Observed,
    targets: dict[str, Target],
    calibrated: Calibrated,
    places: list[PlaceReading],
) -> UnitComposer | None:
    """Fit the composer and add its curve to the calibrated ones."""
    if world.directory is None or not any(case.lead_unit for case in cases):
        return None
    classes = {name: target.classes for name, target in targets.items()}
    table = UnitTable.build(
        world.directory.units,
        classes.get("function", ()),
        classes.get("unit", ()),
        classes.get("jurisdiction", ()),
        _frequencies(cases, world.directory, flat="unit" in classes),
    )
    where = calibrated.unseen.get("jurisdiction")
    signals = TextSignals(
        [places[row] for row in observed.rows],
        functions=calibrated.unseen.get("function"),
        flat=observed.margins.get("unit"),
        jurisdiction=None if where is None else np.log(where + 1e-6),
    )
    texts = UnseenTexts(signals, [cases[row].lead_unit for row in observed.rows])
    composer, calibrated.curves["lead_unit"] = fit_composer(table, texts)
    return composer


def _frequencies(cases: Sequence[Case], directory: Directory, flat: bool) -> Counter[str]:
    """Return how often each unit handled a case; with few cases a unit, how often its place came up."""
    units = Counter(case.lead_unit for case in cases if case.lead_unit)
    if flat:
        return units
    places: Counter[str | None] = Counter()
    for name, n in units.items():
        unit = directory.unit(name)
        places[unit.jurisdiction if unit else None] += n
    return Counter({unit.name: places[unit.jurisdiction] for unit in directory.units})


def _facts(
    cases: Sequence[Case],
    curves: dict[str, PrecisionCurve],
    seed: int,
    parent: str | None,
    rounds: Sequence[Split],
) -> dict[str, Any]:
    measured_on = "the latest slice" if rounds[0].by_time else f"{len(rounds)} of {FOLDS} folds"
    libraries = {name: importlib.metadata.version(name) for name in _LIBRARIES}
    metrics = {
        label: {"n": len(curve.correct), "top1": round(float(curve.correct.mean()), 4)}
        for label, curve in sorted(curves.items())
        if len(curve.correct)
    }
    return {
        "kind": "sparse",
        "libraries": libraries,
        "seed": seed,
        "parent": parent,
        "data": {"cases": len(cases), "sha256": fingerprint(cases)},
        "metrics": {"measured_on": measured_on, **metrics},
    }


def fingerprint(cases: Sequence[Case]) -> str:
    """Return the SHA-256 of the cases as canonical JSON."""
    digest = hashlib.sha256()
    for case in cases:
        digest.update(json.dumps(asdict(case), ensure_ascii=False, sort_keys=True, default=str).encode())
        digest.update(b"\n")
    return digest.hexdigest()
