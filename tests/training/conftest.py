"""A tiny model and the invented cases it was taught by, trained once a session."""

from __future__ import annotations

import pytest

from fenban.model.case import Case, Submission
from fenban.model.router import Router
from fenban.training.train import train_model

_DISTRICTS = ("青秀区", "兴宁区")

# what was said (with the district left open), topic, function, the office's name in a district
_SAID = (
    ("{}长虹路的公交车等了四十分钟才来一趟，老人都站累了", "交通运输/公共交通", "交通运输局"),
    ("早高峰在{}挤公交，司机到站不停直接开走", "交通运输/公共交通", "交通运输局"),
    ("希望公交公司给{}的新小区加一条公交线路", "交通运输/公共交通", "交通运输局"),
    ("{}的公交站牌被撞歪半个月了，线路看不清", "交通运输/公共交通", "交通运输局"),
    ("在{}打出租车，司机不打表乱要价", "交通运输/出租客运", "交通运输局"),
    ("{}火车站门口的出租车挑客拒载", "交通运输/出租客运", "交通运输局"),
    ("网约车在{}半路把我赶下车，平台不理", "交通运输/出租客运", "交通运输局"),
    ("{}工地包工头拖欠三个月工资，人也找不到了", "劳动工资/拖欠工资", "人力资源和社会保障局"),
    ("我在{}一家饭店打工，老板不发工资还骂人", "劳动工资/拖欠工资", "人力资源和社会保障局"),
    ("{}的服装厂关门了，十几个工人的工资没有结清", "劳动工资/拖欠工资", "人力资源和社会保障局"),
    ("公司在{}，试用期半年不签劳动合同", "劳动工资/劳动合同", "人力资源和社会保障局"),
    ("{}的物流站辞退我，劳动合同没到期也不给补偿", "劳动工资/劳动合同", "人力资源和社会保障局"),
    ("劳务公司让{}的保洁员签空白劳动合同", "劳动工资/劳动合同", "人力资源和社会保障局"),
    ("{}夜市烧烤摊占道经营，油烟直往楼上飘", "城市管理/占道经营", "城市管理局"),
    ("水果摊贩把{}的人行道占满了，只能走马路", "城市管理/占道经营", "城市管理局"),
    ("{}菜市场外面流动摊贩占道，城管来了就跑", "城市管理/占道经营", "城市管理局"),
    ("{}的巷口垃圾堆了一周没人清运，臭得很", "城市管理/环境卫生", "城市管理局"),
    ("垃圾桶坏了，{}的街边垃圾满地都是", "城市管理/环境卫生", "城市管理局"),
    ("环卫车每天凌晨在{}收垃圾，声音太大", "城市管理/环境卫生", "城市管理局"),
    ("建筑垃圾夜里偷倒在{}的河边", "城市管理/环境卫生", "城市管理局"),
)


@pytest.fixture(scope="session")
def tiny_cases() -> list[Case]:
    """Forty cases: twenty complaints in each of two districts."""
    return [
        Case(Submission(text.format(district)), topic, function, f"{district}{function}")
        for text, topic, function in _SAID
        for district in _DISTRICTS
    ]


@pytest.fixture(scope="session")
def tiny_router(tiny_cases: list[Case]) -> Router:
    """A router that knows nothing but the tiny cases."""
    return Router(train_model(tiny_cases))
