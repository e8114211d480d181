"""Retraining that cannot make things worse: a challenger must hold its own against the champion.

The latest slice of the newly resolved cases is kept from both. The challenger, trained on
everything else, is compared with the champion text by text; it is promoted only if it is
non-inferior (paired difference, one-sided bound), no single department gets clearly worse, and
neither does another label that both have learnt, such as the topic.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import binomtest

from fenban.model import BATCH, Router, TrainingError

from .directory.growing import add_named_units, fill_in_functions, is_read_off
from .progress import silent
from .train import SEED, fingerprint_cases, train_model

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fenban.model import Case, Directory, ModelContent

    from .fitting.dense import DenseSource
    from .progress import Progress

SLICE = 0.3
FEWEST_JUDGED = 30
MARGIN = 0.01  # a true loss of up to one point is not told apart from none
CONFIDENCE_Z = 1.2816  # one-sided 90 %
LEAST_OF_EXPECTED = 0.5
GUARD_FEWEST = 8
GUARD_LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A department, or a whole label, whose cases only one of the two models got right."""

    name: str
    judged: int
    champion_only: int
    challenger_only: int
    p_value: float


@dataclass(frozen=True, slots=True)
class ModelComparison:
    """Champion against challenger on the same texts, by one label."""

    label: str
    judged: int
    champion_right: int
    challenger_right: int
    champion_only: int
    challenger_only: int
    p_value: float
    lower_bound: float
    worse_units: tuple[Disagreement, ...] = ()
    worse_labels: tuple[Disagreement, ...] = ()
    expected: float = 0.0

    @property
    def promotes(self) -> bool:
        """Whether the challenger may take over."""
        clearly_worse = self.worse_units or self.worse_labels or self.contradicts
        return self.judged >= FEWEST_JUDGED and self.lower_bound >= -MARGIN and not clearly_worse

    @property
    def contradicts(self) -> bool:
        """Whether even the challenger finds too few: labels that nobody can learn are no measure."""
        return self.challenger_right < LEAST_OF_EXPECTED * self.expected * self.judged

    def why(self) -> str:
        """Say in one paragraph what was measured and what follows."""
        n = max(self.judged, 1)
        measured = (
            f"{self.label} on the latest {self.judged} new cases: champion {self.champion_right / n:.1%}, "
            f"challenger {self.challenger_right / n:.1%}; right alone {self.champion_only} against "
            f"{self.challenger_only} (McNemar p = {self.p_value:.3f}, the difference is at least "
            f"{self.lower_bound:+.1%} with 90 % confidence)"
        )
        return f"{measured}. {self._verdict()}"

    def _verdict(self) -> str:
        if self.judged < FEWEST_JUDGED:
            return f"Refused: {self.judged} cases to judge by are too few, {FEWEST_JUDGED} are needed."
        if self.contradicts:
            return (
                f"Refused: the champion found {self.expected:.0%} of unseen cases when it was trained, and "
                "neither model finds half as many of these - look at the labels of the new cases."
            )
        worse = [
            f"{change.name} (lost {change.champion_only}, won {change.challenger_only} of {change.judged})"
            for change in (*self.worse_labels, *self.worse_units)
        ]
        if worse:
            return f"Refused: clearly worse for {', '.join(worse)}."
        if self.lower_bound < -MARGIN:
            return f"Refused: it cannot be ruled out that the challenger is over {MARGIN:.0%} worse."
        return "Promoted: not worse, and no department clearly so."


@dataclass(frozen=True, slots=True)
class Retraining:
    """What came of a retraining; ``content`` was trained on everything if it is promoted."""

    content: ModelContent
    comparison: ModelComparison
    cases: tuple[Case, ...]
    n_new: int
    n_known_before: int


