"""Coming in, staying in, and losing nothing when a session ends or a page is read again."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.slow

CLERK, PASSWORD = "lianqiao", "seven green lanterns"
TEXT = "北海市海城区一条小巷的路灯有五盏不亮，老人晚上出门摔过跤，请派人来修"
LIGHTS = "北海市海城区城市管理局"


def log_in(page, password: str) -> None:
    page.get_by_label("登录名").fill(CLERK)
    page.get_by_label("密码").fill(password)
    page.keyboard.press("Enter")


def test_a_stranger_logs_in_and_comes_to_the_page_that_was_asked_for(office) -> None:
    page = office.window(None)
    page.goto("/queue?state=open")
    expect(page).to_have_url(re.compile(r"/login\?next="))
    log_in(page, "not the password")
    expect(page.get_by_role("alert")).to_contain_text("不对")
    expect(page.get_by_label("登录名")).to_have_value(CLERK)
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/queue\?state=open$"))
    expect(page.locator(".places [aria-current=page]")).to_have_text("待办")
    page.wait_for_load_state()  # the button listens only then
    page.locator("#user-menu summary").click()
    page.locator("#logout").click()
    expect(page).to_have_url(re.compile("/login"))
    page.goto("/")
    expect(page).to_have_url(re.compile("/login"))


def test_an_expired_session_is_opened_again_in_place_with_the_text_kept(office) -> None:
    page = office.window()
    page.goto("/")
    page.locator("#text").fill(TEXT)
    expect(page.locator("#units > li").first).to_be_visible()
    office.end_sessions()
    page.keyboard.press("Alt+1")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#login")).to_be_visible()
    expect(page.locator("#text")).to_have_value(TEXT)
    page.locator("#login-password").fill("not the password")
    page.keyboard.press("Enter")
    expect(page.locator("#login-error")).to_contain_text("不对")
    page.locator("#login-password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#login")).to_be_hidden()
    expect(page.locator("#toast-text")).to_contain_text("已分办")  # what was asked for went on by itself
    with office.api() as client:
        (matter,) = client.get("/submissions").json()["items"]
    assert matter["state"] == "已派遣"
    assert matter["text"] == TEXT


def test_text_survives_a_reload_and_a_login_put_off(office) -> None:
    page = office.window()
    page.goto("/")
    page.locator("#text").fill(TEXT)
    page.locator("#jurisdiction").fill("北海市/海城区")
    office.end_sessions()
    page.keyboard.press("Control+S")
    expect(page.locator("#login")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#text")).to_have_value(TEXT)
    page.reload()  # leads to the login page
    log_in(page, PASSWORD)
    expect(page.locator("#text")).to_have_value(TEXT)
    expect(page.locator("#jurisdiction")).to_have_value("北海市/海城区")


def test_what_is_written_about_a_matter_survives_a_reload(office) -> None:
    matter = office.take_in(TEXT, LIGHTS)
    page = office.window()
    page.goto(f"/matters/{matter['id']}")
    expect(page.locator("#state")).to_have_text("已派遣")
    page.keyboard.press("t")
    page.locator("#a-why").fill("灯杆属供电部门")
    page.reload()
    expect(page.locator("#state")).to_have_text("已派遣")
    page.keyboard.press("t")
    expect(page.locator("#a-why")).to_have_value("灯杆属供电部门")


def test_a_word_document_is_read_into_the_text(office, tmp_path) -> None:
    from docx import Document

    document = Document()
    document.add_paragraph(TEXT)
    document.save(tmp_path / "来信.docx")
    page = office.window()
    page.goto("/")
    page.locator("#file").set_input_files(tmp_path / "来信.docx")
    expect(page.locator("#text")).to_have_value(re.compile(TEXT))
    expect(page.locator("#units > li").first).to_be_visible()


def test_every_page_is_reached_and_explained_by_keys(office) -> None:
    page = office.window("admin")
    page.goto("/queue")
    places = page.locator(".places a")
    names = places.all_text_contents()
    for rank, name in enumerate(names, start=1):
        page.keyboard.press("g")
        page.keyboard.press(str(rank))
        expect(page.locator(".places [aria-current=page]")).to_have_text(name)
        page.wait_for_load_state()  # modules listen before the page is loaded, not before it is shown
        page.locator("h1").click()  # out of a field that has the focus
        page.keyboard.press("?")
        expect(page.locator("#help")).to_be_visible()
        assert page.locator("#help tbody tr").count() >= 3
        page.keyboard.press("Escape")
        expect(page.locator("#help")).to_be_hidden()
