"""Looking into the directory over HTTP."""

from __future__ import annotations

import pytest

from fenban.model.directory import Directory, Function, Predecessor, Unit
from fenban.serving.store import directories


@pytest.fixture
def clerk(client_for):
    client = client_for(role="clerk")
    renamed = (Predecessor("南宁市园林局", "2026-01-01", "更名"),)
    ended = (Predecessor("市容办", "2019", "合并"),)
    directory = Directory(
        [Function("园林局", duties=("种树", "修剪"), predecessors=ended), Function("公园")],
        [
            Unit("南宁市园林局", "园林局", "南宁市", valid_until=None),
            Unit("南宁市林业局", "园林局", "南宁市", superior="南宁市人民政府", predecessors=renamed),
            Unit("南宁市林业局", "公园", "南宁市"),
            Unit("南宁市青秀区交通运输局", "公园", "南宁市/青秀区"),
        ],
    )
    records = directory.records()
    records["units"][0]["valid_until"] = "2025-12-31"
    with client.app.state.service.database.writing() as session:
        directories.add(session, Directory.from_records(records), "test")
    return client


def test_ended_units_are_listed_only_when_asked_for(clerk):
    names = [item["unit"] for item in clerk.get("/api/v1/units?q=园林局").json()["items"]]
    assert names == ["南宁市林业局"]
    both = clerk.get("/api/v1/units?q=园林局&ended=true").json()["items"]
    assert [(item["unit"], item["current"]) for item in both] == [
        ("南宁市园林局", False),
        ("南宁市林业局", True),
    ]


def test_a_unit_with_its_duties_and_where_it_comes_from(clerk):
    found = clerk.get("/api/v1/units/南宁市林业局").json()
    first, second = found["entries"]
    assert first["duties"] == ["种树", "修剪"]
    assert first["superior"] == "南宁市人民政府"
    assert first["predecessors"] == [{"name": "南宁市园林局", "until": "2026-01-01", "change": "更名"}]
    assert first["function_predecessors"] == [{"name": "市容办", "until": "2019", "change": "合并"}]
    assert (second["function"], second["duties"]) == ("公园", [])
    assert found["successor"] is None


def test_an_ended_unit_leads_to_who_took_over(clerk):
    assert clerk.get("/api/v1/units/南宁市园林局").json()["successor"] == "南宁市林业局"


def test_whether_the_model_can_suggest_a_unit(clerk):
    assert not clerk.get("/api/v1/units/南宁市林业局").json()["suggestible"]
    assert clerk.get("/api/v1/units/南宁市青秀区交通运输局").json()["suggestible"]


def test_no_such_unit(clerk, is_problem):
    is_problem(clerk.get("/api/v1/units/没有的局"), 404)
