"""Measuring a model on cases whose answers are known.

Cases are read batch by batch; of each text only its label, the first three answers and the
confidence are kept, never a word of it.
"""

from __future__ import annotations

import itertools
import time
import tomllib
from array import array
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fenban.model import BATCH, NEVER, TOPIC_SEPARATOR, InputError

from ..directory.labels import split_topic
from ..progress import silent
from ..tables.cells import as_topic
from ..tables.columns import list_headers
from . import metrics

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from fenban.model import Case, Router, Scored

    from ..progress import Progress

LABELS = ("lead_unit", "function", "topic")
FIGURES = ("n", "top1", "top3", "macro_f1", "ece", "auto_share", "auto_precision")
RANKED = 3
_DIGITS = 4  # what a suggestion shows, and therefore what its zone is decided by


@dataclass(frozen=True, slots=True)
class TopicMap:
    """Which label of the data each topic of a model, a first level or a whole path, stands for."""

    source: str
    labels: Mapping[str, str]

    def label_of(self, path: str) -> str | None:
        """Return the label of a topic; the whole path goes before its first level."""
        first, _ = split_topic(path)
        return self.labels.get(path, self.labels.get(first))

    def check(self, paths: Collection[str]) -> None:
        """Raise InputError where the map names a topic that is not among the model's."""
        firsts = sorted({split_topic(path)[0] for path in paths})
        known = f"its topics begin with: {list_headers(firsts)}" if firsts else "it has learnt no topics"
        for topic in self.labels:
            if topic not in firsts and topic not in paths:
                raise InputError(f'{self.source}: [map] names "{topic}", unknown to this model; {known}')


