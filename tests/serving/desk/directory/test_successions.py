"""Suggestions of a model in the names of today."""

from __future__ import annotations

import datetime as dt

import pytest

from fenban.model.case import Evidence, RankedUnit, Suggestion
from fenban.model.directory import Directory, Predecessor, Unit
from fenban.serving.desk.directory.successions import (
    EndedUnit,
    EndedUnitError,
    SuccessorUnit,
    bring_up_to_date,
    find_current_name,
)

DAY = dt.date(2026, 1, 1)
LONG_AGO = dt.date(2020, 1, 1)
MERGED = (Predecessor("甲局", "2021", "合并"), Predecessor("乙局", "2021", "合并"))
DIRECTORY = Directory(
    [],
    [
        Unit("甲局", valid_until=LONG_AGO),
        Unit("乙局", valid_until=LONG_AGO),
        Unit("甲乙局", jurisdiction="南宁市", predecessors=MERGED),
        Unit("丙局", valid_until=LONG_AGO),
        Unit("丁局", jurisdiction="南宁市", valid_until=LONG_AGO),
        Unit("丁局", jurisdiction="柳州市"),
    ],
)


def answer(*units: tuple[str, float]) -> Suggestion:
    lead = tuple(RankedUnit(name, "x", None, probability) for name, probability in units)
    return Suggestion(
        topics=(),
        functions=(),
        lead_units=lead,
        co_units=lead[:1],
        zone="confirm",
        form=None,
        lane=None,
        flags=(),
        missing=(),
        evidence=Evidence(),
    )


def test_two_that_became_one_are_one_suggestion() -> None:
    given = answer(("戊局", 0.4), ("甲局", 0.3), ("乙局", 0.25))
    found = bring_up_to_date(given, DIRECTORY, DAY)
    merged, other = found.lead_units
    assert merged == SuccessorUnit("甲乙局", None, "南宁市", 0.55, formerly="甲局")
    assert other is given.lead_units[0]
    assert found.co_units == given.co_units
    assert found.zone == "confirm"


def test_an_ended_unit_without_a_successor_is_marked_and_one_that_goes_on_elsewhere_is_not() -> None:
    first, second = bring_up_to_date(answer(("丙局", 0.6), ("丁局", 0.3)), DIRECTORY, DAY).lead_units
    assert first == EndedUnit("丙局", "x", None, 0.6)
    assert type(second) is RankedUnit


def test_only_units_that_changed_carry_what_became_of_them() -> None:
    as_written = bring_up_to_date(answer(("甲局", 0.4), ("丙局", 0.3), ("戊局", 0.2)), DIRECTORY, DAY)
    successor, ended, same = as_written.as_dict()["lead_units"]
    assert (successor["formerly"], "ended" in successor) == ("甲局", False)
    assert (ended["ended"], "formerly" in ended) == (True, False)
    assert set(same) == {"unit", "function", "jurisdiction", "probability", "trial"}


def test_who_a_matter_goes_to_when_an_old_name_is_given() -> None:
    assert find_current_name(DIRECTORY, "乙局", DAY) == "甲乙局"
    assert find_current_name(DIRECTORY, "甲乙局", DAY) == "甲乙局"
    assert find_current_name(DIRECTORY, "丁局", DAY) == "丁局"
    assert find_current_name(DIRECTORY, "丙局", LONG_AGO) == "丙局"
    with pytest.raises(EndedUnitError) as refused:
        find_current_name(DIRECTORY, "丙局", DAY)
    assert "“丙局”已停用" in refused.value.reason
