"""The rules by which the baselines are measured, on a baseline whose answers are known."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fenban.benchmarks.accuracy.labelled import Labelled, read_labelled
from fenban.benchmarks.accuracy.scoring import Ranked, best_of, measure, outcomes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Parrot:
    """Says the last sign of a text; sure of itself where the text is long, and then right."""

    probabilities = True
    taught: list[tuple[str, ...]]

    def fit(self, texts: Sequence[str], labels: Sequence[str]) -> None:
        type(self).taught.append(tuple(texts))

    def rank(self, texts: Sequence[str]) -> Ranked:
        names = [[text[-1], "丙"] for text in texts]
        return Ranked(names, np.array([0.9 if len(text) > 9 else 0.4 for text in texts]))


@pytest.fixture
def parrot() -> type[Parrot]:
    Parrot.taught = []
    return Parrot


def long_and_short(n: int, *, dated: bool) -> Labelled:
    """Half of the texts are long and rightly answered, half are short and wrongly."""
    texts = [f"第{i:07d}号来信甲" if i % 2 else f"{i:07d}乙" for i in range(n)]
    dates = [dt.date(2024, 1, 1) + dt.timedelta(i // 20) if dated else None for i in range(n)]
    return Labelled(tuple(texts), ("甲",) * n, tuple(dates))


def test_the_threshold_comes_from_the_latest_slice_and_the_figures_from_the_scored_part(parrot) -> None:
    train = long_and_short(3000, dated=True)
    found = measure(parrot, train, long_and_short(100, dated=True), rounds=4)
    first, second, whole = parrot.taught
    assert (first, second) == (train.texts[:2100], train.texts[:2550])
    assert whole == train.texts
    assert (found["n"], found["top1"], found["top3"]) == (100, 0.5, 0.5)
    assert (found["auto_share"], found["auto_precision"]) == (0.5, 1.0)
    assert found["ece"] == pytest.approx(0.25, abs=0.02)  # right at 0.9, wrong at 0.4; one bin has both


def test_without_dates_there_are_folds_as_many_as_can_be_afforded(parrot) -> None:
    measure(parrot, long_and_short(400, dated=False), long_and_short(10, dated=False), rounds=2)
    assert [len(texts) for texts in parrot.taught] == [300, 300, 400]


def test_a_baseline_without_probabilities_has_no_calibration_error(parrot, monkeypatch) -> None:
    monkeypatch.setattr(parrot, "probabilities", False)
    found = measure(parrot, long_and_short(400, dated=False), long_and_short(20, dated=False), rounds=1)
    assert found["ece"] is None
    assert found["auto_share"] == 0.5


def test_too_few_sure_answers_promise_nothing(parrot) -> None:
    found = measure(parrot, long_and_short(80, dated=False), long_and_short(20, dated=False), rounds=1)
    assert found["auto_share"] == 0
    assert found["auto_precision"] is None


def test_a_label_that_was_never_learnt_counts_as_wrong() -> None:
    answers = Ranked([["甲", "乙"], ["甲"]], np.array([0.7, 0.6]))
    found = outcomes(["乙", "丁"], answers)
    assert found.ranked.tolist() == [[2, 0, -1], [2, -1, -1]]
    assert found.gold.tolist() == [0, 1]
    assert not found.correct.any()


def test_answers_are_ranked_best_first_and_ties_by_their_order() -> None:
    scores = np.array([[0.1, 0.6, 0.2, 0.1], [0.4, 0.1, 0.4, 0.1]])
    found = best_of(scores, ["甲", "乙", "丙", "丁"])
    assert found.names == [["乙", "丙", "甲"], ["甲", "丙", "乙"]]
    assert found.confidence.tolist() == [0.6, 0.4]


def test_texts_without_the_label_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "cases.csv"
    path.write_text("内容,承办单位,受理时间\n路灯坏了,甲局,2024-05-01\n井盖响,,2024-05-02\n", "utf-8")
    found = read_labelled(path, "lead_unit")
    assert found == Labelled(("路灯坏了",), ("甲局",), (dt.date(2024, 5, 1),))
    assert len(read_labelled(path, "function")) == 0
