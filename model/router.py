"""The router: from texts to suggestions."""

from __future__ import annotations

import copy
import itertools
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from . import artifact
from .case import (
    FORMS,
    LANES,
    Evidence,
    Matter,
    NamedProbability,
    RankedFunction,
    RankedTopic,
    RankedUnit,
    Submission,
    Suggestion,
    Zone,
)
from .errors import InputError
from .evidence.explain import Explainer
from .evidence.matters import matters_of
from .evidence.place_hints import place_hints
from .scoring.calibration import NEVER, zone_of
from .scoring.scorer import Scored, Scorer
from .signs.lanes import find_named_forms, lane_of
from .signs.signals import MISSING_PLACE, UNREADABLE, signals_of
from .trials import TrialUnits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .reading.local_places import TaughtPlace
    from .reading.places import PlaceReading
    from .scoring.content import ModelContent
    from .trials import Trial

EvidenceDepth = Literal["none", "words", "full"]

BATCH = 256
CO_UNIT_FROM = 0.15  # out of fold on the starter cases: precision 0.73, and 0.83 from 0.25
MAX_CO_UNITS = 3
_OPEN_BELOW = 0.8  # a place is missing where the best unit holds less of its function than this


def check_target(target_precision: float | None) -> None:
    """Refuse a target that is no promise or cannot be one.

    Raises:
        InputError: it is not between 0.5 and 0.999.
    """
    if target_precision is not None and not 0.5 <= target_precision <= 0.999:
        raise InputError(f"target precision {target_precision}: must lie between 0.5 and 0.999")


