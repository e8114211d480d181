"""What the starter model must do whatever its figures: invariance, direction, the plain cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fenban.model.signs.signals import DANGER, MISSING_PLACE, OUT_OF_SCOPE

if TYPE_CHECKING:
    from fenban.model import Router, Suggestion

pytestmark = pytest.mark.slow

MATTERS = {
    "红绿灯坏了好几天，路口乱成一团，没有交警指挥": "公安局交警支队",
    "老板拖欠我们四个月工资，一分都没有给": "人力资源和社会保障局",
    "灌溉水渠塌了一段，稻田灌不上水": "水利局",
    "路灯整条街不亮，晚上黑得吓人": "市政和园林管理局",
    "超市卖过期牛奶给老人，找店家不认账": "市场监督管理局",
    "小学学位不够，孩子被分流到很远的学校": "教育局",
    "停电一整天，供电所电话打不通": "供电局",
    "流动摊贩占道经营，人行道都走不过去": "城市管理局",
}


def one(router: Router, text: str, top: int = 3) -> Suggestion:
    return router.suggest([text], top=top, evidence="none")[0]


def first(router: Router, text: str) -> str:
    return one(router, text).functions[0].function


def chance(router: Router, text: str, function: str) -> float:
    found = {f.function: f.probability for f in one(router, text, 60).functions}
    return found[function]


# --- invariance: what does not matter changes nothing ------------------------------------------


@pytest.mark.parametrize(("text", "function"), MATTERS.items())
def test_another_district_is_the_same_kind_of_matter(
    starter_router: Router, text: str, function: str
) -> None:
    found = {
        first(starter_router, place + text)
        for place in ("南宁市青秀区", "柳州市鱼峰区", "桂林市象山区", "玉林市玉州区")
    }
    assert found == {function}


@pytest.mark.parametrize(("text", "function"), MATTERS.items())
@pytest.mark.parametrize("greeting", ["尊敬的领导：您好！", "领导好，", "你好，"])
def test_a_greeting_changes_nothing(starter_router: Router, greeting: str, text: str, function: str) -> None:
    plain, greeted = starter_router.suggest([text, greeting + text], evidence="none")
    assert greeted.functions == plain.functions
    assert plain.functions[0].function == function


@pytest.mark.parametrize(("text", "function"), MATTERS.items())
@pytest.mark.parametrize("comma", ["", ",", "，，", " 。", "、"])
def test_careless_punctuation_is_the_same_matter(
    starter_router: Router, comma: str, text: str, function: str
) -> None:
    assert first(starter_router, text.replace("，", comma)) == function


TRADITIONAL = [
    ("紅綠燈壞了好幾天，路口亂成一團，沒有交警指揮", "红绿灯坏了好几天，路口乱成一团，没有交警指挥"),
    ("老闆拖欠我們四個月工資，一分都沒有給", "老板拖欠我们四个月工资，一分都没有给"),
    ("路燈整條街不亮，晚上黑得嚇人", "路灯整条街不亮，晚上黑得吓人"),
    ("超市賣過期牛奶給老人，找店家不認賬", "超市卖过期牛奶给老人，找店家不认账"),
]


@pytest.mark.parametrize(("traditional", "simplified"), TRADITIONAL)
def test_traditional_script_is_the_same_text(
    starter_router: Router, traditional: str, simplified: str
) -> None:
    one, other = starter_router.suggest([traditional, simplified], evidence="none")
    assert one.functions == other.functions
    assert one.functions[0].function == MATTERS[simplified]


@pytest.mark.parametrize(("text", "function"), MATTERS.items())
def test_a_phone_masked_or_not_is_the_same_text(starter_router: Router, text: str, function: str) -> None:
    bare, masked = (text + f"，联系电话{number}" for number in ("13800138000", "[手机号]"))
    one, other = starter_router.suggest([bare, masked])
    assert one.functions == other.functions
    assert one.functions[0].function == function
    assert not any("138" in word.text for word in one.evidence.words)


# --- direction: what does matter moves the answer the right way --------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "我在一家物业公司当保安",
        "我们在隧道工地干活",
        "我在酒店后厨洗碗",
        "幼儿园的老师们",
        "我给快递站点送件",
    ],
)
def test_three_months_without_wages_is_a_matter_of_labour(starter_router: Router, text: str) -> None:
    office = "人力资源和社会保障局"
    assert (
        chance(starter_router, f"{text}，三个月没发工资", office) > chance(starter_router, text, office) + 0.1
    )


@pytest.mark.parametrize(
    ("text", "added", "function"),
    [
        ("路口很危险", "红绿灯坏了没有交警", "公安局交警支队"),
        ("我家旁边有个厂", "半夜偷排废气，刺鼻难闻", "生态环境局"),
        ("我在店里买了牛奶", "是过期的，商家不退", "市场监督管理局"),
        ("我家里没有办法用水", "自来水停了三天", "供水公司"),
        ("老人身体不好", "低保申请没有批下来", "民政局"),
    ],
)
def test_saying_more_moves_towards_the_office(
    starter_router: Router, text: str, added: str, function: str
) -> None:
    assert chance(starter_router, f"{text}，{added}", function) > chance(starter_router, text, function)


@pytest.mark.parametrize(
    ("place", "path"),
    [
        ("南宁市青秀区", "南宁市/青秀区"),
        ("柳州市", "柳州市"),
        ("凭祥市", "崇左市/凭祥市"),
        ("贺州富川", "贺州市/富川瑶族自治县"),
    ],
)
def test_naming_a_place_raises_its_unit(starter_router: Router, place: str, path: str) -> None:
    text = "老板拖欠我们四个月工资，一分都没有给"

    def share(of: str) -> float:
        return sum(u.probability for u in one(starter_router, of, 200).lead_units if u.jurisdiction == path)

    assert share(place + text) > share(text) + 0.2


# --- minimum functionality: the plain cases ----------------------------------------------------

PLAIN = [
    ("小偷把我停在楼下的电动车偷走了，派出所一直没有消息", "公安局"),
    ("有人冒充客服打电话，骗走了我八万块存款", "公安局"),
    ("迁户口要开什么证明，身份证在哪里补办", "公安局"),
    ("十字路口没有红绿灯，天天撞车", "公安局交警支队"),
    ("门口马路被违停的车占满，从来没有交警抄牌", "公安局交警支队"),
    ("消防通道被锁死了，消火栓里没有水", "消防救援支队"),
    ("公司拖欠我三个月工资不发", "人力资源和社会保障局"),
    ("老板不签劳动合同就把我辞退，也不给补偿", "人力资源和社会保障局"),
    ("养老金资格认证失败，停发了两个月", "人力资源和社会保障局"),
    ("医保异地就医不能直接结算，报销比例太低", "医疗保障局"),
    ("低保申请交了半年材料，一直没有批", "民政局"),
    ("残疾证评残预约了半年还没有轮到", "残疾人联合会"),
    ("退伍军人的优抚金没有按时发放", "退役军人事务局"),
    ("灌溉渠道垮塌，几百亩稻田没有水", "水利局"),
    ("村里的水库大坝渗水，请水利部门来看", "水利局"),
    ("耕地地力补贴今年没有打到卡上", "农业农村局"),
    ("合作社买到假种子，玉米绝收", "农业农村局"),
    ("有人在后山偷砍公益林的大树", "林业局"),
    ("征地补偿款拖了三年没有到位", "自然资源局"),
    ("房产证过户办不下来，不动产登记中心来回推", "自然资源局"),
    ("工厂半夜偷排废水，河里的鱼全死了", "生态环境局"),
    ("养猪场粪水直排，整个村子臭得睡不着", "生态环境局"),
    ("小区物业乱收费，公共收益从来不公开", "住房和城乡建设局"),
    ("开发商延期交房两年，楼盘烂尾了", "住房和城乡建设局"),
    ("公积金贷款审批了三个月还没有放款", "住房公积金管理中心"),
    ("夜市流动摊贩占道经营，油烟熏人", "城市管理局"),
    ("楼顶有人违法搭建铁皮房", "城市管理局"),
    ("路灯坏了一个月没人修", "市政和园林管理局"),
    ("公园里的大树被风吹倒压在步道上", "市政和园林管理局"),
    ("出租车拒载还绕路多收钱", "交通运输局"),
    ("公交车等了五十分钟还不来，司机还甩站", "公共交通集团"),
    ("快递放驿站丢了，快递公司不肯赔", "邮政管理局"),
    ("超市卖过期食品，吃了拉肚子", "市场监督管理局"),
    ("买的家电用三天就坏，商家不肯退货", "市场监督管理局"),
    ("健身房关门跑路，预付卡里的钱不退", "商务局"),
    ("货车在口岸排队三天过不了关", "口岸管理局"),
    ("导游强制购物，不买就不让上车", "文化广电和旅游局"),
    ("篮球场地面开裂，健身器材全坏了", "体育局"),
    ("幼儿园乱收费，退园不退钱", "教育局"),
    ("学校食堂的饭菜里吃出虫子", "教育局"),
    ("挂号排队三个小时，医生看两分钟就打发人", "卫生健康委员会"),
    ("无证诊所给人乱打针", "卫生健康委员会"),
    ("税务大厅开不了发票，跑了四趟", "税务局"),
    ("政务服务中心窗口让我来回补材料跑了五趟", "行政审批局"),
    ("村里手机没有信号，打电话要爬到山顶", "通信管理局"),
    ("宽带三天两头断网，客服互相推", "通信管理局"),
    ("频繁停电，电压低到空调都带不动", "供电局"),
    ("自来水发黄有异味，不敢喝", "供水公司"),
    ("银行不让提前还房贷，贷款利息还乱算", "金融监督管理分局"),
    ("想申请法律援助，请问去哪里找律师", "司法局"),
]


@pytest.mark.parametrize(("text", "function"), PLAIN)
def test_a_plain_matter_is_among_the_first_three(starter_router: Router, text: str, function: str) -> None:
    found = [f.function for f in one(starter_router, text).functions]
    assert function in found


def test_most_plain_matters_come_first(starter_router: Router) -> None:
    found = starter_router.suggest([text for text, _ in PLAIN], evidence="none")
    right = sum(s.functions[0].function == wanted for s, (_, wanted) in zip(found, PLAIN, strict=True))
    assert len(PLAIN) >= 40
    assert right >= 0.75 * len(PLAIN)


# --- places ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["老板拖欠我们四个月工资", "灌溉水渠塌了一段，稻田灌不上水", "超市卖过期牛奶给老人"]
)
def test_without_a_place_the_units_stay_open(starter_router: Router, text: str) -> None:
    suggestion = one(starter_router, text)
    assert suggestion.missing == (MISSING_PLACE,)
    assert suggestion.zone != "auto"
    shares = [unit.probability for unit in suggestion.lead_units]
    assert len(shares) == 3
    assert shares[0] < 0.5
    assert len({unit.jurisdiction for unit in suggestion.lead_units}) > 1


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("南宁市青秀区一家饭店的老板拖欠我们四个月工资", "南宁市青秀区人力资源和社会保障局"),
        ("凭祥市的老板拖欠我们四个月工资", "凭祥市人力资源和社会保障局"),
        ("南宁市的红绿灯坏了好几天，路口没有交警指挥", "南宁市公安局交警支队"),
        ("富川瑶族自治县灌溉水渠塌了一段，稻田灌不上水", "富川瑶族自治县水利局"),
        ("桂林市象山区超市卖过期牛奶给老人", "桂林市象山区市场监督管理局"),
    ],
)
def test_with_a_place_its_unit_comes_first(starter_router: Router, text: str, unit: str) -> None:
    suggestion = one(starter_router, text)
    assert suggestion.lead_units[0].unit == unit
    assert suggestion.missing == ()


# --- what a person must notice -----------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "厨房里闻到煤气味，怀疑燃气泄漏，没有人来",
        "台风过后电线垂落在学校门口的人行道上",
        "楼道里的电动车充电着火，现在还在冒烟",
    ],
)
def test_danger_is_flagged_and_goes_the_urgent_way(starter_router: Router, text: str) -> None:
    suggestion = one(starter_router, text)
    assert DANGER in suggestion.flags
    assert suggestion.lane is not None
    assert suggestion.lane.name == "紧急"
    assert suggestion.zone != "auto"


@pytest.mark.parametrize(
    "text",
    [
        "工伤赔偿的官司我不服一审判决，想请政府重新判",
        "法院已受理的借款案半年不开庭",
        "对方是被执行人，法院不执行",
    ],
)
def test_a_matter_for_the_courts_is_flagged(starter_router: Router, text: str) -> None:
    suggestion = one(starter_router, text)
    assert OUT_OF_SCOPE in suggestion.flags
    assert suggestion.zone != "auto"


@pytest.mark.parametrize("text", MATTERS)
def test_ordinary_matters_are_not_flagged(starter_router: Router, text: str) -> None:
    assert OUT_OF_SCOPE not in one(starter_router, text).flags