def retrain_champion(
    champion: Router,
    known: Sequence[Case],
    new: Sequence[Case],
    directory: Directory | None = None,
    *,
    seed: int = SEED,
    dense: DenseSource | None = None,
    progress: Progress = silent,
) -> Retraining:
    """Train a challenger on known and new cases and compare it with the champion.

    Args:
        champion: the model in use.
        known: the cases it was trained on.
        new: newly resolved ones; those that are known are left out.
        directory: the departments; without one the champion's own, and those that only cases name.
        seed: of everything random.
        dense: the encoder's part of the challenger; None for sparse features alone.
        progress: told how far it has come.

    Raises:
        TrainingError: the new cases hold nothing that was not known, or no label to judge by.
    """
    fresh = _leave_out_known(known, new)
    if not fresh:
        raise TrainingError("all of the new cases are known already: there is nothing to learn")
    taught_by = _make_teacher(champion, known, fresh, directory, seed, dense, progress)
    learn, judged = _split_off_latest(fresh, seed)
    progress("challenger")
    trial = taught_by([*known, *learn])
    progress("compare")
    comparison = compare(champion, Router(trial), judged)
    if not comparison.promotes:
        return Retraining(trial, comparison, (*known, *learn), len(fresh), len(new) - len(fresh))
    progress("final")
    everything = (*known, *fresh)
    return Retraining(taught_by(everything), comparison, everything, len(fresh), len(new) - len(fresh))


def _make_teacher(
    champion: Router,
    known: Sequence[Case],
    new: Sequence[Case],
    given: Directory | None,
    seed: int,
    dense: DenseSource | None,
    progress: Progress,
) -> Callable[[Sequence[Case]], ModelContent]:
    """Return what trains a challenger, with the departments it has to know of.

    A directory that was only ever read off the labels of the known cases is read off all labels.
    """
    before = given or champion.content.directory
    directory = add_named_units(before, [*known, *new]) if before else None
    anew = directory is None or (given is None and before is not None and is_read_off(known, before))

    def teach(cases: Sequence[Case]) -> ModelContent:
        cases = fill_in_functions(cases, directory) if directory else cases
        given_to_it = None if anew else directory
        return train_model(
            cases, given_to_it, seed=seed, parent=champion.version, dense=dense, progress=progress
        )

    return teach


def compare(champion: Router, challenger: Router, cases: Sequence[Case]) -> ModelComparison:
    """Compare two models on cases that neither has seen.

    Raises:
        TrainingError: the cases carry no label that the challenger has learnt.
    """
    label = _choose_label(challenger, cases)
    golds, pairs = _collect_outcomes(champion, challenger, cases, label)
    known = champion.content.facts.get("metrics", {}).get(label, {}).get("top1", 0.0)
    worse = _find_worse_labels(champion, challenger, cases, label)
    return replace(judge(label, golds, pairs, worse), expected=known)


def judge(
    label: str,
    golds: Sequence[str],
    pairs: Sequence[tuple[bool, bool]],
    worse_labels: tuple[Disagreement, ...] = (),
) -> ModelComparison:
    """Compare by outcomes: ``pairs[i]`` says whether champion and challenger found ``golds[i]``."""
    n = len(pairs)
    lost = sum(old and not new for old, new in pairs)
    won = sum(new and not old for old, new in pairs)
    difference = (won - lost) / max(n, 1)
    # a pseudo-count on each side keeps the bound honest where the models hardly ever differ
    spread = sqrt(max((won + lost + 1) / max(n, 1) - difference**2, 0.0) / max(n, 1))
    p_value = binomtest(won, won + lost).pvalue if won + lost else 1.0
    return ModelComparison(
        label,
        n,
        sum(old for old, _ in pairs),
        sum(new for _, new in pairs),
        lost,
        won,
        float(p_value),
        difference - CONFIDENCE_Z * spread,
        _find_worse_units(golds, pairs),
        worse_labels,
    )


