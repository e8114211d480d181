"""What happens to a matter after it was taken in, in a real browser: back and on, merged, mediated."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow

WAGES = "柳州市柳北区一家饭店关门走人，欠我们六个服务员三个月工资，老板电话关机"
NEIGHBOURS = "桂林市七星区我家楼上夜里拖桌椅，吵了半年，物业调解过一次没有用，希望有人来主持双方谈一谈"
LABOUR = "柳州市柳北区人力资源和社会保障局"
CITY = "柳州市人力资源和社会保障局"
MARKET = "柳州市柳北区市场监督管理局"
HOUSING = "桂林市住房和城乡建设局"
POLICE = "桂林市公安局"


def opened(page: Page, matter: dict[str, Any]) -> Page:
    """Open a matter and wait until it has been read."""
    page.goto(f"/matters/{matter['id']}")
    expect(page.locator("#number")).to_have_text(matter["number"])
    expect(page.locator("#actions button").first).to_be_visible()
    return page


def in_state(page: Page, state: str) -> None:
    """Wait until the step is done and the matter is in a state."""
    expect(page.locator("#act")).to_be_hidden()
    expect(page.locator("#state")).to_have_text(state)


def send(page: Page) -> None:
    page.keyboard.press("Control+Enter")


def test_a_matter_comes_back_and_goes_on_to_others(office) -> None:
    page = opened(office.window(), office.take_in(WAGES, MARKET))
    page.keyboard.press("t")
    page.get_by_label("职能不符").check()
    page.locator("#a-why").fill("欠薪不归本局管，有事打 13812345678")
    send(page)
    in_state(page, "退单")
    page.keyboard.press("d")
    page.locator("#a-unit").fill(LABOUR)
    send(page)
    in_state(page, "已派遣")
    page.keyboard.press("s")
    in_state(page, "办理中")
    page.keyboard.press("z")
    page.locator("#a-unit").fill(CITY)
    page.locator("#a-why").fill("涉及两个城区，由市局统一办")
    send(page)
    in_state(page, "已派遣")
    expect(page.locator("#facts")).to_contain_text(CITY)
    history = page.locator("#timeline > li")
    expect(history).to_have_count(7)  # 登记 受理 派遣 退单 改派 签收 转办
    expect(history.nth(0)).to_contain_text("转办")
    expect(history.nth(3)).to_contain_text("退单")
    expect(history.nth(3)).to_contain_text("职能不符")
    expect(page.locator("#timeline")).not_to_contain_text("13812345678")


def test_a_step_without_its_reason_is_not_sent(office) -> None:
    matter = office.take_in(WAGES, MARKET)
    page = opened(office.window(), matter)
    page.keyboard.press("t")
    page.get_by_label("职能不符").check()
    send(page)
    expect(page.locator("#act-error")).to_contain_text("理由")
    assert office.matter(matter["id"])["state"] == "已派遣"


def test_of_two_clerks_at_once_the_second_is_told_and_loses_nothing(office) -> None:
    matter = office.take_in(WAGES)
    first, second = (opened(office.window(name), matter) for name in ("lianqiao", "banxia"))
    for page, unit in ((first, LABOUR), (second, MARKET)):
        page.keyboard.press("d")
        page.locator("#a-unit").fill(unit)
    second.locator("#a-why").fill("我认为应由市场监管部门办")
    send(first)
    in_state(first, "已派遣")
    send(second)
    expect(second.locator("#act-problem")).to_contain_text("别人刚刚改过")
    expect(second.locator("#act-detail")).to_contain_text(LABOUR)
    expect(second.locator("#a-why")).to_have_value("我认为应由市场监管部门办")
    expect(second.locator("#a-unit")).to_have_value(MARKET)
    assert office.matter(matter["id"])["lead_unit"] == LABOUR
    with office.api() as client:
        assert len(client.get(f"/submissions/{matter['id']}/decisions").json()["items"]) == 1


def test_a_decision_is_undone_within_ten_seconds_as_a_further_line(office) -> None:
    matter = office.take_in(WAGES)
    page = opened(office.window(), matter)
    page.keyboard.press("d")
    page.locator("#a-unit").fill(MARKET)
    send(page)
    in_state(page, "已派遣")
    expect(page.locator("#undo")).to_be_visible()
    page.keyboard.press("Control+Z")
    in_state(page, "待派遣")
    expect(page.locator("#timeline > li").nth(0)).to_contain_text("撤销")
    expect(page.locator("#timeline")).to_contain_text("派遣")
    with office.api() as client:
        decisions = client.get(f"/submissions/{matter['id']}/decisions").json()["items"]
    assert len(decisions) == 2
    assert decisions[1]["undoes"] == decisions[0]["id"]


def test_a_matter_is_merged_into_another_by_its_number(office) -> None:
    main = office.take_in(WAGES, LABOUR)
    same = office.take_in(WAGES.replace("六个", "6个"))
    page = opened(office.window(), same)
    page.keyboard.press("m")
    page.locator("#a-into").fill(main["number"])
    expect(page.locator("#a-into-said")).to_contain_text("已派遣")
    send(page)
    in_state(page, "并案")
    page.get_by_role("link", name="打开主件").click()
    expect(page.locator("#number")).to_have_text(main["number"])
    assert office.matter(same["id"])["merged_into"] == main["id"]


def test_mediation_stays_open_until_what_was_agreed_has_happened(office) -> None:
    matter = office.take_in(NEIGHBOURS, HOUSING, lane="协商调解")
    page = opened(office.window(), matter)
    page.keyboard.press("h")
    page.locator("#a-text").fill("双方商定：楼上铺地垫，晚十点后不拖动桌椅；物业装隔音条")
    page.locator("#a-parties").fill("楼上住户\n楼下住户")
    for row, (unit, what) in enumerate(((HOUSING, "督促物业装隔音条"), (POLICE, "一个月内回访两次"))):
        page.locator("#promises [name=promise-unit]").nth(row).fill(unit)
        page.locator("#promises [name=promise-what]").nth(row).fill(what)
    send(page)
    in_state(page, "办理中")
    resolve(page)
    expect(page.locator("#act-error")).to_contain_text("2 项")
    page.keyboard.press("Escape")
    for left in (1, 0):
        page.get_by_role("button", name="确认已兑现").first.click()
        page.locator("#a-why").fill("到现场看过，已经做到")
        send(page)
        expect(page.locator("#act")).to_be_hidden()
        expect(page.get_by_role("button", name="确认已兑现")).to_have_count(left)
    resolve(page)
    in_state(page, "办结")


def resolve(page: Page) -> None:
    page.keyboard.press("f")
    page.locator("#a-reply").fill("已请双方当面商定，并已逐项做到")
    page.get_by_label(re.compile("^已解决")).check()
    send(page)


def test_dissatisfied_matters_are_opened_again(office) -> None:
    matter = office.act(office.take_in(WAGES, LABOUR), "outcomes", reply="已责令支付", resolved=True)[
        "matter"
    ]
    page = opened(office.window(), matter)
    page.keyboard.press("v")
    page.get_by_label("不满意").check()
    page.locator("#a-why").fill("只拿到一半")
    send(page)
    in_state(page, "办结")
    page.keyboard.press("w")
    page.locator("#a-why").fill("另一半没有付")
    send(page)
    in_state(page, "重办")
