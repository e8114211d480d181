"""Suggestions of a model in the names of today."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from fenban.model.directory import Directory, Predecessor, Unit
from fenban.serving.desk.directory.successions import EndedUnitError, brought_up_to_date, current_name

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


def answer(*units: tuple[str, float]) -> dict[str, Any]:
    lead = [
        {"unit": n, "function": "x", "jurisdiction": None, "probability": p, "trial": False} for n, p in units
    ]
    return {"lead_units": lead, "co_units": [dict(lead[0])], "zone": "confirm"}


def test_two_that_became_one_are_one_suggestion() -> None:
    found = brought_up_to_date(answer(("戊局", 0.4), ("甲局", 0.3), ("乙局", 0.25)), DIRECTORY, DAY)
    first, second = found["lead_units"]
    assert (first["unit"], first["formerly"], first["probability"]) == ("甲乙局", "甲局", 0.55)
    assert (first["function"], first["jurisdiction"]) == (None, "南宁市")
    assert second == {
        "unit": "戊局",
        "function": "x",
        "jurisdiction": None,
        "probability": 0.4,
        "trial": False,
    }
    assert found["co_units"][0]["unit"] == "戊局"
    assert found["zone"] == "confirm"


def test_an_ended_unit_without_a_successor_is_marked_and_one_that_goes_on_elsewhere_is_not() -> None:
    found = brought_up_to_date(answer(("丙局", 0.6), ("丁局", 0.3)), DIRECTORY, DAY)
    assert found["lead_units"][0]["ended"] is True
    assert "ended" not in found["lead_units"][1]


def test_who_a_matter_goes_to_when_an_old_name_is_given() -> None:
    assert current_name(DIRECTORY, "乙局", DAY) == "甲乙局"
    assert current_name(DIRECTORY, "甲乙局", DAY) == "甲乙局"
    assert current_name(DIRECTORY, "丁局", DAY) == "丁局"
    assert current_name(DIRECTORY, "丙局", LONG_AGO) == "丙局"
    with pytest.raises(EndedUnitError) as refused:
        current_name(DIRECTORY, "丙局", DAY)
    assert "“丙局”已停用" in refused.value.reason
