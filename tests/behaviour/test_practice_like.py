"""Ten whole journeys of the kind that Guangxi's conferences tell of, every one invented.

A suggestion is acceptable when one of its first three functions, or one of the functions or names
of its first three units, is among those that a sensible clerk would choose.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fenban.model import Router, Suggestion

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Journey:
    text: str
    functions: tuple[str, ...]
    topics: tuple[str, ...]
    lane: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    flag: str = ""


JOURNEYS = {
    "wages": Journey(
        "我们十一个泥水工在来宾市兴宾区一个安置房项目干到年底，包工头讲总包没打款，四个月的工资到现在一分没拿到，"
        "过年都回不去，请劳动部门帮我们讨回血汗钱。",
        ("人力资源和社会保障局",),
        ("劳动工资",),
        ("常规交办", "协商调解"),
    ),
    "school gate": Journey(
        "柳州市鱼峰区一所小学放学那半个钟头，接娃的电动车和小车把门口两边车道都堵死，孩子在车缝里钻，"
        "建议画接送专用停车位，派交警和老师一起维持秩序。",
        ("公安局交警支队", "教育局"),
        ("交通运输", "公共安全", "教育"),
    ),
    "ditch": Journey(
        "我们村进田的那条主灌渠去年被洪水冲垮了二十多米，今年早稻插不下去，全靠抽水机从河里抽，"
        "村民愿意投工投劳，请水利部门安排修渠的材料和资金。",
        ("水利局", "农业农村局"),
        ("水利", "农业农村"),
    ),
    "tunnel signal": Journey(
        "每天上班要走的那个穿山隧道里面手机完全没有信号，打不出电话也收不到短信，要是在里面抛锚了求救都没办法，"
        "希望几家运营商进去装基站。",
        ("通信管理局", "工业和信息化局", "数据局"),
        ("通信网络",),
    ),
    "border trade": Journey(
        "龙州水口互市点最近能做的商品种类太少，边民排半天队只换到几袋腰果，落地加工厂也停了线，"
        "建议向上争取扩大互市进口商品清单。",
        ("商务局", "口岸管理局", "海关"),
        ("边境口岸", "商贸旅游"),
        (),
        ("建议", "提案", "微建议", "微提案", "社情民意"),
    ),
    "border queue": Journey(
        "友谊关口岸拉水果的货车从凌晨排到天黑还没轮到查验，榴莲都闷坏了，请凭祥海关和口岸部门增加查验通道、延长通关时间。",
        ("口岸管理局", "海关", "商务局"),
        ("边境口岸",),
    ),
    "cross-province": Journey(
        "我们全州县和湖南永州市交界的那条河，上游的洗砂场天天排黄泥水，下游两岸的鱼塘全遭殃，找两边政府都说归对方管，"
        "请两省坐下来一起治。",
        ("生态环境局", "水利局"),
        ("生态环境", "水利"),
        ("跨区域协同",),
    ),
    "property mediation": Journey(
        "我们小区业委会和物业为了公共收益闹了一年多，账本不给看，电梯广告费去哪了没人说得清，业主拒交物业费，"
        "物业就停了保洁，请上门来调解。",
        ("住房和城乡建设局", "街道办事处"),
        ("住房物业",),
    ),
    "bus line": Journey(
        "新区搬来了三个大楼盘，可是最近的公交站要走二十五分钟，末班车七点就没了，老人看病、学生放学都靠打车，"
        "请延长公交线路、增加班次。",
        ("公共交通集团", "交通运输局"),
        ("交通运输",),
    ),
    "gas": Journey(
        "贵港市港北区这栋老楼一楼的厨房煤气味很重，疑似燃气泄漏，楼上住的都是老人，燃气公司的电话一直占线，请马上派人来。",
        ("燃气公司", "应急管理局", "消防救援支队"),
        ("市政公用", "公共安全"),
        ("紧急",),
        (),
        "danger",
    ),
}


def acceptable(suggestion: Suggestion, functions: tuple[str, ...]) -> bool:
    named = [answer.function for answer in suggestion.functions[:3]]
    named += [part for unit in suggestion.lead_units[:3] for part in (unit.unit, unit.function)]
    return any(wanted in name for wanted in functions for name in named if name)


@pytest.mark.parametrize("name", JOURNEYS)
def test_a_journey(starter_router: Router, name: str) -> None:
    journey = JOURNEYS[name]
    suggestion = starter_router.suggest([journey.text])[0]
    assert acceptable(suggestion, journey.functions), [f.function for f in suggestion.functions]
    firsts = [topic.path.split("/")[0] for topic in suggestion.topics]
    assert set(firsts) & set(journey.topics), firsts
    assert suggestion.lane is not None
    assert not journey.lane or suggestion.lane.name in journey.lane
    assert suggestion.form is not None
    assert not journey.forms or suggestion.form.name in journey.forms
    assert (suggestion.flags == (journey.flag,)) == bool(journey.flag)
    assert suggestion.zone in ("confirm", "manual") or not suggestion.flags
    assert suggestion.evidence.words
    assert suggestion.evidence.duties
    for word in suggestion.evidence.words:
        assert journey.text[word.start : word.end] == word.text


@pytest.mark.parametrize(
    ("name", "place"),
    [("wages", "来宾市"), ("school gate", "柳州市"), ("gas", "贵港市"), ("border queue", "崇左市")],
)
def test_the_first_unit_is_where_the_matter_is(starter_router: Router, name: str, place: str) -> None:
    unit = starter_router.suggest([JOURNEYS[name].text])[0].lead_units[0]
    assert unit.jurisdiction is not None
    assert unit.jurisdiction.split("/")[0] == place


def test_the_check_itself_can_fail(starter_router: Router) -> None:
    suggestion = starter_router.suggest([JOURNEYS["wages"].text])[0]
    assert not acceptable(suggestion, ("气象局", "民航机场"))
