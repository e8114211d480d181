"""Fitting a stage: weights of the parts, calibration, precision and units, all on unseen texts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fenban.model import SILENT, Cascade, Parts, PrecisionCurve, Stage, TextSignals, Weights, topic_groups

from .calibration import best_answers, fit_sigmoid_temperature, fit_top_calibration, fit_weights
from .composition import UnseenTexts, fit_composer, top_answers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from fenban.model import LocalPlaces, PlaceReading, UnitComposer, UnitTable

    from .classifiers import Target
    from .unseen import Observed

    Margins = Mapping[str, NDArray[np.float32]]

CALIBRATED = ("function", "topic")
ROUTING = ("lead_unit", "function")  # labels that say where a text goes
_STEPS = 200


@dataclass(frozen=True, slots=True)
class UnitLessons:
    """What the units of unseen texts are learnt from, row by row as observed."""

    table: UnitTable
    places: Sequence[PlaceReading]
    units: Sequence[str | None]
    taught: LocalPlaces | None = None
    taught_unseen: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """Best answers to unseen texts by label: confidence and whether right; NaN where not known."""

    confidence: dict[str, NDArray[np.float32]]
    correct: dict[str, NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class FittedStage:
    """A stage and how it answers the unseen texts."""

    stage: Stage
    answers: Answers


def fit_stage(
    observed: Observed, parts: Parts, targets: Sequence[Target], lessons: UnitLessons | None
) -> FittedStage:
    """Fit a stage to the unseen texts.

    Args:
        observed: which texts those are.
        parts: margins of these texts, in their order.
        targets: what the heads learn.
        lessons: of the units; None where there is no directory or no case names its unit.
    """
    by_name = {target.name: target for target in targets}
    weights = {target.name: _weights(observed, parts, target) for target in targets}
    classes = {name: target.classes for name, target in by_name.items()}
    groups = topic_groups(classes.get("topic", ()), classes.get("topic_first", ()))
    plain = Stage(weights, {}, {}).probabilities(parts, groups)
    tops, curves = {}, {}
    answers = Answers({}, {})
    for name in CALIBRATED:
        if name in by_name:
            truth = observed.truth(by_name[name])
            known = truth >= 0
            tops[name] = fit_top_calibration(
                *best_answers(plain[name][known], truth[known]),
                plain[name][known].argmax(axis=1),
                _frequencies(by_name[name]),
            )
            plain[name] = tops[name].apply(plain[name])
            answers.confidence[name], answers.correct[name] = best_answers(plain[name], truth)
            answers.confidence[name][~known] = np.nan
            given = [by_name[name].classes[j] for j in plain[name][known].argmax(axis=1)]
            curves[name] = PrecisionCurve.measure(*best_answers(plain[name][known], truth[known]), given)
    composer = None
    if lessons is not None:
        flat = weights["unit"].mix(parts, "unit") if "unit" in weights else None
        texts = UnseenTexts(_signals(plain, flat, lessons), lessons.units)
        composer, curves["lead_unit"] = fit_composer(lessons.table, texts, lessons.taught)
        answers.confidence["lead_unit"], answers.correct["lead_unit"] = _unit_answers(composer, texts)
    return FittedStage(Stage(weights, tops, curves, composer), answers)


def _weights(observed: Observed, parts: Parts, target: Target) -> Weights:
    if target.several:
        holds, rows = observed.held(target)
        return Weights.fixed(1 / fit_sigmoid_temperature(parts.sparse[target.name][rows], holds))
    margins = parts.of(target.name)
    if target.name == "unit" and len(margins) == 1:
        return Weights.fixed(1.0)  # the composer weighs these margins against what it knows of the place
    found = fit_weights(margins, observed.truth(target))
    if target.name not in parts.dense:
        found[1:1] = [SILENT]
    return Weights(*found)


def _frequencies(target: Target) -> NDArray[np.float64]:
    """Return how many texts each class has, (classes,)."""
    counts = Counter(target.labels)
    return np.array([counts[name] for name in target.classes], dtype=np.float64)


def _signals(plain: Margins, flat: NDArray[np.float32] | None, lessons: UnitLessons) -> TextSignals:
    return TextSignals(
        lessons.places,
        functions=plain.get("function"),
        flat=flat,
        jurisdiction=np.log(plain["jurisdiction"] + 1e-6) if "jurisdiction" in plain else None,
        taught=lessons.taught_unseen,
    )


def _unit_answers(
    composer: UnitComposer, texts: UnseenTexts
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    confidence, correct, known = top_answers(composer, texts)
    return np.where(known, confidence, np.nan).astype(np.float32), correct


def fit_cascade(sparse: Answers, fused: Answers, label: str, allowed_loss: float) -> Cascade | None:
    """Return from which confidence of the sparse part the encoder need not be asked.

    It is the lowest at which neither units nor functions lose more than ``allowed_loss`` of their
    accuracy on the unseen texts - topics where there is nothing else, since nothing is routed by
    them; None where the encoder is always worth asking.
    """
    if label not in sparse.confidence:
        return None
    routing = [name for name in fused.correct if name in ROUTING] or list(fused.correct)
    sure = np.nan_to_num(sparse.confidence[label], nan=0.0)
    for enough in np.linspace(0.0, 1.0, _STEPS, endpoint=False):
        alone = sure >= enough
        if not alone.any():
            return None
        if all(_loss(sparse, fused, name, alone) <= allowed_loss for name in routing):
            return Cascade(round(float(enough), 4), round(float(alone.mean()), 4), allowed_loss)
    return None


def _loss(sparse: Answers, fused: Answers, label: str, alone: NDArray[np.bool_]) -> float:
    known = ~np.isnan(fused.confidence[label])
    mixed = np.where(alone, sparse.correct[label], fused.correct[label])
    return float(fused.correct[label][known].mean() - mixed[known].mean()) if known.any() else 0.0
