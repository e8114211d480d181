"""Finding matters again in a real browser: by words, in the queue, and as likes at intake."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.slow

LIGHTS = "北海市海城区一条小巷的路灯有五盏不亮，老人晚上出门摔过跤，请派人来修"
WAGES = "柳州市柳北区一家饭店关门走人，欠我们六个服务员三个月工资，老板电话关机"
WATER = "钦州市钦南区某小区连续停水四天，物业说是管网检修，没有送水车"
CITY = "北海市海城区城市管理局"


def test_words_are_found_in_any_script_and_the_matter_opened_by_keys(office) -> None:
    lights = office.take_in(LIGHTS, CITY)
    office.take_in(WAGES)
    page = office.window()
    page.goto("/search")
    page.keyboard.press("/")
    page.keyboard.type("路燈 老人")
    page.keyboard.press("Enter")
    hits = page.locator("#rows > li")
    expect(hits).to_have_count(1)
    assert "路灯" in page.locator("#rows mark").all_text_contents()
    expect(page).to_have_url(re.compile("q="))
    page.reload()
    expect(hits).to_have_count(1)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#number")).to_have_text(lights["number"])


def test_what_is_not_there_is_said_plainly(office) -> None:
    office.take_in(LIGHTS)
    page = office.window()
    page.goto("/search?q=直升机")
    expect(page.locator("#none")).to_be_visible()
    page.goto("/search?q=路灯")
    expect(page.locator("#rows > li")).to_have_count(1)
    page.goto("/search?q=路灯+-老人")
    expect(page.locator("#none")).to_be_visible()


def test_the_queue_is_filtered_and_gone_through_by_keys(office) -> None:
    office.take_in(LIGHTS, CITY)
    waiting = office.take_in(WAGES)
    page = office.window()
    page.goto("/queue")
    rows = page.locator("#rows > tr")
    expect(rows).to_have_count(2)
    page.locator("[data-preset='state=待派遣']").click()
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text(waiting["number"])
    page.go_back()
    expect(rows).to_have_count(2)
    page.locator(".page-head h2").click()
    page.keyboard.press("j")
    second = rows.nth(1).locator("a").text_content() or ""
    page.keyboard.press("Enter")
    expect(page.locator("#number")).to_have_text(second)
    page.keyboard.press("q")
    expect(rows).to_have_count(2)


def test_the_same_matter_is_found_at_intake_and_merged_with_the_keyboard(office) -> None:
    first = office.take_in(WATER, "钦州市钦南区住房和城乡建设局")
    page = office.window()
    page.goto("/")
    page.locator("#text").fill(WATER.replace("连续停水四天", "停水已经第四天"))
    expect(page.locator("#twins-list > li")).to_have_count(1)
    expect(page.locator("#twins")).to_contain_text(first["number"])
    page.keyboard.press("Alt+d")
    expect(page.locator("#send-label")).to_have_text("并入")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#text")).to_have_value("")
    with office.api() as client:
        items = client.get("/submissions", params={"sort": "received"}).json()["items"]
    (second,) = [item for item in items if item["id"] != first["id"]]
    assert second["state"] == "并案"
    assert second["merged_into"] == first["id"]


def test_another_matter_of_the_same_words_elsewhere_is_not_merged_unseen(office) -> None:
    office.take_in(WATER)
    page = office.window()
    page.goto("/")
    page.locator("#text").fill("贵港市港北区一所幼儿园的校车超载，接送时间也不固定，家长担心")
    expect(page.locator("#units > li").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.locator("#twins")).to_be_hidden()
