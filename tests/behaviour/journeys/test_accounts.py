"""账户 in a browser: inviting somebody, their first password, tokens shown once, and keeping people out."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.slow

PASSWORD = "seven green lanterns"
FIRST = "a long walk uphill"


def test_an_administrator_invites_somebody_who_sets_a_password_and_is_kept_out_later(office) -> None:
    page = office.window("admin")
    page.goto("/accounts")
    page.keyboard.press("u")
    page.locator("#person-name").fill("Baizhi")
    page.locator("#person-display").fill("白芷")
    page.locator("#person-role").select_option(label="分办负责人")
    page.keyboard.press("Enter")
    expect(page.locator("#secret")).to_be_visible()
    link = page.locator("#secret-text").input_value()
    page.keyboard.press("Escape")
    expect(page.locator("#secret-text")).to_have_value("")
    row = page.locator("#people tr", has_text="baizhi")
    expect(row).to_contain_text("等设密码")

    theirs = office.window(None)
    theirs.goto(link)
    expect(theirs.locator("main")).to_contain_text("baizhi")
    theirs.locator("#password").fill("1234567890")
    theirs.locator("#again").fill("1234567890")
    theirs.keyboard.press("Enter")
    expect(theirs.get_by_role("alert")).to_contain_text("容易猜到")
    theirs.locator("#password").fill(FIRST)
    theirs.locator("#again").fill(FIRST)
    theirs.keyboard.press("Enter")
    expect(theirs.locator("#user-menu summary")).to_contain_text("白芷")
    theirs.goto(link)
    expect(theirs.get_by_role("alert")).to_contain_text("已经用过")

    page.reload()
    expect(row).to_contain_text("可以登录")
    row.get_by_role("button", name="修改").click()
    page.locator("#person-disabled").check()
    page.locator("#person-form .primary").click()
    expect(row).to_contain_text("已停用")
    theirs.goto("/queue")
    expect(theirs).to_have_url(re.compile("/login"))


def test_a_token_is_made_used_and_revoked(office) -> None:
    page = office.window()
    page.goto("/accounts")
    expect(page.locator("#tokens-none")).to_be_visible()
    expect(page.locator("#people")).to_have_count(0)
    page.keyboard.press("t")
    page.locator("#token-label").fill("热线平台")
    page.keyboard.press("Enter")
    expect(page.locator("#token-error")).to_contain_text("至少选一项")
    page.get_by_label("查看单位名录").check()
    page.locator("#token-form .primary").click()
    expect(page.locator("#secret")).to_be_visible()
    secret = page.locator("#secret-text").input_value()
    page.locator("#secret-copy").click()
    expect(page.locator("#secret-copy")).to_have_text("已复制")
    assert page.evaluate("navigator.clipboard.readText()") == secret
    page.keyboard.press("Escape")
    asked = {"url": f"{office.address}/api/v1/topics", "headers": {"Authorization": f"Bearer {secret}"}}
    assert httpx.get(**asked).status_code == 200
    page.reload()
    row = page.locator("#tokens tr", has_text="热线平台")
    expect(row).to_contain_text("查看单位名录")
    expect(row).not_to_contain_text("没有用过")
    row.get_by_role("button", name="作废").click()
    page.locator("#sure-yes").click()
    expect(row).to_contain_text("已作废")
    assert httpx.get(**asked).status_code == 401


def test_a_password_is_changed_and_the_page_goes_on(office) -> None:
    page = office.window()
    page.goto("/accounts")
    page.keyboard.press("p")
    page.locator("#password-now").fill(PASSWORD)
    page.locator("#password-new").fill(FIRST)
    page.locator("#password-again").fill(FIRST + "x")
    page.keyboard.press("Enter")
    expect(page.locator("#password-error")).to_contain_text("不一样")
    page.locator("#password-again").fill(FIRST)
    page.keyboard.press("Enter")
    expect(page.locator("#password")).to_be_hidden(timeout=20_000)
    page.keyboard.press("t")
    page.locator("#token-label").fill("另一个")
    page.get_by_label("查看办件").check()
    page.locator("#token-form .primary").click()
    expect(page.locator("#secret")).to_be_visible()  # the new session's CSRF token is in use
