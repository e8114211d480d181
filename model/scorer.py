"""From a batch of submissions to calibrated probabilities, ranked units and weights of features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fenban.model.calibration import softmax
from fenban.model.case import TOPIC_SEPARATOR, RankedUnit, Submission
from fenban.model.composition import TextSignals
from fenban.model.features import NgramHasher, Vectoriser
from fenban.model.local_places import LocalPlaceReader
from fenban.model.places import Gazetteer
from fenban.model.projection import Projection
from fenban.model.reading import places_of, read_batch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy import sparse

    from fenban.model.artifact import ModelContent
    from fenban.model.directory import Unit
    from fenban.model.local_places import TaughtPlace
    from fenban.model.places import PlaceReading
    from fenban.model.reading import Reading

_NOT_EXCLUSIVE = ("unit", "involved")  # heads whose margins are no distribution of their own


@dataclass(frozen=True, slots=True)
class Scored:
    """One batch: its reading, features and places, probabilities by head, ranked units."""

    reading: Reading
    features: sparse.csr_matrix
    places: list[PlaceReading]
    by_head: dict[str, NDArray[np.float32]]
    units: list[list[RankedUnit]]


class Scorer:
    """Runs the classifiers of a model over batches; holds nothing that changes."""

    def __init__(self, content: ModelContent) -> None:
        self.content = content
        self._hasher = NgramHasher()
        self._vectoriser = Vectoriser(content.space)
        self._gazetteer = Gazetteer.build(content.home, content.local_places)
        taught = content.composer.taught if content.composer else None
        self._taught = LocalPlaceReader(taught) if taught else None
        self._projection = Projection(content.space)
        self._groups = topic_groups(self.classes("topic"), self.classes("topic_first"))

    def classes(self, head: str) -> tuple[str, ...]:
        """Return the labels a head knows (none where the model has no such head)."""
        return self.content.heads.heads[head].classes if head in self.content.heads else ()

    def score(self, submissions: Sequence[Submission], top: int = 3) -> Scored:
        """Score one batch; ``top`` says how many units to rank."""
        reading = read_batch(submissions, self._hasher)
        features = self._vectoriser.matrix(reading.spans, len(reading))
        heads, temperatures = self.content.heads, self.content.temperatures
        scores = heads.scores(features)
        by_head = {
            name: softmax(heads.of(name, scores), temperatures[name])
            for name in heads.heads
            if name not in _NOT_EXCLUSIVE
        }
        if self._groups is not None:
            by_head["topic"] = combine_levels(by_head["topic_first"], by_head["topic"], self._groups)
        for label, calibration in self.content.tops.items():
            by_head[label] = calibration.apply(by_head[label])
        if "involved" in heads:
            by_head["involved"] = sigmoid(heads.of("involved", scores) / np.float32(temperatures["involved"]))
        places = [places_of(reading, i, self._gazetteer) for i in range(len(reading))]
        units = self._rank_units(scores, by_head, reading, places, top)
        return Scored(reading, features, places, by_head, units)

    def features_of(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """Return the (texts, width) feature rows of plain texts."""
        reading = read_batch([Submission(text) for text in texts], self._hasher)
        return self._vectoriser.matrix(reading.spans, len(reading))

    def vectors(self, scored: Scored) -> NDArray[np.float32]:
        """Return the (texts, d) vectors of a batch, of the kind that the remembered cases have."""
        return self._projection.vectors(scored.features)

    def nearest(self, scored: Scored) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return numbers and similarities, both (texts, k), of the remembered cases nearest to a batch."""
        memory = self.content.neighbours
        if memory is None:
            nothing = np.zeros((len(scored.reading), 0))
            return nothing.astype(np.int64), nothing.astype(np.float32)
        return memory.search(self.vectors(scored))

    def contributions(
        self, scored: Scored, index: int, spans: NDArray[np.int64], head: str, answer: int
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]:
        """Return starts, ends and contribution of the known spans of one text to one class.

        The contributions of all spans of a text add up to its margin less the intercept.
        """
        batch = scored.reading.spans
        columns = self._vectoriser.known_columns(batch.slots[spans])
        spans, columns = spans[columns >= 0], columns[columns >= 0]
        bounds = scored.features.indptr[index : index + 2]
        known = scored.features.indices[bounds[0] : bounds[1]]
        added = scored.features.data[bounds[0] : bounds[1]]
        added = added * self.content.heads.class_weights(head, answer, known)
        position = np.searchsorted(known, columns)
        added = added / np.bincount(position, minlength=len(known))
        return batch.starts[spans], batch.ends[spans], added[position].astype(np.float32)

    def taught_names(self, reading: Reading, index: int, places: PlaceReading) -> list[int]:
        """Return the numbers of the names in one text whose place the training cases taught."""
        return self._taught.names_in(reading.texts[index].text, places) if self._taught else []

    def taught_places(self, scored: Scored, index: int) -> list[TaughtPlace]:
        """Return where the taught names of one text lie."""
        names = self.taught_names(scored.reading, index, scored.places[index])
        return [self._taught.taught(name) for name in names] if self._taught else []

    def _rank_units(
        self,
        scores: NDArray[np.float32],
        by_head: dict[str, NDArray[np.float32]],
        reading: Reading,
        places: list[PlaceReading],
        top: int,
    ) -> list[list[RankedUnit]]:
        composer = self.content.composer
        if composer is None:
            return [[] for _ in places]
        heads = self.content.heads
        names = [self.taught_names(reading, i, place) for i, place in enumerate(places)]
        signals = TextSignals(
            places,
            functions=by_head.get("function"),
            flat=heads.of("unit", scores) if "unit" in heads else None,
            jurisdiction=np.log(by_head["jurisdiction"] + 1e-6) if "jurisdiction" in by_head else None,
            taught=self._taught.log_ratios(names) if self._taught else None,
        )
        units = composer.table.units
        return [merge_names([units[r] for r in rows], p, top) for rows, p in composer.rank(signals, top)]


def sigmoid(margins: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return 1 / (1 + exp(-margins))."""
    result: NDArray[np.float32] = np.reciprocal(1 + np.exp(-margins))
    return result


def merge_names(units: Sequence[Unit], probabilities: NDArray[np.float32], top: int) -> list[RankedUnit]:
    """Rank units by name: an office that holds two functions is one addressee."""
    total: dict[str, float] = {}
    first: dict[str, Unit] = {}
    for unit, probability in zip(units, probabilities, strict=True):
        total[unit.name] = total.get(unit.name, 0.0) + float(probability)
        first.setdefault(unit.name, unit)
    best = sorted(total, key=lambda name: -total[name])[:top]
    return [
        RankedUnit(name, first[name].function, first[name].jurisdiction, round(min(total[name], 1.0), 4))
        for name in best
    ]


def topic_groups(paths: Sequence[str], firsts: Sequence[str]) -> NDArray[np.int64] | None:
    """Return for every path the number of its first level, or None where one level is all there is."""
    if not paths or not firsts:
        return None
    number = {name: i for i, name in enumerate(firsts)}
    return np.array([number[path.split(TOPIC_SEPARATOR)[0]] for path in paths])


def combine_levels(
    first: NDArray[np.float32], second: NDArray[np.float32], groups: NDArray[np.int64]
) -> NDArray[np.float32]:
    """P(path) = P(first level) x P(path | first level), row by row."""
    sums = np.zeros_like(first)
    for group in range(first.shape[1]):
        sums[:, group] = second[:, groups == group].sum(axis=1)
    share = second / np.maximum(sums, np.float32(1e-9))[:, groups]
    return (share * first[:, groups]).astype(np.float32)