def read_topic_map(path: Path | str) -> TopicMap:
    """Read a topic map: ``[map]`` with ``"topic of the model" = "label of the data"``.

    Whether the model has these topics is checked by ``evaluate``.

    Raises:
        InputError: naming file and key, where the map cannot be read or an entry is no text.
    """
    try:
        content = tomllib.loads(Path(path).read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    except ValueError as error:
        raise InputError(f"{path}: is not valid TOML in UTF-8: {error}") from error
    entries = content.get("map")
    if not isinstance(entries, dict) or not entries:
        raise InputError(f'{path}: has no [map] table - write [map] and under it "topic" = "label"')
    labels: dict[str, str] = {}
    for key, value in entries.items():
        topic, label = as_topic([key]), as_topic([value]) if isinstance(value, str) else None
        if topic is None or label is None:
            raise InputError(f'{path}: [map] "{key}" must be a label in quotes, not {value!r}')
        if labels.setdefault(topic, label) != label:
            raise InputError(f'{path}: [map] names "{topic}" twice, for "{labels[topic]}" and "{label}"')
    return TopicMap(str(path), labels)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The n texts that carry a label, in arrays of n rows; labels are numbers into ``names``.

    ``ranked`` is (n, 3), padded with -1, ``confidence`` the probability of the best answer;
    ``thresholds`` are those of the stages that answered (None: one for all);
    ``unlearnt`` are the labels of the data that the model has never seen.
    """

    names: tuple[str, ...]
    gold: NDArray[np.int32]
    ranked: NDArray[np.int32]
    confidence: NDArray[np.float64]
    unlearnt: frozenset[str] = frozenset()
    thresholds: NDArray[np.float64] | None = None

    @property
    def predicted(self) -> NDArray[np.int32]:
        """The best answers, (n,)."""
        return self.ranked[:, 0]

    @property
    def correct(self) -> NDArray[np.bool_]:
        """Whether the best answer is the label, (n,)."""
        right: NDArray[np.bool_] = self.predicted == self.gold
        return right

    def thresholds_or(self, threshold: float) -> NDArray[np.float64] | float:
        """Return the texts' own thresholds, (n,), else the one for all."""
        return threshold if self.thresholds is None else self.thresholds


@dataclass(frozen=True, slots=True)
class LabelEvaluation:
    """The figures of one label over the ``n`` texts that carry it."""

    n: int
    top1: float
    top3: float
    macro_f1: float
    ece: float
    auto_share: float
    auto_precision: float | None
    threshold: float = field(repr=False)
    outcomes: Outcomes = field(repr=False)

    @classmethod
    def measure(cls, outcomes: Outcomes, threshold: float) -> LabelEvaluation:
        """Compute the figures; ``threshold`` is the confidence from which a text is ``auto``."""
        gold, ranked = outcomes.gold, outcomes.ranked
        return cls(
            len(gold),
            metrics.compute_top_k(gold, ranked, 1),
            metrics.compute_top_k(gold, ranked, RANKED),
            metrics.compute_macro_f1(gold, outcomes.predicted),
            metrics.compute_ece(outcomes.confidence, outcomes.correct),
            *metrics.auto_zone(outcomes.confidence, outcomes.correct, outcomes.thresholds_or(threshold)),
            threshold,
            outcomes,
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the figures alone, rounded to four digits."""
        values = {name: getattr(self, name) for name in FIGURES}
        return {name: round(v, _DIGITS) if isinstance(v, float) else v for name, v in values.items()}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What ``fenban evaluate`` says: ``labels`` holds those that the data has and the model knows."""

    n: int
    texts_per_second: float
    labels: Mapping[str, LabelEvaluation]
    topic_map: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the object that ``fenban evaluate --json`` prints."""
        figures = {label: self.labels[label].as_dict() for label in LABELS if label in self.labels}
        return {"n": self.n, "texts_per_second": round(self.texts_per_second, 1), **figures}


def evaluate_model(
    router: Router,
    cases: Iterable[Case],
    topic_map: TopicMap | None = None,
    progress: Progress = silent,
    *,
    cascade: bool = False,
) -> Evaluation:
    """Measure a model on cases whose labels are known; memory does not grow with the texts.

    A case without a label is left out of that label's figures; a label that the model has never
    seen counts as wrong. A topic is compared at the depth it is given in: for a first level the
    probabilities of the paths below it are added up, and a path is cut to its first level where
    the model knows no second. With a topic map the probabilities of all topics mapped to one
    label are added up and divided by the sum over all mapped topics, so that confidences (ECE,
    ``auto``) are those of an answer among the map's labels; topics not in the map are left out.
    ``auto`` goes by the threshold fixed in training and by probabilities rounded as suggestions
    show them; flags (which keep a suggestion from ``auto``) are not looked at.
    ``cascade`` asks the encoder only where the sparse part is unsure.
    ``texts_per_second`` is the whole suggestion path without evidence, files not included.

    Raises:
        InputError: the topic map names a topic that the model does not know.
        TableError: from ``cases``, where they are read from files.
    """
    if topic_map is not None:
        topic_map.check(router.scorer.classes("topic"))
    answerers = {
        label: _Topics(router, topic_map) if label == "topic" else _Names(router, label)
        for label in LABELS
        if label in router.content.labels
    }
    collected = {label: _Collected() for label in answerers}
    n, seconds = 0, 0.0
    waiting = iter(cases)
    while batch := list(itertools.islice(waiting, BATCH)):
        started = time.perf_counter()
        scored = router.scorer.score(
            [case.submission for case in batch], RANKED, encoder="unsure" if cascade else "always"
        )
        seconds += time.perf_counter() - started
        for label, answerer in answerers.items():
            for i, gold, names, probability in answerer.answers(scored, batch):
                best = names[0] if names else None
                threshold = router.threshold(label, fused=bool(scored.fused[i]), answer=best)
                threshold = NEVER if scored.novel[i] else threshold
                collected[label].add(gold, names, probability, threshold)
        n += len(batch)
        progress("evaluate", n)
    labels = {
        label: LabelEvaluation.measure(found.outcomes(answerers[label].known), router.threshold(label))
        for label, found in collected.items()
        if found.gold
    }
    return Evaluation(n, n / seconds if seconds else 0.0, labels, topic_map.source if topic_map else None)


class _Collected:
    """What is kept of the texts so far, a few numbers each."""

    def __init__(self) -> None:
        self.gold = array("i")
        self._ranked = array("i")
        self._confidence = array("d")
        self._thresholds = array("d")
        self._numbers: dict[str, int] = {}

    def add(self, gold: str, ranked: Sequence[str], probability: float, threshold: float) -> None:
        self.gold.append(self._number(gold))
        answers = [self._number(name) for name in ranked[:RANKED]]
        self._ranked.extend(answers + [metrics.NO_ANSWER] * (RANKED - len(answers)))
        self._confidence.append(round(probability, _DIGITS))
        self._thresholds.append(threshold)

    def _number(self, name: str) -> int:
        return self._numbers.setdefault(name, len(self._numbers))

    def outcomes(self, known: Collection[str]) -> Outcomes:
        names = tuple(self._numbers)
        return Outcomes(
            names,
            np.array(self.gold, dtype=np.int32),
            np.array(self._ranked, dtype=np.int32).reshape(-1, RANKED),
            np.array(self._confidence, dtype=np.float64),
            frozenset(names[i] for i in set(self.gold)) - frozenset(known),
            np.array(self._thresholds, dtype=np.float64),
        )


# number of the text, label of the data, best answers, chance of the first
_Answer = tuple[int, str, "Sequence[str]", float]


def _rank(names: Sequence[str], row: NDArray[np.float32]) -> tuple[list[str], float]:
    order = np.argsort(-row, kind="stable")[:RANKED]
    return [names[i] for i in order], float(row[order[0]])


class _Names:
    """Answers of labels that are one name: lead units and functions."""

    def __init__(self, router: Router, label: str) -> None:
        self._label = label
        composer = router.content.composer
        units = tuple(unit.name for unit in composer.table.units) if composer else ()
        self.known = units if label == "lead_unit" else router.scorer.classes(label)

    def answers(self, scored: Scored, cases: Sequence[Case]) -> Iterator[_Answer]:
        for i, case in enumerate(cases):
            if self._label == "function":
                if case.function:
                    yield i, case.function, *_rank(self.known, scored.by_head["function"][i])
            elif case.lead_unit:
                units = scored.units[i]
                yield i, case.lead_unit, [u.unit for u in units], units[0].probability if units else 0.0


class _Topics:
    """Answers of topics, at the depth of the data or by the labels of a map."""

    def __init__(self, router: Router, topic_map: TopicMap | None) -> None:
        self._paths = router.scorer.classes("topic")
        self._mapped = topic_map is not None
        two_levels = any(TOPIC_SEPARATOR in path for path in self._paths)
        self._whole_paths = two_levels and not self._mapped
        groups = [topic_map.label_of(p) if topic_map else split_topic(p)[0] for p in self._paths]
        self._names = sorted({group for group in groups if group is not None})
        self._member = np.array([[g == name for name in self._names] for g in groups], dtype=np.float32)
        self.known = {*self._names, *self._paths} if self._whole_paths else set(self._names)

    def answers(self, scored: Scored, cases: Sequence[Case]) -> Iterator[_Answer]:
        rows = scored.by_head["topic"]
        sums = rows @ self._member
        if self._mapped:
            sums /= np.maximum(sums.sum(axis=1, keepdims=True), np.float32(1e-9))
        for i, case in enumerate(cases):
            if not case.topic:
                continue
            first, path = split_topic(case.topic)
            if self._whole_paths and path != first:
                yield i, path, *_rank(self._paths, rows[i])
            else:
                yield i, path if self._mapped else first, *_rank(self._names, sums[i])
