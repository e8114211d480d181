"""The evaluation as one HTML page (评估报告): figures, diagrams, confusions - and no text of any case.

The page is whole in itself: style and diagrams are inside, nothing is fetched, nothing is run.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
import numpy as np

from ..tables.writing import replacing
from . import metrics
from .evaluate import LABELS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fenban.model import Router

    from .evaluate import Evaluation, LabelEvaluation, Outcomes
    from .metrics import LabelRow, ReliabilityBin

LABEL_NAMES = {"lead_unit": "主办单位", "function": "职能", "topic": "主题"}
NOTHING = "（无答案）"
PAIRS_SHOWN = 20
LARGEST = 25
_CURVE_POINTS = 400
_STEADY_FROM = 0.02  # below this share a single text moves the precision too much to scale the axis by
_NAME_SHOWN = 14
_MEASURED_ON = {"latest slice": "最新一段训练数据"}


@dataclass(frozen=True, slots=True)
class Source:
    """Which cases were scored: their files (only the names are shown) and how many rows were rejected."""

    files: Sequence[str | Path]
    rejected: int = 0
    date: dt.date = field(default_factory=dt.date.today)


@dataclass(frozen=True, slots=True)
class Axes:
    """The plot area of a diagram: from data to SVG coordinates, both axes starting where they are told."""

    y_from: float = 0.0
    width: float = 320.0
    height: float = 260.0
    left: float = 60.0
    top: float = 12.0

    def x(self, value: float) -> float:
        """Return the horizontal position of a share from 0 to 1."""
        return round(self.left + self.width * value, 1)

    def y(self, value: float) -> float:
        """Return the vertical position; what lies below the axis is drawn on it."""
        part = (max(value, self.y_from) - self.y_from) / (1 - self.y_from)
        return round(self.top + self.height * (1 - part), 1)

    def ticks(self) -> list[float]:
        """Return the values to mark on the vertical axis."""
        steps = 5 if self.y_from == 0 else max(2, round((1 - self.y_from) / 0.1))
        return [self.y_from + (1 - self.y_from) * i / steps for i in range(steps + 1)]


@dataclass(frozen=True, slots=True)
class Curve:
    """Precision against share: the points as SVG writes them, and where the threshold cuts."""

    axes: Axes
    points: str
    at: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class HeatCell:
    """How many texts of a row's label went to a column's, how much of the row that is."""

    count: int
    share: float
    right: bool


@dataclass(frozen=True, slots=True)
class Section:
    """Everything the page shows of one label."""

    title: str
    figures: LabelEvaluation
    n_auto: int
    n_auto_right: int
    has_threshold: bool
    reliability: tuple[ReliabilityBin, ...]
    axes: Axes
    curve: Curve
    pairs: list[tuple[str, str, int, int]]
    heat: list[tuple[str, list[HeatCell]]]
    rows: list[tuple[str, LabelRow]]
    never: list[tuple[str, int, bool]]
    n_unlearnt: int


def render_report(evaluation: Evaluation, router: Router, source: Source) -> str:
    """Return the page as HTML."""
    facts = router.content.facts
    return _load_template().render(
        evaluation=evaluation,
        sections=[
            _make_section(LABEL_NAMES[label], evaluation.labels[label], router.content.target_precision)
            for label in LABELS
            if label in evaluation.labels
        ],
        names=LABEL_NAMES,
        version=router.version,
        trained_on=(facts.get("data") or {}).get("cases"),
        manifest=_manifest_metrics(facts),
        target=router.content.target_precision,
        files=[Path(file).name for file in source.files],
        topic_map=Path(evaluation.topic_map).name if evaluation.topic_map else None,
        rejected=source.rejected,
        date=source.date,
    )


def write_report(path: Path | str, evaluation: Evaluation, router: Router, source: Source) -> None:
    """Write the page, whole or not at all.

    Raises:
        TableError: it cannot be written there.
    """
    page = render_report(evaluation, router, source)
    with replacing(Path(path)) as temporary:
        temporary.write_text(page, encoding="utf-8")


@cache
def _load_template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["percent"] = _format_percent
    environment.filters["short"] = _shorten
    text = (
        resources.files("fenban.training.evaluation")
        .joinpath("templates/report.html")
        .read_text(encoding="utf-8")
    )
    return environment.from_string(text)


def _format_percent(value: float | None, digits: int = 1) -> str:
    return "—" if value is None else f"{100 * value:.{digits}f}%"


def _shorten(name: str) -> str:
    return name if len(name) <= _NAME_SHOWN else name[: _NAME_SHOWN - 1] + "…"


def _manifest_metrics(facts: Mapping[str, Any]) -> dict[str, Any]:
    recorded = facts.get("metrics") or {}
    where = str(recorded.get("measured_on", ""))
    return {
        "measured_on": _MEASURED_ON.get(where, where.replace(" folds", " 折交叉验证")),
        "labels": [(name, recorded[label]) for label, name in LABEL_NAMES.items() if label in recorded],
    }


def _make_section(title: str, figures: LabelEvaluation, target: float) -> Section:
    outcomes = figures.outcomes
    reached = outcomes.confidence >= outcomes.thresholds_or(figures.threshold)
    rows = metrics.measure_by_label(outcomes.gold, outcomes.predicted, outcomes.confidence)
    sizes = {row.label: row.n for row in rows}
    pairs = metrics.count_confusion_pairs(outcomes.gold, outcomes.predicted)[:PAIRS_SHOWN]
    names = outcomes.names
    return Section(
        title=title,
        figures=figures,
        n_auto=int(reached.sum()),
        n_auto_right=int(outcomes.correct[reached].sum()),
        has_threshold=figures.threshold <= 1,
        reliability=metrics.compute_reliability_bins(outcomes.confidence, outcomes.correct),
        axes=Axes(),
        curve=_draw_curve(outcomes, figures, target),
        pairs=[(names[g], _name(names, p), count, sizes[g]) for g, p, count in pairs],
        heat=_draw_heat(outcomes, rows[:LARGEST]),
        rows=[(names[row.label], row) for row in rows],
        never=[
            (names[row.label], row.n, names[row.label] in outcomes.unlearnt)
            for row in rows
            if not row.predicted
        ],
        n_unlearnt=sum(row.n for row in rows if names[row.label] in outcomes.unlearnt),
    )


def _name(names: Sequence[str], label: int) -> str:
    return NOTHING if label == metrics.NO_ANSWER else names[label]


def _draw_curve(outcomes: Outcomes, figures: LabelEvaluation, target: float) -> Curve:
    shares, precisions = metrics.compute_risk_coverage(outcomes.confidence, outcomes.correct)
    steady = precisions[shares >= _STEADY_FROM]
    lowest = min(0.89, target - 0.01, float(steady.min()))  # so that the target has room on the axis
    axes = Axes(y_from=max(0.0, float(np.floor(lowest * 10)) / 10))
    kept = np.unique(np.linspace(0, len(shares) - 1, _CURVE_POINTS).round().astype(int))
    points = " ".join(f"{axes.x(shares[i])},{axes.y(precisions[i])}" for i in kept)
    if figures.auto_precision is None:
        return Curve(axes, points, None)
    return Curve(axes, points, (axes.x(figures.auto_share), axes.y(figures.auto_precision)))


def _draw_heat(outcomes: Outcomes, rows: Sequence[LabelRow]) -> list[tuple[str, list[HeatCell]]]:
    labels = np.array([row.label for row in rows])
    counts = metrics.count_confusions(outcomes.gold, outcomes.predicted, labels)
    return [
        (
            outcomes.names[row.label],
            [HeatCell(int(c), float(c) / row.n, i == j) for j, c in enumerate(counts[i])],
        )
        for i, row in enumerate(rows)
    ]
