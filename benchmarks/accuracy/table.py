"""The side-by-side table of BENCHMARKS.md, from the rows of a run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .comparison import SETS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .comparison import Set
    from .labelled import Label

NAMES = {
    "fenban sparse": "fenban, sparse",
    "fenban fused": "fenban, fused",
    "fenban finetuned": "fenban, fine-tuned",
    "fenban fused, cascade": "fenban, fused, as a cascade",
    "fenban finetuned, cascade": "fenban, fine-tuned, as a cascade",
    "linearsvc": "TF-IDF + LinearSVC",
    "fasttext": "fastText + jieba",
    "transformer": "transformer, plain fine-tune",
}
_HEADINGS = (
    "system",
    "top-1",
    "top-3",
    "macro-F1",
    "ECE",
    "auto share",
    "auto precision",
    "texts/s",
    "training, s",
    "peak of training, MB",
)
_SHARES = ("top1", "top3", "macro_f1", "ece", "auto_share", "auto_precision")
_UNKNOWN = "–"


def markdown(rows: Sequence[dict[str, Any]]) -> str:
    """Return one table a set and label that the rows have figures for; what was left out below it."""
    parts = [text for part in SETS for label in part.labels if (text := _one(part, label, rows))]
    return "\n\n".join(parts) + "\n" if parts else ""


def _one(part: Set, label: Label, rows: Sequence[dict[str, Any]]) -> str:
    here = [row for row in rows if row.get("set") == part.name]
    measured = sorted((row for row in here if label in row), key=_place)
    if not measured:
        return ""
    lines = [
        f"**{part.name}, {label}** ({measured[0][label]['n']:,} texts)",
        "",
        _line(_HEADINGS),
        _line(["---"] + ["---:"] * (len(_HEADINGS) - 1)),
        *(_line(_cells(row, row[label])) for row in measured),
    ]
    left_out = [f"Left out: {NAMES[row['system']]} ({row['left out']})." for row in here if "left out" in row]
    return "\n".join(lines + (["", *left_out] if left_out else []))


def _place(row: dict[str, Any]) -> int:
    return list(NAMES).index(row["system"])


def _cells(row: dict[str, Any], figures: dict[str, Any]) -> Iterator[str]:
    yield NAMES[row["system"]]
    for name in _SHARES:
        yield _UNKNOWN if figures.get(name) is None else f"{figures[name]:.3f}"
    for name in ("texts_per_second", "train_s", "train_peak_mb"):
        yield _UNKNOWN if row.get(name) is None else f"{row[name]:,.0f}"


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def rows_of(lines: Iterable[str]) -> list[dict[str, Any]]:
    """Return the rows of the comparison among the lines that a run printed; of two the later counts."""
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for line in lines:
        for row in json.loads(line).values() if line.strip() else ():
            if isinstance(row, dict) and row.get("system") in NAMES:
                labels = () if "left out" in row else tuple(key for key in row if isinstance(row[key], dict))
                found[row["system"], row["set"], *labels] = row
    return list(found.values())
