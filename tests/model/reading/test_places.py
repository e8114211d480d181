"""Reading places: mentions, namesakes, short names, townships, words that only look like places."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from fenban.model.case import Submission
from fenban.model.reading.places import Gazetteer, Place, shipped_gazetteer
from fenban.model.scoring.batch import places_of, read_batch
from fenban.model.scoring.features import NgramHasher

HOME = "广西壮族自治区"


def paths(text: str, home: str | None = HOME) -> set[str]:
    return set(shipped_gazetteer(home).read(text).paths)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("南宁市的公交太少", "南宁市"),
        ("桂林的米粉店", "桂林市"),
        ("家住南宁市青秀区", "南宁市/青秀区"),
        ("南宁青秀的路灯", "南宁市/青秀区"),
        ("凭祥的货车排队", "崇左市/凭祥市"),
        ("东兴口岸", "防城港市/东兴市"),
        ("玉林市兴业县的村路", "玉林市/兴业县"),
        ("富川白沙镇的水渠", "贺州市/富川瑶族自治县/白沙镇"),
        ("津头街道的小区", "南宁市/青秀区/津头街道"),
        ("津头街道办不回复", "南宁市/青秀区/津头街道"),
        ("津头街道办事处", "南宁市/青秀区/津头街道"),
        ("河池市金城江区老街", "河池市/金城江区"),
    ],
)
def test_the_place_a_text_names(text: str, path: str) -> None:
    assert paths(text) == {path}


@pytest.mark.parametrize(
    "text", ["", "路灯坏了", "我们村的水渠", "江南水乡的味道", "新华书店没开门", "长安汽车的质量"]
)
def test_a_text_without_a_place_names_none(text: str) -> None:
    assert paths(text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "老城区改造什么时候开始",
        "城区禁止养鸡",
        "省道县道都坑坑洼洼",
        "已经建成县级公园",
        "铁路和县里都不管",
        "矿区粉尘",
    ],
)
def test_words_that_are_also_the_names_of_far_away_places(text: str) -> None:
    reading = shipped_gazetteer(HOME).read(text)
    assert reading.places == ()
    assert reading.provinces == set()


def test_the_inner_city_of_a_city_is_that_city() -> None:
    reading = shipped_gazetteer(HOME).read("南宁市城区积水严重")
    assert reading.paths == {"南宁市"}
    assert reading.provinces == {HOME}


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("在湖南道县买的车", "永州市/道县"),
        ("山西晋城市城区的户口", "晋城市/城区"),
        ("永州道县那边", "永州市/道县"),
    ],
)
def test_they_are_places_where_their_city_or_province_is_named(text: str, path: str) -> None:
    assert paths(text) == {path}


@pytest.mark.parametrize(
    "text", ["衡阳路的桥底", "北海大道堵车", "四平方米的棚子", "大理石板碎了", "日照间距不够"]
)
def test_roads_and_things_named_after_a_city_are_no_places(text: str) -> None:
    assert paths(text) == set()


def test_a_city_before_its_street_lamps_is_a_city() -> None:
    assert paths("南宁路灯坏了") == {"南宁市"}


def test_namesakes_are_told_apart_by_what_else_is_named() -> None:
    assert paths("南宁市兴宁区") == {"南宁市/兴宁区"}
    assert paths("广东省梅州市兴宁市的亲戚") == {"梅州市/兴宁市"}
    assert paths("江苏南京鼓楼区") == {"南京市/鼓楼区"}
    assert paths("福州鼓楼区") == {"福州市/鼓楼区"}


def test_namesakes_stay_open_where_nothing_tells_them_apart() -> None:
    found = paths("白沙镇的水渠")
    assert {"柳州市/鱼峰区/白沙镇", "贺州市/富川瑶族自治县/白沙镇"} <= found
    assert len(paths("鼓楼区的房子")) == 4


def test_a_namesake_at_home_comes_first() -> None:
    assert paths("城中区的学校", HOME) == {"柳州市/城中区"}
    assert paths("城中区的学校", "青海省") != {"柳州市/城中区"}


def test_townships_and_short_names_are_read_at_home_alone() -> None:
    assert paths("津头街道", None) == set()
    assert paths("凭祥的货车", None) == set()
    assert paths("凭祥市的货车", None) == {"崇左市/凭祥市"}


def test_mentions_point_into_the_text() -> None:
    text = "我在贺州富川白沙镇种稻"
    mentions = shipped_gazetteer(HOME).read(text).mentions
    assert [text[start:end] for start, end in mentions] == ["贺州", "富川", "白沙镇"]


def test_provinces_on_both_sides_of_a_border_are_both_read() -> None:
    reading = shipped_gazetteer(HOME).read("富川和湖南江华交界的矿山")
    assert reading.provinces == {HOME, "湖南省"}


def test_a_place_knows_its_parents_and_what_it_encloses() -> None:
    place = Place("南宁市/青秀区/津头街道", "township", HOME)
    assert place.parents == ("南宁市/青秀区", "南宁市")
    assert Place("南宁市", "city").encloses(place.path)
    assert not Place("南宁市", "city").encloses("南宁市")
    assert not Place("南宁市/青秀", "county").encloses(place.path)


def test_places_of_a_deployment_come_first() -> None:
    gazetteer = Gazetteer.build(HOME, [("五象总部基地", "南宁市/良庆区"), ("白沙镇", "南宁市/虚构区/白沙镇")])
    assert gazetteer.read("五象总部基地的隧道").paths == {"南宁市/良庆区"}
    assert "南宁市/虚构区/白沙镇" in gazetteer.read("白沙镇").paths


@pytest.mark.parametrize(
    ("name", "path", "rest"),
    [
        ("南宁市青秀区城管局", "南宁市/青秀区", "城管局"),
        ("凭祥市公安局", "崇左市/凭祥市", "公安局"),
        ("教育局", None, "教育局"),
        ("南宁市", None, "南宁市"),
    ],
)
def test_the_place_a_name_begins_with(name: str, path: str | None, rest: str) -> None:
    place, remainder = shipped_gazetteer(HOME).leading(name)
    assert (place.path if place else None, remainder) == (path, rest)


def test_the_jurisdiction_a_text_came_with_is_read_too() -> None:
    submissions = [
        Submission("白沙镇的路灯坏了", jurisdiction="柳州市/鱼峰区"),
        Submission("白沙镇的路灯坏了"),
    ]
    reading = read_batch(submissions, NgramHasher())
    gazetteer = shipped_gazetteer(HOME)
    assert places_of(reading, 0, gazetteer).paths == {"柳州市/鱼峰区/白沙镇"}
    assert len(places_of(reading, 1, gazetteer).paths) > 1


ADDRESSES = [
    f"我家住在{place}{detail}"
    for place in (
        "南宁市青秀区",
        "南宁市横州市",
        "柳州市鱼峰区",
        "桂林市阳朔县",
        "梧州市万秀区",
        "北海市合浦县",
        "防城港市东兴市",
        "钦州市灵山县",
        "贵港市桂平市",
        "玉林市北流市",
        "百色市靖西市",
        "贺州市昭平县",
        "河池市环江毛南族自治县",
        "来宾市金秀瑶族自治县",
        "崇左市凭祥市",
        "广州市天河区",
        "长沙市岳麓区",
        "贵阳市花溪区",
        "昆明市五华区",
        "成都市武侯区",
    )
    for detail in ("的老街上", "建设路旁边")
]


@pytest.mark.slow
def test_divisions_are_those_that_jionlp_reads() -> None:
    pytest.importorskip("jionlp")
    script = (
        "import json, sys, jionlp\n"
        "texts = json.load(sys.stdin)\n"
        "found = [jionlp.parse_location(text[4:]) for text in texts]\n"
        "print('\\n' + json.dumps([[f['city'], f['county']] for f in found]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=json.dumps(ADDRESSES),
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
        timeout=120,
    )
    reference = json.loads(done.stdout.splitlines()[-1])
    assert len(reference) == 40
    for address, (city, county) in zip(ADDRESSES, reference, strict=True):
        assert paths(address) == {f"{city}/{county}"}, address
