"""Tiny models of sixty invented cases: with units and topics, with topics alone, with units alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fenban.model import Case, Router, Submission
from fenban.model.artifact.folder import load, save
from fenban.model.directory import Directory, Function, Unit
from fenban.training.train import train_model

if TYPE_CHECKING:
    from pathlib import Path

    from fenban.model.scoring.content import ModelContent

PLACES = ("南宁市/青秀区", "南宁市/兴宁区", "桂林市/象山区")
DUTIES = {
    "公安局交警支队": ("设置和检修路口的红绿灯", "查处违法停车和酒后驾驶"),
    "市政和园林管理局": ("维修路灯和城市道路", "修剪行道树、养护公园"),
    "人力资源和社会保障局": ("查处拖欠工资的用人单位", "处理劳动合同争议"),
    "市场监督管理局": ("查处销售过期食品的商店", "处理消费者的退货纠纷"),
}
TOPICS = {
    "公安局交警支队": ("交通运输/交通秩序", "交通运输/停车管理"),
    "市政和园林管理局": ("市政公用/路灯照明", "市政公用/园林绿化"),
    "人力资源和社会保障局": ("劳动工资/拖欠工资", "劳动工资/劳动合同与解雇"),
    "市场监督管理局": ("市场监管/食品安全", "市场监管/消费纠纷"),
}
SENTENCES = {
    "公安局交警支队": (
        "{}菜市场路口的红绿灯坏了一个星期，早上全堵死",
        "{}学校门口的红绿灯绿灯太短，老人走到一半就变红",
        "{}医院门前三排违停，救护车进不去，没有交警来抄牌",
        "{}巷子里货车整夜违法停车，把消防栓都压住了",
        "{}十字路口信号灯和斑马线对不上，差点出车祸",
    ),
    "市政和园林管理局": (
        "{}河堤边的路灯从月初起就不亮，走夜路要打手电",
        "{}新修的那条街路灯白天开着晚上关掉",
        "{}广场旁的大榕树枯了半边，树枝砸到遮阳棚",
        "{}小公园的草皮没人修剪，行道树遮住了招牌",
        "{}人行道的地砖松动，路灯杆歪向马路",
    ),
    "人力资源和社会保障局": (
        "我在{}工地扎钢筋，老板欠了五个月工资不给",
        "{}餐馆关门了，十一个服务员的工资一分没结",
        "{}鞋厂不肯签劳动合同，说签了就别来上班",
        "{}保安公司把我辞退，补偿金和上月工资都没有",
        "{}物流园拖欠装卸工工资，讨薪三次没有结果",
    ),
    "市场监督管理局": (
        "{}超市的酸奶过期半个月还摆在货架上卖",
        "{}早餐店的包子里吃出铁丝，老板说没事",
        "{}手机店卖翻新机当新机，不肯退货退款",
        "{}水果摊的秤有问题，五斤少了八两",
        "{}奶茶店喝出蟑螂，要求退款还骂人",
    ),
}


def unit_of(function: str, path: str) -> Unit:
    return Unit(path.replace("/", "") + function, function, path)


def invented_cases() -> list[Case]:
    """Sixty cases; every third has a co-unit, forms and lanes alternate."""
    cases = []
    for function, sentences in SENTENCES.items():
        beside = "人力资源和社会保障局" if function != "人力资源和社会保障局" else "公安局交警支队"
        for path in PLACES:
            for number, sentence in enumerate(sentences):
                submission = Submission(
                    sentence.format(path.replace("/", "")), form=("投诉", "求助")[number % 2]
                )
                cases.append(
                    Case(
                        submission,
                        topic=TOPICS[function][number > 1],
                        function=function,
                        lead_unit=unit_of(function, path).name,
                        co_units=(unit_of(beside, path).name,) if number == 0 else (),
                        lane=("常规交办", "协商调解")[number % 2],
                    )
                )
    return cases


def invented_directory() -> Directory:
    functions = [Function(name, duties=duties) for name, duties in DUTIES.items()]
    return Directory(functions, [unit_of(name, path) for name in DUTIES for path in PLACES])


@pytest.fixture(scope="session")
def cases() -> list[Case]:
    return invented_cases()


@pytest.fixture(scope="session")
def content(cases: list[Case]) -> ModelContent:
    return train_model(cases, invented_directory())


@pytest.fixture(scope="session")
def model_folder(content: ModelContent, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model") / "tiny"
    save(content, folder)
    return folder


@pytest.fixture(scope="session")
def router(model_folder: Path) -> Router:
    return Router.load(model_folder)


def reloaded(content: ModelContent, folder: Path) -> Router:
    save(content, folder)
    return Router(load(folder))


@pytest.fixture(scope="session")
def topics_router(cases: list[Case], tmp_path_factory: pytest.TempPathFactory) -> Router:
    """Of cases that say nothing of units: routes topics alone."""
    bare = [Case(case.submission, topic=case.topic) for case in cases]
    return reloaded(train_model(bare), tmp_path_factory.mktemp("topics") / "tiny")


@pytest.fixture(scope="session")
def units_router(cases: list[Case], tmp_path_factory: pytest.TempPathFactory) -> Router:
    """Of cases that say nothing but the unit, under names without a function in common."""
    names = dict(
        zip(sorted({c.lead_unit for c in cases if c.lead_unit}), "甲乙丙丁戊己庚辛壬癸子丑", strict=True)
    )
    bare = [
        Case(replace(case.submission, form=None), lead_unit=f"{names[case.lead_unit]}号办公室")
        for case in cases
        if case.lead_unit
    ]
    return reloaded(train_model(bare), tmp_path_factory.mktemp("units") / "tiny")
