"""The report: what it says, what it must never hold, and how it fails."""

from __future__ import annotations

import datetime as dt
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fenban.model.errors import TableError
from fenban.training.evaluation.evaluate import Evaluation, LabelEvaluation, Outcomes, evaluate_model
from fenban.training.evaluation.report import Axes, Source, render_report, write_report

if TYPE_CHECKING:
    from pathlib import Path

    from fenban.model.case import Case
    from fenban.model.router import Router

SOURCE = Source(["/secret/folder/四月.xlsx"], rejected=7, date=dt.date(2024, 5, 6))
_VOID = {"meta", "br", "rect", "line", "circle", "polyline"}


class _Tags(HTMLParser):
    """Checks that tags close in the order they were opened."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.add(tag)
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page(tiny_router: Router, tiny_cases: list[Case]) -> str:
    return render_report(evaluate_model(tiny_router, tiny_cases), tiny_router, SOURCE)


def _outcomes(
    names: tuple[str, ...], gold: list[int], predicted: list[int], confidence: list[float]
) -> Outcomes:
    ranked = np.array([[answer, -1, -1] for answer in predicted], dtype=np.int32)
    return Outcomes(names, np.array(gold, dtype=np.int32), ranked, np.array(confidence), frozenset({"丙局"}))


def _page_of(router: Router, outcomes: Outcomes, threshold: float = 0.9) -> str:
    measured = LabelEvaluation.measure(outcomes, threshold)
    return render_report(Evaluation(len(outcomes.gold), 10.0, {"lead_unit": measured}), router, SOURCE)


def test_no_text_of_any_case_is_in_it(page: str, tiny_cases: list[Case]) -> None:
    for case in tiny_cases:
        text = case.submission.text
        assert not any(text[i : i + 8] in page for i in range(len(text) - 7))


def test_it_is_whole_in_itself(page: str) -> None:
    assert not re.search(r"https?:|//|<script|<link|<img|@import|url\(|\bon\w+=", page)


def test_tags_are_balanced_and_diagrams_are_xml(page: str) -> None:
    tags = _Tags()
    tags.feed(page)
    assert not tags.open
    assert {"svg", "table", "style", "title"} <= tags.seen
    diagrams = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(diagrams) == 9  # three labels with three each
    for diagram in diagrams:
        ET.fromstring(diagram)


def test_it_says_which_model_and_which_data(page: str, tiny_router: Router) -> None:
    for said in ("四月.xlsx", "另有 7 行无法读取", "2024-05-06", "40 件", "主办单位", "职能", "主题"):
        assert said in page
    assert "/secret" not in page
    top1 = tiny_router.content.facts["metrics"]["function"]["top1"]
    assert f"职能首选正确率 {100 * top1:.1f}%" in page


def test_labels_are_escaped(tiny_router: Router) -> None:
    page = _page_of(tiny_router, _outcomes(("<b>甲局&", "乙局"), [0, 1], [1, 1], [0.5, 0.6]))
    assert "<b>甲局" not in page
    assert "&lt;b&gt;甲局&amp;" in page


def test_confusions_and_labels_never_predicted(tiny_router: Router) -> None:
    names = ("甲局", "乙局", "丙局")
    page = _page_of(
        tiny_router, _outcomes(names, [0, 0, 0, 1, 2], [0, 1, 1, 1, -1], [0.95, 0.9, 0.8, 0.99, 0.0])
    )
    row = r'<td>甲局</td><td>乙局</td><td class="n">2</td><td class="n">66.7%</td>'
    assert re.search(row, page)
    assert "（无答案）" in page
    assert re.search(r"<li>丙局（1） <span[^>]*>未学过</span></li>", page)
    assert "乙局（1）" not in page
    assert "2 / 3 件" in page  # three reach 0.9, two of them are right
    assert "有 1 件（20.0%）的标签模型从未学过" in page


def test_a_threshold_that_was_never_set(tiny_router: Router) -> None:
    page = _page_of(tiny_router, _outcomes(("甲局", "乙局"), [0, 1], [0, 1], [0.5, 0.6]), threshold=2.0)
    assert "训练时未能定下门槛" in page
    assert "没有达到门槛的办件" in page
    assert "没有一件答错" in page


def test_the_heat_map_holds_25_labels(tiny_router: Router) -> None:
    names = tuple(f"第{i}局" for i in range(40))
    labels = list(range(40))
    page = _page_of(tiny_router, _outcomes(names, labels, labels[::-1], [0.5] * 40))
    heat = re.search(r'<figure class="heat">.*?</figure>', page, re.DOTALL)
    assert heat is not None
    assert heat[0].count("<rect") == 25 * 26


def test_nothing_to_compare_is_said(tiny_router: Router) -> None:
    page = render_report(Evaluation(3, 10.0, {}), tiny_router, Source([]))
    assert "没有可以比较的结果" in page


def test_it_is_written_whole(tmp_path: Path, tiny_router: Router) -> None:
    target = tmp_path / "报告.html"
    write_report(target, Evaluation(0, 0.0, {}, topic_map="/x/map.toml"), tiny_router, SOURCE)
    assert "map.toml" in target.read_text("utf-8")
    assert list(tmp_path.iterdir()) == [target]
    with pytest.raises(TableError, match="no folder"):
        write_report(tmp_path / "none" / "r.html", Evaluation(0, 0.0, {}), tiny_router, SOURCE)


def test_axes_place_the_ends_and_clip_below() -> None:
    axes = Axes(y_from=0.8)
    assert (axes.x(0), axes.x(1)) == (axes.left, axes.left + axes.width)
    assert (axes.y(1), axes.y(0.8)) == (axes.top, axes.top + axes.height)
    assert axes.y(0.5) == axes.y(0.8)
    assert axes.ticks() == pytest.approx([0.8, 0.9, 1.0])
