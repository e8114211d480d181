"""A directory proposed from unit names: functions, places, spellings, merges; nothing merged."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fenban.model.case import Case, Submission
from fenban.model.errors import TrainingError
from fenban.model.reading.places import Home, shipped_gazetteer
from fenban.training.directory.inference import ProposedUnit, infer_directory
from fenban.training.directory.office_names import is_short_for, likeness, office_names
from fenban.training.directory.proposal import write_proposal
from fenban.training.directory.table import read_directory
from fenban.training.directory.unit_texts import UnitTexts

if TYPE_CHECKING:
    from pathlib import Path

LITTER = (
    "夜市收摊后满地垃圾没人扫",
    "占道摆摊堵住人行道",
    "违章搭棚挡住通道",
    "小贩在路口乱摆摊",
    "垃圾桶满了没人倒",
)
SCHOOL = ("孩子转学要什么材料", "小学几月报名入学", "幼儿园收费太高", "学区怎么划分", "老师让学生买课外书")
WATER = ("水管爆了停水两天", "自来水发黄有味", "水表读数不对多收水费", "楼上没有水压", "报装水表一直没人来")


def cases_of(unit: str, matters: tuple[str, ...], step: int = 1, day: int = 1, **labels: str) -> list[Case]:
    """One case for each matter, told together with the one ``step`` further on."""
    return [
        Case(
            Submission(f"{matter}，{matters[(i + step) % len(matters)]}", "", dt.date(2024, 3, day + i)),
            lead_unit=unit,
            **labels,
        )
        for i, matter in enumerate(matters)
    ]


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return [
        *cases_of("柳北区城管局", LITTER),
        *cases_of("柳北区城管局", LITTER, step=2),
        *cases_of("鱼峰区城市管理行政执法局", LITTER, step=3),
        *cases_of("柳南区城管局", LITTER, step=4),
        *cases_of("市教育局", SCHOOL),
        *cases_of("柳北区教育局", SCHOOL, step=2),
        *cases_of("柳州供水公司", WATER),
        *cases_of("柳州市政管理处", LITTER[:1]),
    ]


@pytest.fixture(scope="module")
def found(cases: list[Case]) -> dict[str, ProposedUnit]:
    return {row.name: row for row in infer_directory(cases, shipped_gazetteer(None))}


def test_one_kind_of_office_under_two_spellings_is_one_function(found: dict[str, ProposedUnit]) -> None:
    functions = {name: row.function for name, row in found.items()}
    assert functions["柳北区城管局"] == functions["柳南区城管局"] == "城管局"
    assert functions["鱼峰区城市管理行政执法局"] == "城管局", "the spelling of most cases"
    assert "文字相似度" in found["鱼峰区城市管理行政执法局"].reason
    assert functions["市教育局"] == functions["柳北区教育局"] == "教育局"


def test_places_are_read_off_and_the_city_is_everybodys(found: dict[str, ProposedUnit]) -> None:
    assert found["柳北区城管局"].jurisdiction == "柳州市/柳北区"
    assert found["市教育局"].jurisdiction == "柳州市"
    assert found["柳州市政管理处"].function == "市政管理处", "市政 is a word, not the city's 政"


def test_the_other_spelling_becomes_an_alias(found: dict[str, ProposedUnit]) -> None:
    assert found["柳北区城管局"].aliases == ("柳北区城市管理行政执法局",)
    assert found["鱼峰区城市管理行政执法局"].aliases == ("鱼峰区城管局",)


def test_two_spellings_of_one_office_are_proposed_as_one(cases: list[Case]) -> None:
    twice = [*cases, *cases_of("柳北区城市管理局", LITTER, step=3, day=20)]
    found = {row.name: row for row in infer_directory(twice, shipped_gazetteer(None))}
    merge = found["柳北区城市管理局"].merge
    assert merge is not None
    assert merge.into == "柳北区城管局"
    assert 0.4 <= merge.confidence <= 1
    assert "件数 5 与 10" in merge.reason
    assert "时间上前后相接" in merge.reason
    assert found["柳北区城管局"].merge is None


def test_offices_of_other_places_are_no_merges(found: dict[str, ProposedUnit]) -> None:
    assert found["柳南区城管局"].merge is None
    assert found["柳州供水公司"].merge is None


def test_confidence_says_what_to_look_at_first(found: dict[str, ProposedUnit]) -> None:
    assert found["柳北区城管局"].confidence > found["鱼峰区城市管理行政执法局"].confidence
    assert found["柳州供水公司"].confidence < 0.6
    assert "没有同类单位" in found["柳州供水公司"].reason


def test_functions_that_the_cases_write_are_taken() -> None:
    written = [*cases_of("柳北区城管局", LITTER, function="市容"), *cases_of("柳南区教育局", SCHOOL)]
    found = {row.name: row for row in infer_directory(written, shipped_gazetteer(None))}
    assert found["柳北区城管局"].function == "市容"


def test_cases_without_units_are_refused() -> None:
    with pytest.raises(TrainingError, match="--columns"):
        infer_directory([Case(Submission("路灯坏了"))], shipped_gazetteer(None))


@pytest.mark.parametrize("ending", ["csv", "xlsx", "jsonl"])
def test_training_reads_the_proposal_and_passes_the_merges_over(
    cases: list[Case], tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"directory.{ending}"
    rows = infer_directory([*cases, *cases_of("柳北区城市管理局", LITTER, step=3)], shipped_gazetteer(None))
    write_proposal(rows, path)
    directory = read_directory(path)
    assert len(directory.units) == len(rows)
    unit = directory.unit("柳北区城市管理局")
    assert unit is not None
    assert (unit.function, unit.jurisdiction) == ("城管局", "柳州市/柳北区")


@pytest.mark.parametrize(
    ("short", "long", "is_short"),
    [
        ("城管局", "城市管理行政执法局", True),
        ("环保局", "生态环境保护局", True),
        ("街道办", "街道办事处", True),
        ("城管局", "城管局", False),
        ("林业局", "农业局", False),
        ("住建局", "住房和城乡建设委员会", False),
        ("局长", "局里的处长", False),
    ],
)
def test_short_names(short: str, long: str, is_short: bool) -> None:
    assert is_short_for(short, long) is is_short


def test_names_alone_are_never_certain() -> None:
    assert likeness("教育局", "教育局")[0] < 1
    assert likeness("供电局", "供电服务中心")[0] < likeness("城管局", "城市管理局")[0]
    assert likeness("教育局", "水利局") == (0.0, "")
    assert likeness("人力资源和社会保障局", "劳动监察大队")[0] == 0, "an office of its own"


def test_sections_belong_to_their_office_in_the_script_of_the_name() -> None:
    names = ["柳州市勞動局就業科", "柳州市勞動局安全科", "柳州市公安局交警支队", "柳州市公安局治安科"]
    offices = office_names(names, shipped_gazetteer(None), Home("广西壮族自治区", "柳州市"))
    assert [offices[name].office for name in names[:2]] == ["勞動局", "勞動局"]
    assert offices[names[0]].section
    assert offices["柳州市公安局交警支队"].office == "公安局交警支队"
    assert offices["柳州市公安局治安科"].office == "公安局治安科", "the only one of its office"


def test_a_place_that_no_gazetteer_lists_is_seen_by_how_names_are_built() -> None:
    names = ["榕湖区水利局", "榕湖区教育局", "桃江区水利局", "桃江区教育局", "风景区管理处"]
    offices = office_names(names, shipped_gazetteer(None), Home())
    assert (offices["榕湖区水利局"].office, offices["榕湖区水利局"].jurisdiction) == ("水利局", "榕湖区")
    assert offices["风景区管理处"].jurisdiction is None


def test_likeness_of_texts_is_fair_to_small_units() -> None:
    """Rows of length one along two axes: two units along one, a third along the other."""
    sums = np.array([[9.0, 3.0], [3.0, 1.0], [1.0, 9.0]])
    texts = UnitTexts(sums @ sums.T, np.array([10.0, 3.5, 10.0]))
    alike, unlike = texts.likeness([0], [1]), texts.likeness([0], [2])
    assert alike is not None
    assert unlike is not None
    assert alike > 0.9 > 0 > unlike
    single = UnitTexts(sums @ sums.T, np.array([10.0, 1.0, 10.0]))
    assert single.likeness([0], [1]) is None
