"""The lane and its reason, and the forms that a text names."""

from __future__ import annotations

import pytest

from fenban.model.reading.places import Place, PlaceReading
from fenban.model.signs.lanes import LEARNT_FROM, find_named_forms, lane_of

HOME, NEIGHBOUR = "广西壮族自治区", "湖南省"
FUCHUAN = Place("贺州市/富川瑶族自治县", "county", HOME)
QUANZHOU, XINGAN = Place("桂林市/全州县", "county", HOME), Place("桂林市/兴安县", "county", HOME)
JIANGHUA = Place("永州市/江华瑶族自治县", "county", NEIGHBOUR)


def lane(text: str, *places: Place, danger: str | None = None, **learnt: float) -> tuple[str, str] | None:
    reading = PlaceReading(places, provinces=frozenset(place.province for place in places))
    found = lane_of(text, reading, HOME, learnt or None, danger)
    return (found.name, found.reason) if found else None


def test_danger_goes_before_everything() -> None:
    assert lane("两省交界处漏气", FUCHUAN, JIANGHUA, danger="漏气", 直通车=0.9) == ("紧急", "漏气")


def test_two_provinces_across_a_border_are_named_with_their_counties() -> None:
    name, reason = lane("两地交界的河没人管", FUCHUAN, JIANGHUA, 常规交办=0.9) or ("", "")
    assert name == "跨区域协同"
    assert reason.startswith("涉及广西富川瑶族自治县与湖南江华瑶族自治县，文中提到“")


def test_two_counties_of_one_province_make_a_matter_across_regions() -> None:
    name, reason = lane("两县交界的路没人修", QUANZHOU, XINGAN, 常规交办=0.9) or ("", "")
    assert name == "跨区域协同"
    assert "全州县与兴安县" in reason


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("我从江华来富川打工", (FUCHUAN, JIANGHUA)),
        ("交界的路没人修", (QUANZHOU,)),
        ("交界的路没人修", ()),
        ("交界的路没人修", (JIANGHUA,)),
    ],
)
def test_two_sides_and_a_word_between_them_are_needed(text: str, places: tuple[Place, ...]) -> None:
    assert (lane(text, *places, 常规交办=0.9) or ("",))[0] == "常规交办"


def test_a_learnt_lane_counts_from_the_measured_probability_on() -> None:
    assert lane("路灯坏了") is None
    least = LEARNT_FROM["协商调解"]
    likely, unlikely = lane("路灯坏了", 协商调解=least), lane("路灯坏了", 协商调解=least - 0.01)
    assert likely is not None
    assert likely[0] == "协商调解"
    assert unlikely is not None
    assert unlikely[0] == "常规交办"


def test_a_text_that_speaks_of_mediation_needs_less_and_is_quoted() -> None:
    found = lane("请来坐下来谈一谈", 协商调解=0.16)
    assert found is not None
    assert found[0] == "协商调解"
    assert "坐下来" in found[1]


def test_forms_that_a_text_names() -> None:
    assert find_named_forms("今天下雨") == {}
    asked, titled = find_named_forms("请问怎么办"), find_named_forms("案由:关于公交")
    assert set(asked) == {"咨询"}
    assert set(titled) == {"提案"}
    assert titled["提案"] > asked["咨询"] > 1
