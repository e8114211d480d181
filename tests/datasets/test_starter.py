"""The starter cases: enough, varied, labelled with what exists, and nobody's real words."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import sparse

from fenban.model import shipped
from fenban.model.case import FORMS, LANES
from fenban.model.directory import shipped_directory
from fenban.model.reading.privacy import find_personal_data
from fenban.model.reading.text import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable

REQUIRED = {
    "text",
    "topic",
    "function",
    "lead_unit",
    "co_units",
    "form",
    "lane",
    "jurisdiction",
    "urgency",
    "received_at",
}
OPTIONAL = {"title", "scope"}
PROPOSAL_FORMS = {"建议", "提案", "微提案", "微建议", "微协商", "社情民意"}
BENCH = Path(__file__).resolve().parents[3] / "shared" / "bench"
LONGEST_COPY = 20  # Han characters in a row that may never be somebody else's


@pytest.fixture(scope="module")
def records() -> list[dict[str, Any]]:
    return [record for name in shipped.starter_files() for record in shipped.json_lines(name)]


@pytest.fixture(scope="module")
def texts(records: list[dict[str, Any]]) -> list[str]:
    return [f"{record.get('title', '')}\n{record['text']}" for record in records]


def test_every_line_is_json_with_known_keys() -> None:
    for name in shipped.starter_files():
        for number, line in enumerate(shipped.text_of(name).splitlines(), 1):
            record = json.loads(line)
            assert set(record) >= REQUIRED, f"{name}:{number}"
            assert set(record) <= REQUIRED | OPTIONAL, f"{name}:{number}"
            assert isinstance(record["text"], str), f"{name}:{number}"
            assert record["text"] == record["text"].strip(), f"{name}:{number}"
            assert len(record["text"]) >= 3, f"{name}:{number}"


def test_there_are_enough(records: list[dict[str, Any]]) -> None:
    assert len(records) >= 2400
    firsts = Counter(record["topic"].split("/")[0] for record in records)
    seconds = Counter(record["topic"] for record in records)
    assert len(firsts) == 22
    assert {topic: n for topic, n in firsts.items() if n < 80} == {}
    assert {topic: n for topic, n in seconds.items() if n < 12} == {}
    assert set(seconds) == {f"{row['first']}/{row['second']}" for row in shipped.table("topics.csv")}


def test_lengths_are_those_of_real_messages(records: list[dict[str, Any]]) -> None:
    lengths = [len(record["text"]) for record in records]
    short, middle, long = np.percentile(lengths, [10, 50, 95])
    assert short <= 25
    assert 55 <= middle <= 110
    assert long >= 300


def test_long_structured_texts(records: list[dict[str, Any]]) -> None:
    """Counted in two ways: 250 characters or more, or a title and the form of a proposal.

    The second counts short proposals too, so it is asked to hold more.
    """
    long = [record for record in records if len(record["text"]) >= 250]
    titled = [record for record in records if record.get("title") and record["form"] in PROPOSAL_FORMS]
    assert len(long) >= 300
    assert len(titled) >= 300
    assert sum(record in titled for record in long) >= 200


def test_no_two_cases_are_alike(texts: list[str]) -> None:
    """No two share half of their character trigrams (Jaccard)."""
    columns: dict[str, int] = {}
    rows = [
        sorted({columns.setdefault(t[i : i + 3], len(columns)) for i in range(len(t) - 2)}) for t in texts
    ]
    pointers = np.cumsum([0, *map(len, rows)])
    matrix = sparse.csr_matrix(
        (np.ones(pointers[-1], dtype=np.float32), np.concatenate(rows), pointers), (len(texts), len(columns))
    )
    shared = sparse.triu(matrix @ matrix.T, k=1).tocoo()
    sizes = np.diff(pointers)
    overlap = shared.data / (sizes[shared.row] + sizes[shared.col] - shared.data)
    assert [
        (texts[i], texts[j])
        for i, j in zip(shared.row[overlap > 0.5], shared.col[overlap > 0.5], strict=True)
    ] == []


def test_nothing_personal(texts: list[str]) -> None:
    kinds = {"mobile", "landline", "identity", "card", "number", "email", "plate"}
    found = [text[d.start : d.end] for text in texts for d in find_personal_data(text) if d.kind in kinds]
    assert found == []
    assert [text for text in texts if re.search(r"\d{7,}", normalise(text).text)] == []


def test_labels_exist(records: list[dict[str, Any]]) -> None:
    directory = shipped_directory()
    offices = {(unit.name, unit.function) for unit in directory.units}
    names = {unit.name for unit in directory.units}
    places = {row["path"].partition("/")[2] for row in shipped.table("places/divisions.csv")}
    for record in records:
        assert (record["lead_unit"], record["function"]) in offices, record
        assert set(record["co_units"]) <= names, record
        assert record["lead_unit"] not in record["co_units"], record
        assert len(set(record["co_units"])) == len(record["co_units"]), record
        assert record["jurisdiction"] in places, record
        assert record["form"] in FORMS
        assert record["lane"] in LANES
        dt.date.fromisoformat(record["received_at"])


def test_the_lead_unit_is_of_the_place_or_above_it(records: list[dict[str, Any]]) -> None:
    places: dict[str, str] = {unit.name: unit.jurisdiction or "" for unit in shipped_directory().units}
    apart = [
        record
        for record in records
        if not f"{record['jurisdiction']}/".startswith(f"{places[record['lead_unit']]}/")
        and not f"{places[record['lead_unit']]}/".startswith(f"{record['jurisdiction']}/")
    ]
    assert len(apart) / len(records) < 0.06  # offices of the whole region and border matters


def test_everything_that_can_be_learnt_occurs(records: list[dict[str, Any]]) -> None:
    assert {record["form"] for record in records} == set(FORMS)
    assert {record["lane"] for record in records} == set(LANES)
    assert len({record["jurisdiction"].split("/")[0] for record in records}) == 14
    assert sum(bool(record["co_units"]) for record in records) >= 0.12 * len(records)
    functions = Counter(record["function"] for record in records)
    assert len(functions) >= 55
    for name in ("form", "lane"):
        assert min(Counter(record[name] for record in records).values()) >= 40


def test_dates_spread_over_years(records: list[dict[str, Any]]) -> None:
    years = Counter(record["received_at"][:4] for record in records)
    assert len(years) >= 3
    assert max(record["received_at"] for record in records) < "2027"


def grams(texts: Iterable[str], size: int = LONGEST_COPY) -> set[str]:
    runs = (run for text in texts for run in re.findall(rf"[\u4e00-\u9fff]{{{size},}}", text))
    return {run[i : i + size] for run in runs for i in range(len(run) - size + 1)}


def test_nothing_is_copied_from_the_benchmark(texts: list[str]) -> None:
    if not BENCH.is_dir():
        pytest.skip(f"NOT CHECKED: no benchmark at {BENCH}")
    own = grams(texts)
    files = sorted(BENCH.rglob("*.jsonl"))
    assert len(own) > 500
    assert files
    copied = {gram for path in files for gram in grams([path.read_text("utf-8")]) if gram in own}
    assert copied == set()
