"""Pairs and clusters of real messages, counted.

Run ``python -m fenban.benchmarks.desk.clusters --data FOLDER``.

Reads ``citizen_messages/unlabelled_with_votes.jsonl`` and prints figures alone, no text. Whether what is
found is right was judged by reading; BENCHMARKS.md says how.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import spearmanr

from fenban.model.likeness.clustering import group_matters
from fenban.model.likeness.comparison import SAME_MATTER, SAME_TEXT, Comparable, Comparison, Rarity
from fenban.model.likeness.fingerprint import take_fingerprint
from fenban.model.likeness.lookup import list_asked_keys, list_stored_keys
from fenban.serving.desk.likeness import rarities

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fenban.model.likeness.clustering import Group

FILE = Path("citizen_messages") / "unlabelled_with_votes.jsonl"
DAYS = 60
_DATE = re.compile(r"(\d{4})[/-](\d{1,2})[/-](\d{1,2})")


def measure_folder(folder: Path) -> dict[str, object]:
    """Return the figures of one run.

    Raises:
        OSError: the file cannot be read.
    """
    rows = [json.loads(line) for line in (folder / FILE).read_text("utf-8").splitlines()]
    began = time.process_time()
    matters = [_comparable(row) for row in rows]
    read = time.process_time() - began
    rarity = Rarity.of((*rarities.load_shipped(), *(matter.print for matter in matters)))
    comparison = Comparison(matters, rarity)
    i, j = comparison.propose_pairs(0.02, 0.03, DAYS)
    alike = comparison.likeness(i, j)
    found = (alike.matter >= SAME_MATTER) | (alike.overlap >= SAME_TEXT)
    began = time.process_time()
    grouped = group_matters(comparison, DAYS)
    spent = time.process_time() - began
    sizes = np.array(sorted((len(group.members) for group in grouped), reverse=True))
    votes = [[int(rows[k]["点赞数"]) for k in group.members] for group in grouped]
    return {
        "messages": len(rows),
        "pairs of the same text": int((alike.overlap >= SAME_TEXT).sum()),
        "pairs of the same matter": int((found & (alike.overlap < SAME_TEXT)).sum()),
        "share of these that a lookup by keys finds": _recall(matters, rarity, i[found], j[found]),
        "clusters of three or more": int((sizes >= 3).sum()),
        "messages in them": int(sizes[sizes >= 3].sum()),
        "ten largest": sizes[:10].tolist(),
        "rank correlation of size and votes": _correlate([len(v) for v in votes], [sum(v) for v in votes]),
        "rank correlation of size and mean votes": _correlate(
            [len(v) for v in votes], [float(np.mean(v)) for v in votes]
        ),
        "share of all messages in clusters": round(float(sizes[sizes >= 3].sum()) / len(rows), 3),
        "share of the 100 with most votes in clusters": _share_of_most_voted(rows, grouped),
        "ms a message to read": round(1e3 * read / len(rows), 2),
        "s to group": round(spent, 1),
    }


def _comparable(row: dict[str, str]) -> Comparable:
    day = _DATE.match(row["留言时间"])
    assert day is not None
    received = date(*(int(part) for part in day.groups()))
    return Comparable(take_fingerprint(row["留言详情"], row["留言主题"]), received.toordinal())


def _recall(matters: list[Comparable], rarity: Rarity, i: NDArray[np.int64], j: NDArray[np.int64]) -> float:
    stored = [set(list_stored_keys(matter.print, rarity).tolist()) for matter in matters]
    asked = [set(list_asked_keys(matter.print, rarity)[0].tolist()) for matter in matters]
    hits = [bool(asked[b] & stored[a]) for a, b in zip(i, j, strict=True)]
    return round(float(np.mean(hits)), 3)


def _share_of_most_voted(rows: list[dict[str, str]], grouped: list[Group]) -> float:
    within = {int(k) for group in grouped if len(group.members) >= 3 for k in group.members}
    ranked = sorted(range(len(rows)), key=lambda k: -int(rows[k]["点赞数"]))[:100]
    return sum(k in within for k in ranked) / len(ranked)


def _correlate(one: list[int], other: list[int] | list[float]) -> dict[str, float]:
    found = spearmanr(one, other)
    return {"rho": round(float(found.statistic), 3), "p": float(f"{found.pvalue:.2g}")}


def main(arguments: list[str] | None = None) -> int:
    """Print the figures as one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m fenban.benchmarks.desk.clusters", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder of the benchmarks")
    print(json.dumps(measure_folder(parser.parse_args(arguments).data), ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
