"""The departments, their history and the divisions as they ship."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest

from fenban.model import shipped
from fenban.model.directory import HOME_PROVINCE, shipped_directory

KINDS = {"政府部门", "派出机构", "垂管单位", "公用企业", "基层政府", "党群机关", "司法机关"}
CHANGES = {"更名", "合并", "拆分", "职责划转"}
CITIES = (
    "南宁市 柳州市 桂林市 梧州市 北海市 防城港市 钦州市 贵港市 玉林市 百色市 贺州市 河池市 来宾市 崇左市"
).split()


@pytest.fixture(scope="module")
def functions() -> list[dict[str, Any]]:
    return shipped.json_lines("directory/functions.jsonl")


@pytest.fixture(scope="module")
def divisions() -> list[dict[str, str]]:
    return shipped.table("places/divisions.csv")


def test_functions_are_whole(functions: list[dict[str, Any]]) -> None:
    keys = {
        "function",
        "short",
        "kind",
        "aliases",
        "duties",
        "levels",
        "since",
        "predecessors",
        "takes_over_from",
    }
    names = [record["function"] for record in functions]
    assert len(set(names)) == len(names)
    own = {row["function"] for row in shipped.json_lines("directory/own_names.jsonl") if row["unit"]}
    for record in functions:
        assert set(record) == keys
        assert record["kind"] in KINDS
        assert record["short"]
        assert record["levels"] or record["function"] in own, record["function"]
        assert 3 <= len(record["duties"]) <= 12, record["function"]
        assert len(set(record["duties"])) == len(record["duties"])
        assert len(set(record["aliases"])) == len(record["aliases"])
        assert set(record["takes_over_from"]) <= set(names), record["function"]


def test_no_clause_stands_under_two_functions(functions: list[dict[str, Any]]) -> None:
    clauses = Counter(duty for record in functions for duty in record["duties"])
    assert [clause for clause, n in clauses.items() if n > 1] == []


def test_no_alias_is_the_name_of_another_function(functions: list[dict[str, Any]]) -> None:
    names = {record["function"] for record in functions}
    for record in functions:
        assert set(record["aliases"]) & (names - {record["function"]}) == set()


def test_predecessors_have_a_date_and_a_kind_of_change(functions: list[dict[str, Any]]) -> None:
    for record in functions:
        for former in record["predecessors"]:
            assert set(former) == {"name", "until", "change"}
            assert former["change"] in CHANGES
            assert re.fullmatch(r"(?:19|20)\d\d(?:-[01]\d(?:-[0-3]\d)?)?", former["until"])
            assert former["name"] != record["function"]


def test_most_functions_that_were_reformed_say_so(functions: list[dict[str, Any]]) -> None:
    assert sum(bool(record["predecessors"]) for record in functions) >= 20
    changes = {former["change"] for record in functions for former in record["predecessors"]}
    assert changes == CHANGES


def test_own_names_are_of_known_functions_and_places(functions: list[dict[str, Any]]) -> None:
    names = {record["function"] for record in functions}
    units = {(unit.function, unit.name) for unit in shipped_directory().units}
    for row in shipped.json_lines("directory/own_names.jsonl"):
        assert row["function"] in names
        if row["unit"]:
            assert (row["function"], row["unit"]) in units, row


def test_the_fourteen_cities_have_every_city_wide_office() -> None:
    directory = shipped_directory()
    for city in CITIES:
        for function in ("公安局", "教育局", "市场监督管理局", "人力资源和社会保障局", "信访局", "人民法院"):
            unit = directory.unit_for(function, city)
            assert unit is not None
            assert unit.jurisdiction == city


def test_no_function_has_one_office_twice_at_a_place() -> None:
    counted = Counter((unit.function, unit.name, unit.jurisdiction) for unit in shipped_directory().units)
    assert [key for key, n in counted.items() if n > 1] == []


def test_a_name_stands_for_one_place_unless_it_is_of_the_whole_region(
    functions: list[dict[str, Any]],
) -> None:
    regional = {row["unit"] for row in shipped.json_lines("directory/own_names.jsonl")}
    regional |= {
        pattern for record in functions for pattern in record["levels"].values() if "{" not in pattern
    }
    assert not any(name.endswith(("市教育局", "县公安局")) for name in regional)
    places: dict[str, set[str | None]] = {}
    for unit in shipped_directory().units:
        places.setdefault(unit.name, set()).add(unit.jurisdiction)
    assert {name: where for name, where in places.items() if len(where) > 1 and name not in regional} == {}


def test_every_town_has_a_government() -> None:
    towns = {
        unit.jurisdiction
        for unit in shipped_directory().units
        if unit.function in ("街道办事处", "乡镇人民政府")
    }
    listed = [
        row["path"].partition("/")[2]
        for row in shipped.table("places/divisions.csv")
        if row["level"] == "township" and row["path"].startswith(HOME_PROVINCE)
    ]
    governed = [path for path in listed if path in towns]
    assert len(governed) / len(listed) > 0.95
    assert len(towns) > 1000


def test_divisions_are_unique_and_rooted(divisions: list[dict[str, str]]) -> None:
    paths = [row["path"] for row in divisions]
    known = set(paths)
    assert len(known) == len(paths)
    assert [path for path in paths if "/" in path and path.rsplit("/", 1)[0] not in known] == []
    assert {row["level"] for row in divisions} == {"province", "city", "county", "township"}


def test_divisions_of_the_whole_country_and_towns_at_home(divisions: list[dict[str, str]]) -> None:
    provinces = {row["path"].split("/")[0] for row in divisions}
    assert len(provinces) >= 31
    home = {row["path"].split("/")[1] for row in divisions if row["path"].startswith(HOME_PROVINCE + "/")}
    assert home == set(CITIES)
    counties = [row for row in divisions if row["level"] == "county"]
    assert len(counties) > 2800
    assert sum(row["path"].startswith(HOME_PROVINCE) for row in counties) == 111
