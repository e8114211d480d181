"""The pictures and figures of the starter cases' data card (``datasets/README.md``).

Run ``python -m fenban.benchmarks.starter.datacard docs/images``: it writes one SVG a distribution and prints
the table of figures.
"""

from __future__ import annotations

import statistics
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from fenban.model import shipped
from fenban.training.directory.labels import split_topic
from fenban.training.starter import starter_cases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fenban.model.case import Case

_BAR, _GAP, _LABEL, _WIDTH = 18, 6, 150, 640
_LENGTHS = ((1, 15), (16, 25), (26, 50), (51, 80), (81, 120), (121, 200), (201, 300), (301, 500), (501, 2000))


def bars(title: str, counts: Sequence[tuple[str, int]]) -> str:
    """Return an SVG of horizontal bars, one a label, with the count behind each."""
    largest = max((n for _, n in counts), default=1)
    height = 34 + len(counts) * (_BAR + _GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" font-family="sans-serif"'
        f' font-size="12" role="img" aria-label="{title}">',
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="8" y="20" font-size="14" font-weight="bold" fill="#1f2933">{title}</text>',
    ]
    for i, (label, n) in enumerate(counts):
        top = 34 + i * (_BAR + _GAP)
        length = round((_WIDTH - _LABEL - 60) * n / largest, 1)
        parts += [
            f'<text x="{_LABEL - 8}" y="{top + 13}" text-anchor="end" fill="#1f2933">{label}</text>',
            f'<rect x="{_LABEL}" y="{top}" width="{length}" height="{_BAR}" fill="#1f5fa8"/>',
            f'<text x="{_LABEL + length + 6}" y="{top + 13}" fill="#52606d">{n}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])


def distributions(cases: Sequence[Case]) -> dict[str, tuple[str, list[tuple[str, int]]]]:
    """Return for each picture its title and its bars."""
    topics = Counter(split_topic(case.topic or "")[0] for case in cases)
    forms = Counter(case.submission.form or "" for case in cases)
    lanes = Counter(case.lane or "" for case in cases)
    cities = Counter((case.submission.jurisdiction or "").split("/")[0] for case in cases)
    records = (record for name in shipped.starter_files() for record in shipped.json_lines(name))
    years = Counter(record["received_at"][:4] for record in records)
    sizes = [len(case.submission.text) for case in cases]
    lengths = [(f"{low}-{high}", sum(low <= size <= high for size in sizes)) for low, high in _LENGTHS]
    return {
        "starter_topics": ("Cases by first-level topic", topics.most_common()),
        "starter_forms": ("Cases by form", forms.most_common()),
        "starter_lanes": ("Cases by lane", lanes.most_common()),
        "starter_cities": ("Cases by city", cities.most_common()),
        "starter_years": ("Cases by year", sorted(years.items())),
        "starter_lengths": ("Cases by length in characters", lengths),
    }


def figures(cases: Sequence[Case]) -> dict[str, object]:
    """Return the figures of the card."""
    sizes = sorted(len(case.submission.text) for case in cases)
    percentiles = statistics.quantiles(sizes, n=20)
    return {
        "cases": len(cases),
        "characters": sum(sizes),
        "length: 10th percentile / median / 95th": (
            f"{percentiles[1]:.0f} / {statistics.median(sizes):.0f} / {percentiles[18]:.0f}"
        ),
        "first-level topics": len({split_topic(case.topic or "")[0] for case in cases}),
        "second-level topics": len({case.topic for case in cases}),
        "lead units": len({case.lead_unit for case in cases}),
        "functions": len({case.function for case in cases}),
        "with co-units": f"{sum(bool(case.co_units) for case in cases) / len(cases):.1%}",
        "danger to life or limb": sum(case.urgency == "危及人身" for case in cases),
        "with a title": sum(bool(case.submission.title) for case in cases),
        "250 characters or more": sum(size >= 250 for size in sizes),
    }


def main(folder: str) -> None:
    """Write the pictures into ``folder`` and print the table."""
    cases = starter_cases()
    for name, (title, counts) in distributions(cases).items():
        (Path(folder) / f"{name}.svg").write_text(bars(title, counts), "utf-8")
    for name, value in figures(cases).items():
        print(f"| {name} | {value} |")


if __name__ == "__main__":
    main(sys.argv[1])
