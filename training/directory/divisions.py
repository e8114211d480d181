"""Compiles the administrative divisions that ship in ``datasets/places/divisions.csv``.

Source of the facts: the dictionary of JioNLP (``china_location``: provinces, prefecture-level
cities, counties, townships). Only its data file is read; importing the package costs gigabytes.
Run ``python -m fenban.training.directory.divisions OUT.csv`` with the ``dev`` extra installed.
"""

from __future__ import annotations

import csv
import importlib.util
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

REGIONS_WITH_TOWNSHIPS = ("广西壮族自治区",)
LEVELS = ("province", "city", "county", "township")
_TOWNSHIP_ENDINGS = ("街道", "镇", "乡")
_NO_PLACE = ("直辖",)  # statistical levels that nobody writes, such as 省直辖行政区划


def _source_lines() -> Iterator[str]:
    spec = importlib.util.find_spec("jionlp")
    if spec is None or spec.origin is None:
        raise SystemExit("jionlp is not installed: pip install 'fenban[dev]'")
    archive = Path(spec.origin).parent / "dictionary" / "china_location.zip"
    with zipfile.ZipFile(archive) as source, source.open("china_location.txt") as lines:
        for line in lines:
            yield line.decode("utf-8").rstrip("\r\n")


def compile_divisions() -> list[tuple[str, str, str]]:
    """Return (path, level, short name) for every division, parents before children."""
    found: list[tuple[str, str, str]] = []
    path: list[str] = []
    for line in _source_lines():
        depth = len(line) - len(line.lstrip("\t"))
        fields = line.strip().split("\t")
        if depth > 3 or not fields[0]:
            continue
        path[depth:] = [fields[0]]
        wanted = path[0] in REGIONS_WITH_TOWNSHIPS and fields[0].endswith(_TOWNSHIP_ENDINGS)
        if depth == 3 and not wanted:
            continue
        short = fields[2].split("/")[0] if len(fields) == 3 else ""
        unique = [n for i, n in enumerate(path[: depth + 1]) if i == 0 or n != path[i - 1]]
        unique = [n for n in unique if not any(word in n for word in _NO_PLACE)]
        entry = ("/".join(unique), LEVELS[depth], short)
        if len(entry[0]) > len(path[0]) or depth == 0:
            found.append(entry)
    return list({entry[0]: entry for entry in reversed(found)}.values())[::-1]


def main(out: str) -> None:
    """Write the divisions as CSV to ``out``."""
    with open(out, "w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(("path", "level", "short"))
        writer.writerows(compile_divisions())


if __name__ == "__main__":
    main(sys.argv[1])
