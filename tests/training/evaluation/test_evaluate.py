"""Evaluation: by hand on canned probabilities, and end to end on a tiny model."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest

from fenban.model.case import Case, RankedUnit, Submission
from fenban.model.errors import InputError
from fenban.training.evaluation.evaluate import TopicMap, evaluate_model, read_topic_map

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from fenban.model.router import Router

FIGURES = ["n", "top1", "top3", "macro_f1", "ece", "auto_share", "auto_precision"]
PATHS = ("交通/公交", "交通/出租", "工资/欠薪", "城管")


class _Canned:
    """A scorer that answers a text "k" with row k of what it was given."""

    def __init__(self, heads: dict[str, tuple[tuple[str, ...], list[list[float]]]], units: Any = ()) -> None:
        self._heads = heads
        self._units = units
        self.batches: list[int] = []

    def classes(self, head: str) -> tuple[str, ...]:
        return self._heads[head][0] if head in self._heads else ()

    def score(self, submissions: Sequence[Submission], top: int, *, encoder: str) -> Any:
        rows = [int(s.text) for s in submissions]
        self.batches.append(len(rows))
        by_head = {name: np.array(p, dtype=np.float32)[rows] for name, (_, p) in self._heads.items()}
        units = [self._units[row][:top] for row in rows if self._units]
        fused, novel = np.full(len(rows), encoder == "always"), np.zeros(len(rows), dtype=bool)
        return SimpleNamespace(by_head=by_head, units=units, fused=fused, novel=novel)


def _router(scorer: _Canned, labels: tuple[str, ...], threshold: float = 2.0, units: Any = ()) -> Router:
    composer = SimpleNamespace(table=SimpleNamespace(units=[SimpleNamespace(name=n) for n in units]))
    content = SimpleNamespace(labels=labels, composer=composer if units else None)
    found = SimpleNamespace(
        scorer=scorer, content=content, threshold=lambda label, fused=True, answer="": threshold
    )
    return cast("Router", found)


def _topics(*rows: list[float], paths: tuple[str, ...] = PATHS, threshold: float = 2.0) -> Router:
    return _router(_Canned({"topic": (paths, list(rows))}), ("topic",), threshold)


def _case(text: object, **labels: Any) -> Case:
    return Case(Submission(str(text)), **labels)


def test_functions_by_hand() -> None:
    names = ("交通局", "人社局", "城管局", "水利局")
    scorer = _Canned(
        {"function": (names, [[0.7, 0.1, 0.1, 0.1], [0.4, 0.3, 0.2, 0.1], [0.96, 0.02, 0.01, 0.01]])}
    )
    router = _router(scorer, ("function",), threshold=0.7)
    cases = [_case(0, function="交通局"), _case(1, function="人社局"), _case(2, function="水利局"), _case(1)]
    found = evaluate_model(router, cases).as_dict()
    assert list(found) == ["n", "texts_per_second", "function"]
    assert found["n"] == 4
    figures = found["function"]
    assert list(figures) == FIGURES
    assert figures["n"] == 3  # the last case has no function
    assert (figures["top1"], figures["top3"]) == (0.3333, 0.6667)
    assert figures["macro_f1"] == 0.1667  # 1/2 for the first, 0 for two others
    assert figures["ece"] == pytest.approx((0.3 + 0.4 + 0.96) / 3, abs=1e-4)
    assert (figures["auto_share"], figures["auto_precision"]) == (0.6667, 0.5)


def test_units_without_an_answer_and_units_never_seen_are_wrong() -> None:
    known = ("青秀区城管局", "兴宁区城管局")
    ranked = [[RankedUnit(known[0], None, None, 0.8), RankedUnit(known[1], None, None, 0.2)], []]
    router = _router(_Canned({}, ranked), ("lead_unit",), units=known)
    cases = [_case(0, lead_unit=known[1]), _case(1, lead_unit=known[0]), _case(0, lead_unit="邕宁区城管局")]
    found = evaluate_model(router, cases).labels["lead_unit"]
    assert (found.n, found.top1) == (3, 0)
    assert found.top3 == pytest.approx(1 / 3)
    assert found.auto_precision is None
    assert found.outcomes.unlearnt == {"邕宁区城管局"}
    assert found.outcomes.confidence.tolist() == [0.8, 0.0, 0.8]


def test_a_topic_is_compared_at_the_depth_it_is_given_in() -> None:
    # the best path is 工资/欠薪, but both paths of 交通 together have more
    router = _topics([0.3, 0.3, 0.35, 0.05])
    found = evaluate_model(
        router, [_case(0, topic="交通"), _case(0, topic="工资/欠薪"), _case(0, topic="城管")]
    )
    outcomes = found.labels["topic"].outcomes
    assert outcomes.correct.tolist() == [True, True, False]
    assert outcomes.confidence.tolist() == pytest.approx([0.6, 0.35, 0.6])
    assert not outcomes.unlearnt


def test_a_path_is_cut_where_the_model_knows_one_level() -> None:
    router = _topics([0.8, 0.2], paths=("交通", "工资"))
    found = evaluate_model(router, [_case(0, topic="交通/公交"), _case(0, topic="水利/河道")])
    assert found.labels["topic"].outcomes.correct.tolist() == [True, False]
    assert found.labels["topic"].outcomes.unlearnt == {"水利"}


def test_a_topic_map_adds_up_and_leaves_out() -> None:
    # 甲 has 0.2 + 0.1, 乙 has 0.1, 城管 with 0.6 is not in the map
    router = _topics([0.2, 0.1, 0.1, 0.6], threshold=0.75)
    topic_map = TopicMap("map.toml", {"交通": "甲", "工资/欠薪": "乙"})
    found = evaluate_model(
        router, [_case(0, topic="甲"), _case(0, topic="乙"), _case(0, topic="丙")], topic_map
    )
    figures = found.labels["topic"]
    assert figures.outcomes.confidence.tolist() == pytest.approx([0.75] * 3, abs=1e-4)
    assert figures.outcomes.correct.tolist() == [True, False, False]
    assert (figures.top3, figures.auto_share) == (pytest.approx(2 / 3), 1.0)
    assert figures.outcomes.unlearnt == {"丙"}
    assert found.topic_map == "map.toml"


def test_in_a_topic_map_a_path_goes_before_its_first_level() -> None:
    router = _topics([0.2, 0.3, 0.25, 0.25])
    topic_map = TopicMap("map.toml", {"交通": "甲", "交通/出租": "乙", "工资": "乙"})
    outcomes = evaluate_model(router, [_case(0, topic="乙")], topic_map).labels["topic"].outcomes
    assert outcomes.correct.all()
    assert outcomes.confidence[0] == pytest.approx(0.55 / 0.75, abs=1e-4)


def test_mapped_topics_of_no_probability_are_no_error() -> None:
    router = _topics([0.0, 0.0, 0.0, 1.0])
    outcomes = (
        evaluate_model(router, [_case(0, topic="甲")], TopicMap("m", {"交通": "甲"})).labels["topic"].outcomes
    )
    assert outcomes.confidence.tolist() == [0.0]


@pytest.mark.parametrize(("paths", "said"), [(PATHS, "交通"), ((), "learnt no topics")])
def test_a_map_of_topics_the_model_lacks_is_refused(paths: tuple[str, ...], said: str) -> None:
    router = _topics([0.25] * 4, paths=paths)
    with pytest.raises(InputError, match=r'map\.toml: \[map\] names "渔业".*' + said):
        evaluate_model(router, [], TopicMap("map.toml", {"渔业": "甲"}))


def test_cases_are_read_batch_by_batch() -> None:
    scorer = _Canned({"function": (("甲", "乙"), [[0.9, 0.1], [0.2, 0.8]])})
    drawn, told = 0, []

    def cases() -> Iterator[Case]:
        nonlocal drawn
        for i in range(600):
            drawn += 1
            yield _case(i % 2, function="甲")

    def progress(step: str, done: int = 0, total: int = 0) -> None:
        told.append((step, done, drawn))

    found = evaluate_model(_router(scorer, ("function",)), cases(), progress=progress)
    assert scorer.batches == [256, 256, 88]
    assert told == [("evaluate", 256, 256), ("evaluate", 512, 512), ("evaluate", 600, 600)]
    assert found.labels["function"].top1 == 0.5


def test_nothing_to_score() -> None:
    assert evaluate_model(_topics([1.0, 0, 0, 0]), []).as_dict() == {"n": 0, "texts_per_second": 0.0}


def test_labels_missing_on_either_side_have_no_key() -> None:
    router = _topics([1.0, 0, 0, 0])
    assert set(evaluate_model(router, [_case(0, lead_unit="某局", function="局")]).as_dict()) == {
        "n",
        "texts_per_second",
    }


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('[other]\na = "b"', r"has no \[map\]"),
        ("map = 3", r"has no \[map\]"),
        ("[map]", r"has no \[map\]"),
        ('[map]\n"交通" = 3', '"交通" must be a label in quotes, not 3'),
        ('[map]\n"交通" = " "', '"交通" must be a label'),
        ('[map]\n"交通/公交" = "甲"\n"交通 / 公交" = "乙"', 'names "交通/公交" twice'),
        ("[map", "not valid TOML"),
    ],
)
def test_a_bad_topic_map_is_refused(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "map.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=said) as caught:
        read_topic_map(path)
    assert str(path) in str(caught.value)


def test_a_topic_map_in_another_encoding_or_nowhere_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "map.toml"
    path.write_bytes('[map]\n"交通" = "甲"'.encode("gb18030"))
    with pytest.raises(InputError, match="UTF-8"):
        read_topic_map(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_topic_map(tmp_path / "none.toml")


def test_a_topic_map_is_read(tmp_path: Path) -> None:
    path = tmp_path / "map.toml"
    path.write_text('\ufeff[map]\n"交通 / 公交" = "甲"\n"工资" = "乙"\n', encoding="utf-8")
    assert read_topic_map(path) == TopicMap(str(path), {"交通/公交": "甲", "工资": "乙"})


def test_a_tiny_model_knows_what_it_was_taught(tiny_router: Router, tiny_cases: list[Case]) -> None:
    found = evaluate_model(tiny_router, tiny_cases).as_dict()
    assert list(found) == ["n", "texts_per_second", "lead_unit", "function", "topic"]
    assert found["texts_per_second"] > 0
    assert all(found[label]["n"] == 40 for label in ("lead_unit", "function", "topic"))
    assert found["function"]["top1"] > 0.9
    assert found["topic"]["top1"] > 0.9


def test_figures_are_those_of_the_suggestions(tiny_router: Router, tiny_cases: list[Case]) -> None:
    found = evaluate_model(tiny_router, tiny_cases).labels
    suggested = tiny_router.suggest([case.submission for case in tiny_cases], evidence="none")
    units = [s.lead_units[0] for s in suggested]
    outcomes = found["lead_unit"].outcomes
    assert [outcomes.names[i] for i in outcomes.predicted] == [unit.unit for unit in units]
    assert outcomes.confidence.tolist() == [unit.probability for unit in units]
    topics = found["topic"].outcomes
    assert topics.confidence.tolist() == pytest.approx([s.topics[0].probability for s in suggested])


def test_first_levels_are_never_harder_than_paths(tiny_router: Router, tiny_cases: list[Case]) -> None:
    coarse = [replace(case, topic=str(case.topic).split("/")[0]) for case in tiny_cases]
    paths, firsts = (evaluate_model(tiny_router, cases).labels["topic"] for cases in (tiny_cases, coarse))
    assert firsts.top1 >= paths.top1
    assert (firsts.outcomes.confidence >= paths.outcomes.confidence - 1e-4).all()
