"""Which labels of the cases become which classifiers."""

from __future__ import annotations

import pytest

from fenban.model.case import Case, Submission
from fenban.model.directory import Directory, Function, Unit
from fenban.training.fitting.targets import targets_of

DIRECTORY = Directory(
    [Function("城管"), Function("水利"), Function("环保")],
    [
        Unit("青秀城管", "城管", "南宁市/青秀区"),
        Unit("江南城管", "城管", "南宁市/江南区"),
        Unit("青秀水利", "水利", "南宁市/青秀区"),
        Unit("青秀环保", "环保", "南宁市/青秀区"),
    ],
)


def case(**labels: object) -> Case:
    form = labels.pop("form", None)
    return Case(Submission("路灯不亮", form=form), **labels)  # type: ignore[arg-type]


def names(cases: list[Case], directory: Directory | None = None) -> list[str]:
    return [target.name for target in targets_of(cases, directory)]


def test_what_nobody_labelled_is_not_learnt() -> None:
    assert names([case(), case()]) == []
    assert names([case(topic="水利"), case()]) == ["topic"]
    assert names([case(function="城管", form="投诉", lane="直通车")]) == ["function", "form", "lane"]


def test_a_target_holds_the_labelled_rows_alone() -> None:
    (target,) = targets_of([case(), case(function="乙"), case(), case(function="甲")], None)
    assert target.rows.tolist() == [1, 3]
    assert target.labels == ("乙", "甲")
    assert target.classes == ("乙", "甲") or target.classes == tuple(sorted(("乙", "甲")))


def test_two_levels_of_topics_are_two_targets_and_a_third_is_dropped() -> None:
    first, whole = targets_of([case(topic="水利/灌溉/渠"), case(topic="城管")], None)
    assert (first.name, first.labels) == ("topic_first", ("水利", "城管"))
    assert (whole.name, whole.labels) == ("topic", ("水利/灌溉", "城管"))


@pytest.mark.parametrize(("n", "learnt"), [(4, False), (5, True)])
def test_units_are_learnt_flat_where_there_are_enough_cases_a_unit(n: int, learnt: bool) -> None:
    cases = [case(lead_unit=unit) for unit in ("青秀城管", "江南城管") for _ in range(n)]
    assert ("unit" in names(cases, DIRECTORY)) is learnt
    assert ("jurisdiction" in names(cases, DIRECTORY)) is learnt
    assert names(cases) == []  # without a directory there is no unit to name


def test_one_place_alone_is_nothing_to_learn() -> None:
    cases = [case(lead_unit=unit) for unit in ("青秀城管", "青秀水利") for _ in range(5)]
    assert names(cases, DIRECTORY) == ["unit"]


def test_co_units_are_learnt_as_functions_involved() -> None:
    alone = [case(function="城管", lead_unit="青秀城管") for _ in range(10)]
    joint = [case(function="城管", lead_unit="青秀城管", co_units=("青秀水利", "不在册的")) for _ in range(5)]
    rare = [case(function="城管", lead_unit="青秀城管", co_units=("青秀环保",)) for _ in range(4)]
    involved = targets_of([*alone, *joint, *rare], DIRECTORY)[-1]
    assert (involved.name, involved.several) == ("involved", True)
    assert involved.classes == ("水利",)  # 环保 came too rarely to be learnt, 城管 never beside another
    assert involved.labels[0] == ()
    assert involved.labels[10] == ("水利",)
    assert "involved" not in names([*alone, *rare], DIRECTORY)


def test_a_few_co_units_among_many_cases_are_not_learnt() -> None:
    joint = [case(function="城管", co_units=("青秀水利",)) for _ in range(5)]
    assert "involved" in names([*joint, *[case(function="城管")] * 200], DIRECTORY)
    assert "involved" not in names([*joint, *[case(function="城管")] * 300], DIRECTORY)


def test_beside_many_units_seen_once_those_seen_often_are_learnt() -> None:
    """As where a city's own cases join the invented ones."""
    once = [case(function="水利", lead_unit=f"第{i}水利") for i in range(12)]
    often = [case(function="城管", lead_unit=unit) for unit in ("青秀城管", "江南城管") for _ in range(6)]
    units = [Unit(f"第{i}水利", "水利") for i in range(12)]
    directory = Directory(DIRECTORY.functions.values(), (*DIRECTORY.units, *units))
    targets = {target.name: target for target in targets_of([*once, *often], directory)}
    assert targets["unit"].classes == ("江南城管", "青秀城管")
    assert "unit" not in {target.name for target in targets_of([*once, *once, *often], directory)}