class Router:
    """A loaded model. Safe to share between threads: it only ever remembers what it has worked out."""

    def __init__(self, content: ModelContent) -> None:
        self.content = content
        self.version = content.version
        self.scorer = Scorer(content)
        self._thresholds: dict[tuple[str, float, bool], float] = {}
        self._floors: dict[tuple[str, float, bool], dict[str, float]] = {}
        self._explainer = Explainer(self.scorer)
        self._trials = TrialUnits((), content)

    @classmethod
    def load(cls, folder: str | Path, encoder_threads: int | None = None) -> Router:
        """Load a model folder; ``encoder_threads`` limits its encoder (default: all cores).

        Raises:
            ModelFolderError: the folder is missing, damaged or newer than this fenban.
        """
        return cls(artifact.load(Path(folder), encoder_threads))

    def with_trials(self, trials: Sequence[Trial]) -> Router:
        """Return a router of the same model that also suggests units on trial; it shares everything.

        A trial whose unit the model has learnt in the meantime is over and left out.
        """
        router = copy.copy(self)
        router._trials = TrialUnits(trials, self.content)
        return router

    @property
    def trials(self) -> tuple[Trial, ...]:
        """The units on trial."""
        return self._trials.trials

    @property
    def zone_label(self) -> str:
        """What the zone of a suggestion speaks of: the lead unit, else the function, else the topic."""
        return self.content.zone_label

    def threshold(
        self,
        label: str,
        target_precision: float | None = None,
        *,
        fused: bool | None = None,
        answer: str | None = None,
    ) -> float:
        """Return the confidence from which ``label`` is right at the target precision.

        ``fused`` says which stage answers: the sparse part alone, or all (default: all there is).
        ``answer`` is what it answers: some that break the promise have a threshold of their own.
        """
        target = target_precision or self.content.target_precision
        stage = self.content.sparse if fused is False else self.content.stage
        key = (label, target, stage is self.content.fused)
        if key not in self._thresholds:
            curve = stage.curves.get(label)
            self._thresholds[key] = curve.threshold(target) if curve else NEVER
            self._floors[key] = curve.floors(target) if curve else {}
        return max(self._thresholds[key], self._floors[key].get(answer or "", 0.0))

    def suggest(
        self,
        texts: Sequence[str | Submission],
        *,
        top: int = 3,
        target_precision: float | None = None,
        evidence: EvidenceDepth = "words",
        thorough: bool = True,
    ) -> list[Suggestion]:
        """Return one suggestion per text, in order.

        Args:
            texts: strings or submissions; an empty one gets a suggestion flagged ``unreadable``.
            top: how many topics, functions and units to rank.
            target_precision: the precision the ``auto`` zone promises (default: the model's own).
            evidence: what to find behind each answer: "none"; "words", the clause and the similar
                cases; or "full", which also orders the words by their true effect and finds what
                would change the answer, at the cost of about fifteen texts for each.
            thorough: whether the encoder reads every text, or only those that the sparse part is
                unsure of (several times faster, at a loss that training kept under 0.2 points).
        """
        submissions = [t if isinstance(t, Submission) else Submission(t) for t in texts]
        found: list[Suggestion] = []
        for start in range(0, len(submissions), BATCH):
            batch = submissions[start : start + BATCH]
            scored = self.scorer.score(batch, top, encoder="always" if thorough else "unsure")
            explanations = (
                itertools.repeat(Evidence())
                if evidence == "none"
                else self._explainer.explain(scored, full=evidence == "full")
            )
            split = matters_of(self.scorer, scored, partial(self._unit_for, scored))
            shown = self._trials.insert_into(scored, top) if self._trials else scored
            for i, (explanation, matters) in enumerate(zip(explanations, split, strict=False)):
                found.append(self._suggestion(shown, i, top, target_precision, explanation, matters))
        return found

    def _suggestion(
        self,
        scored: Scored,
        i: int,
        top: int,
        target_precision: float | None,
        evidence: Evidence,
        matters: tuple[Matter, ...],
    ) -> Suggestion:
        topics = tuple(RankedTopic(*pair) for pair in self._rank(scored, i, "topic", top))
        functions = tuple(RankedFunction(*pair) for pair in self._rank(scored, i, "function", top))
        units = tuple(scored.units[i])
        text, places = scored.reading.texts[i].text, scored.places[i]
        signals = signals_of(text, dict(self._rank(scored, i, "danger", 2)).get(str(True)))
        answers = units or functions or topics
        best = (
            units[0].unit
            if units
            else functions[0].function
            if functions
            else topics[0].path
            if topics
            else ""
        )
        threshold = self.threshold(
            self.zone_label, target_precision, fused=bool(scored.fused[i]), answer=best
        )
        if scored.novel[i] or (units and _elsewhere(units[0].jurisdiction, places)):
            threshold = NEVER
        missing = () if places.places else _missing(units, functions)
        on_trial = bool(units) and units[0].trial
        if on_trial:
            evidence = replace(evidence, duties=self._trials.duties_of(units[0].unit))
        return Suggestion(
            topics=topics,
            functions=functions,
            lead_units=units,
            co_units=tuple(self._co_units(scored, i, matters)),
            zone=_zone([answer.probability for answer in answers], threshold, signals.flags, on_trial),
            form=self._form(scored, i, text),
            lane=lane_of(text, places, self.content.home, self._lanes(scored, i), signals.danger),
            flags=signals.flags,
            missing=missing,
            evidence=evidence,
            model={"version": self.version},
            hints=(*signals.hints, *place_hints(missing, units, self._taught_places(scored, i))),
            matters=matters,
        )

    def _taught_places(self, scored: Scored, i: int) -> list[TaughtPlace]:
        return [] if scored.places[i].places else self.scorer.taught_places(scored, i)

    def _lanes(self, scored: Scored, i: int) -> dict[str, float] | None:
        return dict(self._rank(scored, i, "lane", len(LANES))) or None

    def _form(self, scored: Scored, i: int, text: str) -> NamedProbability | None:
        """Return the likeliest form; one that the text names plainly (请问, 案由:) weighs more."""
        forms = dict(self._rank(scored, i, "form", len(FORMS)))
        if not forms:
            return None
        named = find_named_forms(text)
        weights = {name: p * named.get(name, 1.0) for name, p in forms.items()}
        best = max(weights, key=lambda name: weights[name])
        return NamedProbability(best, round(weights[best] / (sum(weights.values()) or 1.0), 4))

    def _rank(self, scored: Scored, i: int, head: str, top: int) -> list[tuple[str, float]]:
        if head not in scored.by_head:
            return []
        row, names = scored.by_head[head][i], self.scorer.classes(head)
        return [(names[j], round(float(row[j]), 4)) for j in np.argsort(-row, kind="stable")[:top]]

    def _co_units(self, scored: Scored, i: int, matters: tuple[Matter, ...]) -> list[RankedUnit]:
        """Units of other functions that a text involves: of its other matters, then as cases taught."""
        units = scored.units[i]
        if not units:
            return []
        involved = self._rank(scored, i, "involved", MAX_CO_UNITS + 1)
        named = [(matter.functions[0].function, matter.functions[0].probability) for matter in matters]
        found: dict[str, RankedUnit] = {}
        for name, probability in (*named, *((name, p) for name, p in involved if p >= CO_UNIT_FROM)):
            unit = self._unit_for(scored, i, name, probability)
            if name != units[0].function and unit and unit.unit != units[0].unit:
                found.setdefault(unit.unit, unit)
        return list(found.values())[:MAX_CO_UNITS]

    def _unit_for(self, scored: Scored, i: int, function: str, probability: float) -> RankedUnit | None:
        """Return the unit of a function at the place of the text, else of its lead unit."""
        directory, units = self.content.directory, scored.units[i]
        if directory is None or not units:
            return None
        where = min(scored.places[i].paths, default=units[0].jurisdiction)
        unit = directory.unit_for(function, where)
        return RankedUnit(unit.name, unit.function, unit.jurisdiction, probability) if unit else None


def _zone(answers: list[float], threshold: float, flags: tuple[str, ...], on_trial: bool) -> Zone:
    """A flagged text, or one for a unit on trial, is never ``auto``: a person looks at it first."""
    if UNREADABLE in flags:
        return "manual"
    zone = zone_of(answers, threshold)
    return "confirm" if zone == "auto" and (flags or on_trial) else zone


def _elsewhere(jurisdiction: str | None, reading: PlaceReading) -> bool:
    """Whether a text names places, and none of them is in the jurisdiction or around it."""
    if jurisdiction is None or not reading.places:
        return False
    return not any(_same_line(jurisdiction, path) for path in reading.paths)


def _same_line(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def _missing(units: tuple[RankedUnit, ...], functions: tuple[RankedFunction, ...]) -> tuple[str, ...]:
    """Say that the place is missing where the unit stays open although the function does not."""
    if not units or not functions or units[0].jurisdiction is None:
        return ()
    return (MISSING_PLACE,) if units[0].probability < _OPEN_BELOW * functions[0].probability else ()
