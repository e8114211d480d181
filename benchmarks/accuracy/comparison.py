"""fenban and its rivals on the same sets: each trained and scored in a process of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..processes import HOME, LeftOut, fenban, run_module
from .labelled import LABELS, Label

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Set:
    """One benchmark: its name, the files to train on and to score, and the labels it is scored by."""

    name: str
    train: str
    score: str
    labels: tuple[Label, ...]


SETS = (
    Set(
        "hotline_orders",
        "hotline_orders/train.jsonl",
        "hotline_orders/dev.jsonl",
        ("function", "lead_unit"),
    ),
    Set("citizen_messages", "citizen_messages/train.jsonl", "citizen_messages/dev.jsonl", ("topic",)),
    Set("taipei_questions", "taipei_questions/train.jsonl", "taipei_questions/valid.jsonl", ("lead_unit",)),
)

ENCODER = ("--encoder", "e5-small-zh")
CASCADE = ("--cascade",)  # of evaluate: the encoder only where the sparse part is unsure
FENBAN: dict[str, tuple[str, ...]] = {
    "sparse": ("--encoder", "none"),
    "fused": ENCODER,
    "finetuned": (*ENCODER, "--finetune"),
}
RIVALS = ("fasttext", "linearsvc", "transformer")
_ONE_LABEL_ONLY = ("transformer",)  # a second head would not be plain


@dataclass(frozen=True, slots=True)
class Row:
    """What one system did on one set: ``figures`` by label beside those of the whole."""

    system: str
    set: str
    figures: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Return the object that a line of the output holds."""
        return {"system": self.system, "set": self.set, **self.figures}


def measure_fenban(name: str, part: Set, data: Path, folder: Path) -> Iterator[Row]:
    """Train fenban one way and evaluate it; with an encoder a second time as a cascade."""
    model = folder / f"{part.name}-{name}"
    try:
        command = ("train", "--cases", str(data / part.train), *FENBAN[name], "--out", str(model))
        trained = fenban(*command, "--home", str(folder / HOME))
    except LeftOut as reason:
        yield Row(f"fenban {name}", part.name, {"left out": str(reason)})
        return
    size = sum(path.stat().st_size for path in model.rglob("*") if path.is_file()) / 1e6
    about = {
        "train_s": round(trained.seconds, 1),
        "train_peak_mb": trained.peak_mb,
        "folder_mb": round(size, 2),
    }
    yield _evaluate(f"fenban {name}", part, data, model, (), about)
    if name != "sparse":
        yield _evaluate(f"fenban {name}, cascade", part, data, model, CASCADE, about)


def _evaluate(
    system: str, part: Set, data: Path, model: Path, more: Sequence[str], about: dict[str, Any]
) -> Row:
    command = ("evaluate", "--model", str(model), "--cases", str(data / part.score), "--json", *more)
    try:
        done = fenban(*command)
    except LeftOut as reason:
        return Row(system, part.name, {"left out": str(reason)})
    return Row(system, part.name, {**about, "score_peak_mb": done.peak_mb, **done.json()})


def measure_rival(name: str, part: Set, data: Path, options: Sequence[str] = ()) -> Iterator[Row]:
    """Train and score a baseline, once a label; ``options`` are those of ``benchmarks.baseline``."""
    for label in part.labels[:1] if name in _ONE_LABEL_ONLY else part.labels:
        files = ("--train", str(data / part.train), "--score", str(data / part.score))
        try:
            done = run_module("fenban.benchmarks.accuracy.baseline", name, *files, "--label", label, *options)
        except LeftOut as reason:
            yield Row(name, part.name, {"left out": str(reason)})
            continue
        yield Row(name, part.name, rival_figures(label, done.json(), done.peak_mb))


def rival_figures(label: Label, found: dict[str, Any], peak_mb: float | None) -> dict[str, Any]:
    """Put a baseline's figures into the shape of ``fenban evaluate``: those of the label under it."""
    assert label in LABELS
    whole = {key: found[key] for key in found if key.endswith("_s") or key in ("recipe", "texts_per_second")}
    of_label = {key: value for key, value in found.items() if key not in whole}
    return {**whole, "train_peak_mb": peak_mb, "n": found["n"], label: of_label}
