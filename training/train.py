"""Training: from cases to the content of a model folder."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections import Counter
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from fenban.model import (
    DEFAULT_TARGET,
    Directory,
    DocumentFrequencies,
    Gazetteer,
    ModelContent,
    NgramHasher,
    Parts,
    Projection,
    TrainingError,
    Unit,
    UnitTable,
    Vectoriser,
    places_of,
    read_batch,
    shipped_gazetteer,
)

from .directory.labels import fill_in_functions_by_name, home_province, infer_from_labels, take_apart
from .fitting.classifiers import Target, fit_heads
from .fitting.memory import remember
from .fitting.place_teaching import place_lessons
from .fitting.splits import FOLDS, Split, hold_back
from .fitting.stages import FittedStage, UnitLessons, fit_cascade, fit_stage
from .fitting.targets import targets_of
from .fitting.unseen import observe
from .progress import silent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from fenban.model import Case, PlaceReading, Reading, Stage

    from .fitting.dense import Dense, DenseSource
    from .fitting.unseen import Observed
    from .progress import Progress

SEED = 20250101
ALLOWED_LOSS = 0.002  # of accuracy, by asking the encoder only where the sparse part is unsure
_ENOUGH_TO_TELL = 500
_STRANGE = 0.01  # share of the texts that are as strange as one that is never ``auto``
_CHUNK = 2000
_FEWEST_CASES = 10
_LIBRARIES = ("fenban", "rjieba", "numpy", "scipy", "scikit-learn", "jieba", "opencc", "safetensors")


def _measure_least_known(known: NDArray[np.float32]) -> float:
    """Return the share of known features below which a text is stranger than nearly all were.

    ``known`` are the shares that each training text has in common with the others. Too few texts do
    not tell what is strange.
    """
    return round(float(np.quantile(known, _STRANGE)), 4) if len(known) >= _ENOUGH_TO_TELL else 0.0


@dataclass(frozen=True, slots=True)
class World:
    """Where the cases play: the departments and the places."""

    directory: Directory | None
    gazetteer: Gazetteer
    home: str | None
    local_places: tuple[tuple[str, str], ...]


def train_model(
    cases: Sequence[Case],
    directory: Directory | None = None,
    *,
    seed: int = SEED,
    target_precision: float = DEFAULT_TARGET,
    parent: str | None = None,
    memory: bool = True,
    dense: DenseSource | None = None,
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
        dense: the encoder's part; None for a model of sparse features alone.
        progress: told how far it has come.

    Raises:
        TrainingError: there is nothing to learn from these cases.
    """
    cases = fill_in_functions_by_name(cases, directory, shipped_gazetteer(None))
    world = _build_world(cases, directory)
    targets = targets_of(cases, world.directory)
    _check(cases, targets)
    features, space, texts, places, known = _build_features(cases, world.gazetteer, progress)
    rounds = hold_back([case.submission.received_at for case in cases], seed)
    if dense is not None and dense.tunes:
        rounds = rounds[-1:]  # a fine-tuning costs too much to be done for every round
    part = dense.part(texts, progress) if dense is not None else None
    observed = observe(features, targets, rounds, seed, progress)
    lessons = _build_unit_lessons(cases, world, targets, observed, rounds, texts, places)
    alone = fit_stage(observed, Parts(observed.margins), targets, lessons)
    fused = None
    if part is not None:
        unseen = part.observe(targets, rounds)
        parts = Parts(observed.margins, unseen.heads, unseen.votes if memory else {})
        fused = fit_stage(observed, parts, targets, lessons)
    progress("fit")
    content = ModelContent(
        space=space,
        heads=fit_heads(features, targets, seed),
        sparse=alone.stage,
        directory=world.directory,
        home=world.home,
        local_places=world.local_places,
        target_precision=target_precision,
        least_known=_measure_least_known(known),
        labels=tuple(name for name in ("lead_unit", "function", "topic") if name in alone.stage.curves),
        facts=_collect_facts(cases, (fused or alone).stage, seed, parent, rounds),
    )
    vectors = None
    if part is not None and fused is not None:
        learnt = part.fit(targets)
        content, vectors = _add_dense(content, learnt, alone, fused, part.facts()), learnt.vectors
    if not memory:
        return content
    kept = Projection(space).vectors(features) if vectors is None else vectors
    return replace(content, neighbours=remember(cases, kept))


def _add_dense(
    content: ModelContent, dense: Dense, alone: FittedStage, fused: FittedStage, facts: dict[str, Any]
) -> ModelContent:
    return replace(
        content,
        fused=fused.stage,
        dense=dense.heads,
        encoder=dense.encoder,
        cascade=fit_cascade(alone.answers, fused.answers, content.zone_label, ALLOWED_LOSS),
        facts={**content.facts, "kind": "fused", "encoder": facts},
    )


