"""名录 in a browser: found with the keyboard, a city's list looked through and taken in."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest
from playwright.sync_api import expect

from tests.behaviour.journeys.test_looks import sticking_out, violations

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow

HEADER = ("单位名称", "职能", "属地", "上级", "启用")
ROWS = [
    ("钦州市教育体育局", "教育局", "钦州市", "钦州市人民政府", None),
    ("钦州市平陆运河事务中心", "平陆运河", None, None, None),
    ("钦州市海事服务站", "海事", "钦州市", None, "去年"),
]


@pytest.fixture
def city_list(tmp_path: Path) -> Path:
    book = openpyxl.Workbook()
    for row in (HEADER, *ROWS):
        book.worksheets[0].append(row)
    book.save(tmp_path / "钦州市单位名录.xlsx")
    return tmp_path / "钦州市单位名录.xlsx"


def looked_at(page: Page, name: str) -> None:
    """Keep a picture where somebody asked for them."""
    if folder := os.environ.get("FENBAN_PICTURES"):
        size = page.viewport_size or {"width": 0}
        page.screenshot(path=str(Path(folder) / f"directory-{name}-{size['width']}.png"))


def test_a_unit_is_found_and_read_with_the_keyboard(office) -> None:
    page = office.window()
    page.goto("/directory")
    expect(page.locator("#f-q")).to_be_focused()
    expect(page.locator("#state")).to_contain_text("模型自带的名录")
    page.keyboard.type("钦州 教育")
    expect(page.locator("#total")).not_to_have_text("共 0 个")
    expect(page.locator("#rows tr").first).to_contain_text("钦州市教育局")
    page.keyboard.press("Enter")
    expect(page.locator("#unit-name")).to_have_text("钦州市教育局")
    expect(page.locator("#unit-body")).to_contain_text("职责")
    page.keyboard.press("j")
    second = page.locator("#rows tr").nth(1)
    expect(second).to_have_class("current")
    expect(page.locator("#unit-name")).to_have_text(second.get_attribute("data-unit"))
    looked_at(page, "list")
    assert "q=" in page.url
    page.keyboard.press("x")
    expect(page.locator("#f-q")).to_have_value("")
    expect(page.locator("#next")).to_be_enabled()
    page.keyboard.press("n")
    expect(page.locator("#page-said")).to_contain_text("第 2 页")
    page.keyboard.press("/")
    expect(page.locator("#f-q")).to_be_focused()


def test_a_list_is_looked_through_and_taken_in(office, city_list: Path) -> None:
    page = office.window("lead")
    page.goto("/directory")
    page.locator("#page").focus()
    page.keyboard.press("i")
    expect(page.locator("#import-apply")).to_be_disabled()
    page.locator("#import-input").set_input_files(city_list)
    said = page.locator("#preview-said")
    expect(said).to_contain_text("读到 2 行，是钦州市的名单，以外的")
    expect(page.locator("#preview-warning")).to_contain_text("名单要是不全")
    expect(page.locator("#unreadable")).to_contain_text("第 4 行“启用”：不是日期")
    assert violations(page) == []
    looked_at(page, "preview-complete")
    page.get_by_label("不动（只增加和修改）").check()
    expect(said).to_contain_text("共 2 处变化")
    expect(page.locator("#preview-warning")).to_be_hidden()
    expect(page.locator("#preview-changes details")).to_have_count(1)
    expect(page.locator("#preview-changes")).to_contain_text("平陆运河 · 钦州市")
    expect(page.locator("#notes")).to_contain_text("按名称认作“钦州市”")
    looked_at(page, "preview")
    page.locator("#import-note").fill("依据市委编办文件")
    page.locator("#import-apply").click()
    expect(page.locator("#import")).to_be_hidden()
    expect(page.locator("#toast-text")).to_have_text("第 1 版名录已启用")
    expect(page.locator("#state")).to_contain_text("第 1 版")
    page.locator("#f-q").fill("平陆运河")
    expect(page.locator("#unit-name")).to_have_text("钦州市平陆运河事务中心")
    expect(page.locator("#unit-body")).to_contain_text("现用模型还不认识这个单位")
    page.keyboard.press("Enter")
    page.keyboard.press("v")
    page.get_by_role("button", name="看变化：第 1 版").click()
    expect(page.locator("#versions-list")).to_contain_text("依据市委编办文件")
    expect(page.locator("#versions-list")).to_contain_text("新增")
    assert violations(page) == []
    looked_at(page, "versions")
    page.keyboard.press("Escape")
    expect(page.locator("#versions-open")).to_be_focused()
    page.locator("#import-open").click()
    expect(page.locator("#preview")).to_be_hidden()
    expect(page.locator("#import-apply")).to_be_disabled()


def test_a_guessed_renaming_can_be_refused_and_leads_to_the_new_unit(office, tmp_path: Path) -> None:
    with office.api() as client:
        units = client.get("/units", params={"jurisdiction": "钦州市/灵山县", "limit": 500}).json()["items"]
    taken = next(unit for unit in units if unit["function"] == "教育局")
    lines = ["单位,职能,属地", f"灵山县教育体育局,教育局,{taken['jurisdiction']}"]
    lines += [f"{u['unit']},{u['function']},{u['jurisdiction']}" for u in units if u is not taken]
    path = tmp_path / "灵山县.csv"
    path.write_text("\n".join(lines), "utf-8")
    page = office.window("lead")
    page.goto("/directory")
    page.locator("#import-open").click()
    page.locator("#import-within").fill("钦州市/灵山县")
    page.locator("#import-input").set_input_files(path)
    guess = page.locator("#guesses li")
    expect(guess).to_contain_text(f"{taken['unit']} → 灵山县教育体育局")
    expect(page.locator("#preview-said")).to_contain_text("共 1 处变化")
    looked_at(page, "guess")
    page.locator("#guesses input").uncheck()
    expect(guess).to_contain_text("按新增处理")
    expect(page.locator("#preview-said")).to_contain_text("共 2 处变化")
    page.locator("#guesses input").check()
    expect(page.locator("#preview-said")).to_contain_text("共 1 处变化")
    page.locator("#import-apply").click()
    expect(page.locator("#import")).to_be_hidden()
    page.locator("#f-ended").check()
    page.locator("#f-q").fill(taken["unit"])
    expect(page.locator("#unit-name")).to_have_text(taken["unit"])
    page.locator("#unit-body button").click()
    expect(page.locator("#unit-name")).to_have_text("灵山县教育体育局")
    expect(page.locator("#unit-body")).to_contain_text(f"前叫 {taken['unit']}（更名）")


def test_a_list_without_names_says_what_to_do_and_another_persons_import_is_told(
    office, city_list: Path, tmp_path: Path
) -> None:
    wrong = tmp_path / "x.csv"
    wrong.write_text("甲,乙\n1,2\n", "utf-8")
    page, other = office.window("lead"), office.window("admin")
    for window in (page, other):
        window.goto("/directory")
        window.locator("#import-open").click()
    page.locator("#import-input").set_input_files(wrong)
    expect(page.locator("#import-error")).to_contain_text("没有“单位”一列")
    for window in (page, other):
        window.locator("#import-input").set_input_files(city_list)
        window.get_by_label("不动（只增加和修改）").check()
        expect(window.locator("#preview-said")).to_contain_text("共 2 处变化")
    other.locator("#import-apply").click()
    expect(other.locator("#import")).to_be_hidden()
    page.locator("#import-apply").click()
    expect(page.locator("#import-error")).to_contain_text("别人刚刚导入了另一份名单")
    expect(page.locator("#preview-said")).to_contain_text("没有差别")
    expect(page.locator("#import-apply")).to_be_disabled()


def test_who_may_not_change_the_directory_is_not_offered_to(office) -> None:
    page = office.window("auditor")
    page.goto("/directory")
    expect(page.locator("#total")).to_contain_text("共")
    expect(page.locator("#import-open")).to_have_count(0)
    page.locator("#page").focus()
    page.keyboard.press("i")
    expect(page.locator("#import")).to_be_hidden()


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1920, 1080)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_looks_right(office, city_list: Path, width: int, height: int, scheme: str) -> None:
    page = office.window("lead", viewport={"width": width, "height": height}, color_scheme=scheme)
    page.goto("/directory?q=教育")
    expect(page.locator("#unit-body .entry").first).to_be_visible()
    looked_at(page, f"page-{scheme}")
    assert sticking_out(page) == 0
    assert violations(page) == []
    page.locator("#import-open").click()
    page.locator("#import-input").set_input_files(city_list)
    expect(page.locator("#preview-said")).to_be_visible()
    looked_at(page, f"import-{scheme}")
    assert violations(page) == []
    assert sticking_out(page) == 0
