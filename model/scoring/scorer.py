"""From a batch of submissions to calibrated probabilities, ranked units and weights of features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.special import expit

from ..case import TOPIC_SEPARATOR, RankedUnit, Submission
from ..reading.local_places import LocalPlaceReader
from ..reading.places import Gazetteer
from .batch import places_of, read_batch
from .composition import TextSignals
from .features import NgramHasher, Vectoriser
from .projection import Projection
from .stage import Parts
from .voting import Voters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy import sparse

    from ..directory import Unit
    from ..reading.local_places import TaughtPlace
    from ..reading.places import PlaceReading
    from .batch import Reading
    from .content import ModelContent
    from .stage import Stage

    # numbers and similarities of the remembered cases nearest to each text, both (texts, k)
    Nearest = tuple[NDArray[np.int64], NDArray[np.float32]]

EncoderUse = Literal["always", "unsure", "never"]


@dataclass(frozen=True, slots=True)
class Scored:
    """One batch: its reading, features and places, probabilities by head, ranked units.

    ``fused`` tells, text by text, whether the encoder was asked as well, ``novel`` whether a text is
    of another kind than those that the promise of ``auto`` was measured on.
    """

    reading: Reading
    features: sparse.csr_matrix
    places: list[PlaceReading]
    by_head: dict[str, NDArray[np.float32]]
    units: list[list[RankedUnit]]
    fused: NDArray[np.bool_]
    novel: NDArray[np.bool_]
    nearest: Nearest | None = None


@dataclass(frozen=True, slots=True)
class _Batch:
    """What is known of a batch before it is answered; ``margins`` are those of the sparse heads."""

    reading: Reading
    places: list[PlaceReading]
    margins: dict[str, NDArray[np.float32]]
    top: int


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
        remembered = content.neighbours.cases if content.neighbours and content.dense else ()
        self._voters = Voters(remembered, {name: head.classes for name, head in content.heads.heads.items()})
        self._groups = topic_groups(self.classes("topic"), self.classes("topic_first"))

    def classes(self, head: str) -> tuple[str, ...]:
        """Return the labels a head knows (none where the model has no such head)."""
        return self.content.heads.heads[head].classes if head in self.content.heads else ()

    def score(
        self,
        submissions: Sequence[Submission],
        top: int = 3,
        *,
        encoder: EncoderUse = "always",
    ) -> Scored:
        """Score one batch.

        Args:
            submissions: the texts.
            top: how many units to rank.
            encoder: which texts a model with an encoder asks it for: all, those that the sparse part
                is unsure of (all where the model has no cascade), or none.
        """
        reading = read_batch(submissions, self._hasher)
        features = self._vectoriser.matrix(reading.spans, len(reading))
        heads = self.content.heads
        scores = heads.scores(features)
        margins = {name: heads.of(name, scores) for name in heads.heads}
        places = [places_of(reading, i, self._gazetteer) for i in range(len(reading))]
        everything = np.arange(len(reading))
        batch = _Batch(reading, places, margins, top)
        novel = self._vectoriser.known_share(reading.spans, len(reading)) < self.content.least_known
        if self.content.dense is None or encoder == "never":
            by_head, units = self._answer(self.content.sparse, Parts(margins), batch, everything)
            return Scored(
                reading, features, places, by_head, units, np.zeros(len(reading), dtype=bool), novel
            )
        if encoder == "always" or self.content.cascade is None:
            by_head, units, nearest = self._fused(batch, everything)
            asked = np.ones(len(reading), dtype=bool)
            return Scored(reading, features, places, by_head, units, asked, novel, nearest)
        by_head, units = self._answer(self.content.sparse, Parts(margins), batch, everything)
        unsure = np.flatnonzero(self._confidence(by_head, units) < self.content.cascade.enough)
        if len(unsure):
            again, units_again, _ = self._fused(batch, unsure)
            for name, rows in again.items():
                by_head[name][unsure] = rows
            for i, ranked in zip(unsure, units_again, strict=True):
                units[i] = ranked
        return Scored(reading, features, places, by_head, units, np.isin(everything, unsure), novel)

    def _fused(
        self, batch: _Batch, rows: NDArray[np.int64]
    ) -> tuple[dict[str, NDArray[np.float32]], list[list[RankedUnit]], Nearest | None]:
        """Ask the encoder for some texts of a batch and answer with all parts."""
        content = self.content
        if content.encoder is None or content.dense is None or content.fused is None:
            raise ValueError("a model with dense heads lacks its encoder or its stage")
        vectors = content.encoder.encode([batch.reading.texts[i].text for i in rows])
        nearest, votes = None, {}
        if content.neighbours is not None:
            nearest = content.neighbours.search(content.dense.unit_vectors(vectors))
            votes = self._voters.margins(*nearest)
        some = {name: margin[rows] for name, margin in batch.margins.items()}
        parts = Parts(some, content.dense.scores(vectors), votes)
        return *self._answer(content.fused, parts, batch, rows), nearest

    def _answer(
        self, stage: Stage, parts: Parts, batch: _Batch, rows: NDArray[np.int64]
    ) -> tuple[dict[str, NDArray[np.float32]], list[list[RankedUnit]]]:
        """Return probabilities by head and ranked units of ``rows``, the texts that the parts are of."""
        by_head = stage.probabilities(parts, self._groups)
        if "involved" in parts.sparse:
            by_head["involved"] = sigmoid(stage.weights["involved"].mix(parts, "involved"))
        flat = stage.weights["unit"].mix(parts, "unit") if "unit" in parts.sparse else None
        return by_head, self._rank_units(stage, flat, by_head, batch, rows)

    def _confidence(
        self, by_head: dict[str, NDArray[np.float32]], units: list[list[RankedUnit]]
    ) -> NDArray[np.float32]:
        """Return the probability of the best answer by the label that zones speak of, (texts,)."""
        if self.content.zone_label == "lead_unit":
            return np.array([u[0].probability if u else 0.0 for u in units], dtype=np.float32)
        confidence: NDArray[np.float32] = by_head[self.content.zone_label].max(axis=1)
        return confidence

    def features_of(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """Return the (texts, width) feature rows of plain texts."""
        reading = read_batch([Submission(text) for text in texts], self._hasher)
        return self._vectoriser.matrix(reading.spans, len(reading))

    def nearest(self, scored: Scored) -> Nearest:
        """Return numbers and similarities, both (texts, k), of the remembered cases nearest to a batch.

        With an encoder its vectors are compared, and texts that it was not asked for have none.
        """
        memory = self.content.neighbours
        if scored.nearest is not None:
            return scored.nearest
        if memory is None or self.content.dense is not None:
            nothing = np.zeros((len(scored.reading), 0))
            return nothing.astype(np.int64), nothing.astype(np.float32)
        return memory.search(self._projection.vectors(scored.features))

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
        stage: Stage,
        flat: NDArray[np.float32] | None,
        by_head: dict[str, NDArray[np.float32]],
        batch: _Batch,
        rows: NDArray[np.int64],
    ) -> list[list[RankedUnit]]:
        composer = stage.composer
        if composer is None:
            return [[] for _ in rows]
        names = [self.taught_names(batch.reading, i, batch.places[i]) for i in rows]
        signals = TextSignals(
            [batch.places[i] for i in rows],
            functions=by_head.get("function"),
            flat=flat,
            jurisdiction=np.log(by_head["jurisdiction"] + 1e-6) if "jurisdiction" in by_head else None,
            taught=self._taught.log_ratios(names) if self._taught else None,
        )
        units = composer.table.units
        ranked = composer.rank(signals, batch.top)
        return [merge_names([units[r] for r in found], p, batch.top) for found, p in ranked]


def sigmoid(margins: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return 1 / (1 + exp(-margins)), however far from 0 they are."""
    result: NDArray[np.float32] = expit(margins)
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