def _build_world(cases: Sequence[Case], directory: Directory | None) -> World:
    national = shipped_gazetteer(None)
    local: tuple[tuple[str, str], ...] = ()
    if directory is not None:
        directory = _add_unlisted_units(cases, directory, national)
    elif any(case.lead_unit for case in cases):
        directory, local = infer_from_labels(cases, national)
    home = home_province(directory, national) if directory else None
    return World(directory, Gazetteer.build(home, local), home, local)


def _add_unlisted_units(cases: Sequence[Case], directory: Directory, gazetteer: Gazetteer) -> Directory:
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


def _read_in_portions(cases: Sequence[Case]) -> Iterator[Reading]:
    hasher = NgramHasher()
    for start in range(0, len(cases), _CHUNK):
        yield read_batch([case.submission for case in cases[start : start + _CHUNK]], hasher)


def _build_features(
    cases: Sequence[Case], gazetteer: Gazetteer, progress: Progress
) -> tuple[sparse.csr_matrix, Any, list[str], list[PlaceReading], NDArray[np.float32]]:
    frequencies = DocumentFrequencies()
    texts: list[str] = []
    places: list[PlaceReading] = []
    for reading in _read_in_portions(cases):
        progress("read", len(places), len(cases))
        frequencies.add(reading.spans, len(reading))
        texts += [text.text for text in reading.texts]
        places += [places_of(reading, i, gazetteer) for i in range(len(reading))]
    space = frequencies.space()
    vectoriser = Vectoriser(space)
    rows, known = [], []
    for reading in _read_in_portions(cases):
        rows.append(vectoriser.matrix(reading.spans, len(reading)))
        known.append(frequencies.seen_elsewhere(reading.spans, len(reading)))
    return sparse.vstack(rows).tocsr(), space, texts, places, np.concatenate(known)


def _build_unit_lessons(
    cases: Sequence[Case],
    world: World,
    targets: Sequence[Target],
    observed: Observed,
    rounds: Sequence[Split],
    texts: Sequence[str],
    places: list[PlaceReading],
) -> UnitLessons | None:
    if world.directory is None or not any(case.lead_unit for case in cases):
        return None
    classes = {target.name: target.classes for target in targets}
    table = UnitTable.build(
        world.directory.units,
        classes.get("function", ()),
        classes.get("unit", ()),
        classes.get("jurisdiction", ()),
        _count_units(cases, world.directory, flat="unit" in classes),
    )
    of_places = place_lessons(cases, texts, places, world.directory) if "unit" in classes else None
    return UnitLessons(
        table,
        [places[row] for row in observed.rows],
        [cases[row].lead_unit for row in observed.rows],
        of_places.teach() if of_places else None,
        of_places.unseen(rounds) if of_places else None,
    )


def _count_units(cases: Sequence[Case], directory: Directory, flat: bool) -> Counter[str]:
    """Return how often each unit handled a case; with few cases a unit, how often its place came up."""
    units = Counter(case.lead_unit for case in cases if case.lead_unit)
    if flat:
        return units
    places: Counter[str | None] = Counter()
    for name, n in units.items():
        unit = directory.unit(name)
        places[unit.jurisdiction if unit else None] += n
    return Counter({unit.name: places[unit.jurisdiction] for unit in directory.units})


def _collect_facts(
    cases: Sequence[Case],
    stage: Stage,
    seed: int,
    parent: str | None,
    rounds: Sequence[Split],
) -> dict[str, Any]:
    slices = "the latest slice" if len(rounds) == 1 else f"the latest {len(rounds)} slices"
    measured_on = slices if rounds[0].by_time else f"{len(rounds)} of {FOLDS} folds"
    libraries = {name: importlib.metadata.version(name) for name in _LIBRARIES}
    metrics = {
        label: {"n": len(curve.correct), "top1": round(float(curve.correct.mean()), 4)}
        for label, curve in sorted(stage.curves.items())
        if len(curve.correct)
    }
    return {
        "kind": "sparse",
        "libraries": libraries,
        "seed": seed,
        "parent": parent,
        "data": {"cases": len(cases), "sha256": fingerprint_cases(cases)},
        "metrics": {"measured_on": measured_on, **metrics},
    }


def fingerprint_cases(cases: Sequence[Case]) -> str:
    """Return the SHA-256 of the cases as canonical JSON."""
    digest = hashlib.sha256()
    for case in cases:
        digest.update(json.dumps(asdict(case), ensure_ascii=False, sort_keys=True, default=str).encode())
        digest.update(b"\n")
    return digest.hexdigest()
