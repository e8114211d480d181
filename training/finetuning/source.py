"""The dense part of a fine-tuned encoder: tuned without the latest slice first, then on everything.

What the encoder says of the held-back slice, after its conversion to int8 and hence exactly as it
will be served, teaches how far to trust it. It then goes on over all texts for an epoch at a lower
rate, so that the latest ones, which matter most, are learnt too.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from fenban.model import DenseHeads, Head, OnnxEncoder

from ..encoder.checkpoints import open_checkpoint
from ..encoder.embedding_cache import EmbeddingCache
from ..encoder.export import export, measure_fidelity
from ..encoder.folders import encoder_folder
from ..encoder.options import AS_DECLARED
from ..encoder.sources import EncoderSource, find_source
from ..fitting.dense import Dense, Unseen, votes_of
from .loop import Tuner, best_device
from .pretraining import pretrain
from .recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from ..encoder.options import EncoderOptions
    from ..fitting.classifiers import Target
    from ..fitting.splits import Split
    from ..progress import Progress
    from .heads import TunedHeads

LAST_EPOCHS = 1
LAST_RATE = 0.4  # of the first rate
_COMPARED = 300  # texts by which the loss of int8 is measured


@dataclass(frozen=True, slots=True)
class TunedSource:
    """Fine-tunes the encoder that ``spec`` names; ``cache`` keeps the state of interrupted runs.

    ``options`` are what the user says of the encoder.
    ``unlabelled`` are folded texts to continue pretraining on before (Gururangan et al., 2020,
    "Don't Stop Pretraining"); none: not done.
    """

    spec: str
    cache: Path
    seed: int
    recipe: Recipe | None = None
    unlabelled: tuple[str, ...] = ()
    tunes: bool = True
    options: EncoderOptions = AS_DECLARED

    def part(self, texts: Sequence[str], progress: Progress) -> TunedPart:
        """Return the part; nothing is trained yet."""
        device = best_device()
        return TunedPart(self, tuple(texts), self.recipe or Recipe(), device, progress)


@dataclass
class TunedPart:
    """Tunes when asked to observe, and once more to the end when asked to fit."""

    source: TunedSource
    texts: tuple[str, ...]
    recipe: Recipe
    device: str
    progress: Progress
    _tuner: Tuner | None = None
    _encoder: OnnxEncoder | None = None
    _key: str = ""
    _quality: dict[str, Any] = field(default_factory=dict)

    def observe(self, targets: Sequence[Target], rounds: Sequence[Split]) -> Unseen:
        """Tune on the one round's training part and look at its unseen part."""
        (split,) = rounds
        tuner = self._start(targets, split)
        rows, unseen = np.flatnonzero(split.train), np.flatnonzero(split.unseen)
        recipe = self.recipe
        resume = self._folder / "first.safetensors"
        tuner.run(rows, self.progress, resume=resume, epochs=recipe.epochs, rate=recipe.rate)
        exact = tuner.margins(unseen)
        encoder = self._export("first")
        vectors = encoder.encode(self.texts)
        heads = _build_heads(tuner.heads, vectors[rows].mean(axis=0))
        served = heads.scores(vectors[unseen])
        self._note_quality(tuner, encoder, exact, served, unseen)
        return Unseen(served, votes_of(heads.unit_vectors(vectors), split, targets))

    def fit(self, targets: Sequence[Target]) -> Dense:
        """Go on over all texts, with all that they teach."""
        if self._tuner is None:
            raise RuntimeError("observe() comes first")
        rate = self.recipe.rate * LAST_RATE
        resume = self._folder / "last.safetensors"
        everything = np.arange(len(self.texts))
        self._tuner.run(everything, self.progress, resume=resume, epochs=LAST_EPOCHS, rate=rate)
        encoder = self._export("last")
        vectors = encoder.encode(self.texts)
        heads = _build_heads(self._tuner.heads, vectors.mean(axis=0))
        for name in ("first.safetensors", "last.safetensors", "pretrained.safetensors"):
            (self._folder / name).unlink(missing_ok=True)
        shutil.rmtree(self._folder / "first", ignore_errors=True)
        return Dense(heads, encoder, heads.unit_vectors(vectors))

    def facts(self) -> dict[str, Any]:
        """Return what was tuned, how, and what int8 costs."""
        return {
            **(asdict(self._encoder.settings) if self._encoder else {}),
            "tuned": True,
            "device": self.device,
            "recipe": asdict(self.recipe),
            "unlabelled": len(self.source.unlabelled),
            "int8": self._quality,
        }

    def _start(self, targets: Sequence[Target], split: Split) -> Tuner:
        source = self.source
        found = find_source(source.spec, self.progress, source.options)
        checkpoint = open_checkpoint(found, source.cache, self.progress)
        self._key = _key_of(self, found, targets, split)
        self._folder.mkdir(parents=True, exist_ok=True)
        if source.unlabelled:
            resume = self._folder / "pretrained.safetensors"
            texts = (*source.unlabelled, *(self.texts[i] for i in np.flatnonzero(split.train)))
            pretrain(checkpoint, texts, self.recipe, source.seed, self.device, self.progress, resume)
        before = self._before() if self.recipe.recall > 0 else None
        self._tuner = Tuner(checkpoint, self.texts, targets, self.recipe, source.seed, self.device, before)
        return self._tuner

    def _before(self) -> NDArray[np.float32]:
        """Return what the encoder makes of the texts as it is, (texts, dimension)."""
        cache = self.source.cache
        encoder = OnnxEncoder.load(
            encoder_folder(self.source.spec, cache, self.progress, self.source.options)
        )
        return EmbeddingCache(cache / "vectors").embed(encoder, self.texts, self.progress)

    @property
    def _folder(self) -> Path:
        return self.source.cache / "tuning" / self._key

    def _export(self, name: str) -> OnnxEncoder:
        if self._tuner is None:
            raise RuntimeError("nothing is tuned yet")
        out = self._folder / name
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        export(self._tuner.checkpoint, out)
        self._encoder = OnnxEncoder.load(out)
        return self._encoder

    def _note_quality(
        self,
        tuner: Tuner,
        encoder: OnnxEncoder,
        exact: dict[str, NDArray[np.float32]],
        served: dict[str, NDArray[np.float32]],
        unseen: NDArray[np.int64],
    ) -> None:
        """Measure on unseen texts what the conversion to int8 costs: cosines and right answers."""
        texts = [self.texts[i] for i in unseen[:: max(1, len(unseen) // _COMPARED)]]
        close = measure_fidelity(tuner.checkpoint, encoder.folder, texts)
        self._quality = {"cosine_mean": round(close.mean, 5), "cosine_least": round(close.least, 5)}
        for target in tuner.targets:
            truth = _class_numbers(target, unseen)
            known = truth >= 0
            if not known.any():
                continue
            for name, margins in (("float32", exact), ("int8", served)):
                right = margins[target.name].argmax(axis=1)[known] == truth[known]
                self._quality.setdefault(target.name, {})[name] = round(float(right.mean()), 4)


def _build_heads(tuned: TunedHeads, centre: NDArray[np.float32]) -> DenseHeads:
    heads, start = [], 0
    arrays = tuned.arrays()
    for target in tuned.targets:
        heads.append(Head(target.name, target.classes, start))
        start += len(target.classes)
    return DenseHeads(
        tuple(heads),
        np.hstack([arrays[head.name][0] for head in heads]),
        np.concatenate([arrays[head.name][1] for head in heads]),
        centre,
        raw=True,
    )


def _class_numbers(target: Target, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    number = {name: i for i, name in enumerate(target.classes)}
    of_row = {int(r): number[label] for r, label in zip(target.rows, target.labels, strict=True)}  # type: ignore[index]
    return np.array([of_row.get(int(row), -1) for row in rows], dtype=np.int64)


def _key_of(part: TunedPart, found: EncoderSource, targets: Sequence[Target], split: Split) -> str:
    """Return a hash of all that a tuning depends on, so that only the same one is gone on with."""
    whole = hashlib.sha256()
    facts = [found.content_hash(), part.source.seed, part.device, asdict(part.recipe)]
    whole.update(json.dumps(facts, sort_keys=True).encode())
    for text in (*part.source.unlabelled, *part.texts):
        whole.update(text.encode("utf-8", "replace") + b"\n")
    for target in targets:
        whole.update(json.dumps([target.name, target.labels], ensure_ascii=False).encode())
        whole.update(target.rows.tobytes())
    whole.update(np.packbits(split.train).tobytes())
    return whole.hexdigest()[:24]