def _collect_outcomes(
    champion: Router, challenger: Router, cases: Sequence[Case], label: str
) -> tuple[list[str], list[tuple[bool, bool]]]:
    judged = [case for case in cases if _label_of(case, label)]
    pairs = zip(
        _check_answers(champion, judged, label), _check_answers(challenger, judged, label), strict=True
    )
    return [_label_of(case, label) or "" for case in judged], list(pairs)


def _find_worse_labels(
    champion: Router, challenger: Router, cases: Sequence[Case], judged_by: str
) -> tuple[Disagreement, ...]:
    worse = []
    for label in champion.content.labels:
        if label == judged_by or label not in challenger.content.labels:
            continue
        _, pairs = _collect_outcomes(champion, challenger, cases, label)
        change = _count_disagreement(label, pairs)
        net_loss = change.champion_only - change.challenger_only
        if change.p_value < GUARD_LEVEL and net_loss > MARGIN * len(pairs):
            worse.append(change)
    return tuple(worse)


def _count_disagreement(name: str, pairs: Sequence[tuple[bool, bool]]) -> Disagreement:
    """Count who was right alone; the p-value is one-sided, against the challenger being as good."""
    lost = sum(old and not new for old, new in pairs)
    won = sum(new and not old for old, new in pairs)
    p_value = binomtest(lost, lost + won, alternative="greater").pvalue if lost + won else 1.0
    return Disagreement(name, len(pairs), lost, won, float(p_value))


def _find_worse_units(labels: Sequence[str], pairs: Sequence[tuple[bool, bool]]) -> tuple[Disagreement, ...]:
    by_unit: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for label, pair in zip(labels, pairs, strict=True):
        by_unit[label].append(pair)
    changes = [_count_disagreement(label, found) for label, found in sorted(by_unit.items())]
    return tuple(c for c in changes if c.judged >= GUARD_FEWEST and c.p_value < GUARD_LEVEL)


def _choose_label(challenger: Router, cases: Sequence[Case]) -> str:
    for label in challenger.content.labels:
        if any(_label_of(case, label) for case in cases):
            return label
    raise TrainingError("the new cases carry no unit, function or topic: there is nothing to compare by")


def _label_of(case: Case, label: str) -> str | None:
    return {"lead_unit": case.lead_unit, "function": case.function, "topic": case.topic}[label]


def _check_answers(router: Router, cases: Sequence[Case], label: str) -> list[bool]:
    right: list[bool] = []
    for start in range(0, len(cases), BATCH):
        part = cases[start : start + BATCH]
        for case, found in zip(part, _find_answers(router, part, label), strict=True):
            right.append(found is not None and found == _label_of(case, label))
    return right


def _find_answers(router: Router, cases: Sequence[Case], label: str) -> list[str | None]:
    scored = router.scorer.score([case.submission for case in cases], 1)
    if label == "lead_unit":
        return [units[0].unit if units else None for units in scored.units]
    if label not in scored.by_head:
        return [None] * len(cases)
    names = router.scorer.classes(label)
    return [names[int(row.argmax())] for row in scored.by_head[label]]


def _leave_out_known(known: Sequence[Case], new: Sequence[Case]) -> list[Case]:
    seen = {fingerprint_cases([case]) for case in known}
    fresh = []
    for case in new:
        mark = fingerprint_cases([case])
        if mark not in seen:
            seen.add(mark)
            fresh.append(case)
    return fresh


def _split_off_latest(cases: Sequence[Case], seed: int) -> tuple[list[Case], list[Case]]:
    """Split new cases into those to learn from and the latest to judge by (random if undated)."""
    dates = [case.submission.received_at for case in cases]
    if all(date is not None for date in dates):
        order = sorted(range(len(cases)), key=lambda i: (dates[i], i))
    else:
        order = list(np.random.default_rng(seed).permutation(len(cases)))
    cut = len(cases) - round(len(cases) * SLICE)
    return [cases[i] for i in sorted(order[:cut])], [cases[i] for i in sorted(order[cut:])]
