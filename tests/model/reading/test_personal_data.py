"""Four hundred invented lines: what must be masked, however it is disguised, and what must stay."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fenban.model.reading.disguises import see_through
from fenban.model.reading.privacy import find_personal_data, hide, mask
from fenban.model.reading.text import HIDDEN

# invented: the numbers are of kinds that nobody has (region 99, all zeros)
LINES = [
    tuple(cell.replace("\\\\", "\\") for cell in line.split("\t"))
    for line in (Path(__file__).with_name("personal_data.tsv")).read_text("utf-8").split("\n")[1:]
    if line
]
SECURITY = Path(__file__).parents[3] / "docs" / "security.md"


def group_of(kind: str) -> str:
    """Return the row of the table in docs/security.md that a kind of line counts for."""
    return kind.split(": ")[0] if kind.startswith("stays") else kind.split()[0].rstrip(",")


@pytest.mark.parametrize(("kind", "text", "masked"), LINES)
def test_each_line_is_masked_as_it_must_be(kind: str, text: str, masked: str) -> None:
    assert mask(text) == masked, kind
    assert len(hide(text)) == len(text)
    assert (HIDDEN in hide(text)) == (text != masked)


@pytest.mark.parametrize("text", sorted({masked for _, _, masked in LINES}))
def test_a_masked_text_is_not_masked_again(text: str) -> None:
    assert mask(text) == text


def test_the_lines_are_as_many_as_the_page_says() -> None:
    counts = Counter(group_of(kind) for kind, _, _ in LINES)
    assert counts.total() >= 300
    assert sum(count for kind, count in counts.items() if kind != "stays") >= 200
    page = SECURITY.read_text("utf-8")
    for kind, count in counts.items():
        assert f"| {kind} | {count} |" in page, (kind, count)


@settings(max_examples=300, deadline=None)
@given(st.text("零一二三四五六七八九①⑨𝟏０1308\u200b\ufe0f -/、，路号元Ａ", max_size=40))
def test_the_view_without_disguises_keeps_every_place(text: str) -> None:
    view = see_through(text)
    if view.offsets is None:
        assert len(view.text) == len(text)
    else:
        assert len(view.offsets) == len(view.text) + 1
        assert list(view.offsets) == sorted(view.offsets)
        assert view.offsets[-1] == len(text)
    places = [place for item in find_personal_data(text) for place in (item.start, item.end)]
    assert places == sorted(places)
    assert not places or places[-1] <= len(text)


@pytest.mark.parametrize(
    "text",
    [
        *("1" * 50_000, "1-" * 25_000, "1/" * 25_000, "13/80/" * 10_000, "一" * 50_000, "① " * 25_000),
        *("1\u200b" * 25_000, "138/0013/80001/" * 3_000, "微信 " * 20_000, "加v" * 25_000, "a@" * 25_000),
        *("护照" * 25_000, "0771-" * 10_000, "桂A" * 25_000, "1３" * 25_000, "a" * 50_000 + "@"),
    ],
    ids=lambda text: repr(text[:8]),
)
def test_fifty_thousand_characters_made_to_be_slow_are_read_in_seconds(text: str) -> None:
    began = time.process_time()
    mask(text)
    assert time.process_time() - began < 5
