"""What the label columns say: units taken apart, functions inferred, directories read off."""

from __future__ import annotations

import pytest

from fenban.model.case import Case, Submission
from fenban.model.directory import Directory, Function, Unit
from fenban.model.reading.places import Gazetteer, Home, shipped_gazetteer
from fenban.training.directory.labels import (
    fill_in_functions_by_name,
    home_of,
    home_province,
    infer_from_labels,
    infer_functions_from_names,
    split_topic,
    take_apart,
)


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return shipped_gazetteer(None)


def case(unit: str | None, function: str | None = None) -> Case:
    return Case(Submission("路灯不亮"), lead_unit=unit, function=function)


@pytest.mark.parametrize(
    ("name", "rest", "jurisdiction"),
    [
        ("南宁市城市管理局", "城市管理局", "南宁市"),
        ("青秀区城管局", "城管局", "南宁市/青秀区"),
        ("凭祥市人民政府教育局", None, "崇左市/凭祥市"),
        ("市公安局", "公安局", None),
        ("区教育局", "教育局", None),
        ("城市管理局", "城市管理局", None),
        ("12345热线", "12345热线", None),
        ("供电公司", "供电公司", None),
    ],
)
def test_a_name_is_taken_apart(
    gazetteer: Gazetteer, name: str, rest: str | None, jurisdiction: str | None
) -> None:
    parts = take_apart(name, gazetteer)
    assert parts.jurisdiction == jurisdiction
    assert rest is None or parts.rest == rest


def test_a_street_office_has_its_street_as_place(gazetteer: Gazetteer) -> None:
    parts = take_apart("南宁市青秀区津头街道办事处", gazetteer)
    assert parts.rest.endswith("办事处")
    assert parts.jurisdiction == "南宁市/青秀区/津头街道"
    assert {"津头街道", "津头"} <= set(parts.local_names)


def test_namesakes_lie_where_the_others_do(gazetteer: Gazetteer) -> None:
    """城中区 is in 柳州 and in 西宁, 海州区 in 阜新 and in 连云港: the other units tell which is meant."""
    home = home_of(["柳州市水利局", "柳南区城管局", "城中区城管局", "市公安局"], gazetteer)
    assert home == Home("广西壮族自治区", "柳州市")
    assert take_apart("城中区城管局", gazetteer, home).jurisdiction == "柳州市/城中区"
    assert take_apart("市公安局", gazetteer, home).jurisdiction == "柳州市"
    elsewhere = home_of(["西宁市水务局", "城北区城管局"], gazetteer)
    assert take_apart("城中区城管局", gazetteer, elsewhere).jurisdiction == "西宁市/城中区"


def test_a_place_inside_the_name_is_not_another_city(gazetteer: Gazetteer) -> None:
    home = Home("广西壮族自治区", "柳州市")
    parts = take_apart("柳州市柳北区中山街道办事处", gazetteer, home)
    assert parts.jurisdiction == "柳州市/柳北区/中山街道"
    assert take_apart("中山片区改造指挥部", gazetteer, home).jurisdiction is None
    assert take_apart("中山市联络处", gazetteer, home).jurisdiction == "中山市"
    assert take_apart("广西壮族自治区柳州市水利局", gazetteer, home).jurisdiction == "柳州市"


def test_units_of_many_cities_have_no_home_city(gazetteer: Gazetteer) -> None:
    names = ["柳州市水利局", "南宁市水利局", "桂林市水利局", "玉林市水利局"]
    home = home_of(names, gazetteer)
    assert home == Home("广西壮族自治区", None)
    assert take_apart("市公安局", gazetteer, home).jurisdiction is None


@pytest.mark.parametrize("name", ["柳北区石碑坪镇政府", "柳北区石碑坪镇人民政府"])
def test_two_spellings_of_a_town_government_are_one_office(gazetteer: Gazetteer, name: str) -> None:
    parts = take_apart(name, gazetteer)
    assert (parts.rest, parts.jurisdiction) == ("镇政府", "柳州市/柳北区/石碑坪镇")


def test_traditional_names_are_read_too(gazetteer: Gazetteer) -> None:
    assert take_apart("南寧市教育局", gazetteer).jurisdiction == "南宁市"


def test_functions_are_inferred_where_names_are_built_that_way(gazetteer: Gazetteer) -> None:
    units = [
        f"{place}{office}" for place in ("青秀区", "兴宁区", "江南区") for office in ("城管局", "教育局")
    ]
    found = infer_functions_from_names(units, gazetteer)
    assert found["青秀区城管局"] == "城管局"
    assert set(found.values()) == {"城管局", "教育局"}
    assert infer_functions_from_names(["环保科", "路政大队", "水务集团", "供电公司"], gazetteer) == {}


def test_functions_written_down_go_before_inferred_ones(gazetteer: Gazetteer) -> None:
    cases = [case("甲局", "市容"), case("甲局", "市容"), case("甲局", "其他"), case("甲局"), case("乙局")]
    filled = fill_in_functions_by_name(cases, None, gazetteer)
    assert [c.function for c in filled] == ["市容", "市容", "其他", "市容", None]


def test_a_tie_between_functions_falls_the_same_way_every_time(gazetteer: Gazetteer) -> None:
    votes = [case("甲局", "乙"), case("甲局", "甲"), case("甲局")]
    one, other = (
        fill_in_functions_by_name(order, None, gazetteer) for order in (votes, [*votes[1::-1], votes[2]])
    )
    assert one[2].function == other[2].function


def test_a_directory_says_the_functions_and_labels_stay_as_they_are(gazetteer: Gazetteer) -> None:
    directory = Directory([Function("市场监督管理局")], [Unit("南宁市市场监督管理局", "市场监督管理局")])
    filled = fill_in_functions_by_name([case("南宁市市场监督管理局"), case("工商局")], directory, gazetteer)
    assert [c.function for c in filled] == ["市场监督管理局", None]
    assert [c.lead_unit for c in filled] == ["南宁市市场监督管理局", "工商局"]


def test_a_directory_is_read_off_the_labels(gazetteer: Gazetteer) -> None:
    cases = [
        case("南宁市青秀区津头街道办事处", "街道办事处"),
        case("青秀区城管局", "城管局"),
        case("青秀区城管局", "城管局"),
        case(None),
    ]
    directory, local = infer_from_labels(cases, gazetteer)
    assert [unit.name for unit in directory.units] == ["南宁市青秀区津头街道办事处", "青秀区城管局"]
    assert set(directory.functions) == {"街道办事处", "城管局"}
    assert dict(local)["津头街道"] == "南宁市/青秀区/津头街道"
    assert "津头" not in dict(local)  # two characters are too often something else
    assert home_province(directory, gazetteer) == "广西壮族自治区"


def test_units_without_a_place_have_no_home(gazetteer: Gazetteer) -> None:
    assert home_province(Directory([], [Unit("甲局")]), gazetteer) is None


@pytest.mark.parametrize(
    ("path", "levels"),
    [
        ("水利", ("水利", "水利")),
        ("水利/灌溉", ("水利", "水利/灌溉")),
        ("水利/灌溉/渠", ("水利", "水利/灌溉")),
    ],
)
def test_topics_have_two_levels_at_most(path: str, levels: tuple[str, str]) -> None:
    assert split_topic(path) == levels
