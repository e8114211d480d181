"""Reading the data that ships with the package (``fenban.datasets``)."""

from __future__ import annotations

import csv
import io
import json
import tomllib
from importlib import resources
from typing import Any


def text_of(path: str) -> str:
    """Return the text of the shipped file ``path``, e.g. ``lexicons/domain.txt``."""
    return resources.files("fenban.datasets").joinpath(path).read_text(encoding="utf-8")


def lexicon(name: str) -> tuple[str, ...]:
    """Return the words of a shipped lexicon, in lower case as in folded texts.

    Lines that begin with ``#`` are comments.
    """
    lines = (line.strip().lower() for line in text_of(f"lexicons/{name}.txt").splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


def table(path: str) -> list[dict[str, str]]:
    """Return the rows of a shipped CSV file."""
    return list(csv.DictReader(io.StringIO(text_of(path))))


def json_lines(path: str) -> list[dict[str, Any]]:
    """Return the objects of a shipped JSON-lines file."""
    return [json.loads(line) for line in text_of(path).splitlines() if line.strip()]


def toml(path: str) -> dict[str, Any]:
    """Return a shipped TOML file as a dictionary."""
    return tomllib.loads(text_of(path))


def starter_files() -> tuple[str, ...]:
    """Return the names of the files of starter cases, sorted."""
    folder = resources.files("fenban.datasets").joinpath("starter")
    names = (entry.name for entry in folder.iterdir() if entry.name.endswith(".jsonl"))
    return tuple(sorted(f"starter/{name}" for name in names))
