"""Every page, dark and light: axe finds nothing, and nothing sticks out of a small screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa")
TEXT = "玉林市玉州区一所小学门口的斑马线磨没了，家长接送孩子很危险，盼望重新划线并装上减速带"
UNIT = "玉林市玉州区教育局"
PAGES = ("/", "/queue", "/search", "/clusters", "/directory", "/statistics", "/audit", "/accounts")


def furnish(office) -> int:
    """Put some matters into the store, and return the id of one that has a history."""
    decided = office.take_in(TEXT, UNIT, title="斑马线", channel="12345 热线")
    office.take_in(TEXT.replace("玉林市玉州区一所小学", "玉林市一所中学"))
    back = office.act(decided, "returns", reason="职能不符", why="划线归交警")
    again = office.act(back["matter"], "decisions", lead_unit=UNIT)
    office.act(again["matter"], "outcomes", reply="已重新划线", resolved=True)
    return int(decided["id"])


def settled(page: Page, path: str) -> None:
    """Open a page and wait until what it fetches has come."""
    page.goto(path)
    page.wait_for_load_state("networkidle")
    expect(page.locator("main")).to_be_visible()


def violations(page: Page) -> list[str]:
    """Return what axe finds, a line each."""
    from axe_playwright_python.sync_playwright import Axe

    options: dict[str, Any] = {"runOnly": list(RULES), "resultTypes": ["violations"]}
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{page.url} {rule['id']} ({rule['impact']}): {node['target']} {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]


def sticking_out(page: Page) -> int:
    """Return how many pixels the page is wider than the window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def test_axe_would_find_something(browser) -> None:
    page = browser.new_page()
    page.set_content(
        "<html><body><main><input><p style='color: #bbb'>这一行字太淡，看不清楚</p></main></body></html>"
    )
    found = " ".join(violations(page))
    page.close()
    assert "label" in found
    assert "color-contrast" in found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_sticks_out(office, scheme: str) -> None:
    matter = furnish(office)
    page = office.window("admin", color_scheme=scheme)
    found = []
    for path in (*PAGES, f"/matters/{matter}"):
        settled(page, path)
        found += violations(page)
        if wide := sticking_out(page):
            found.append(f"{path}: {wide} pixels too wide")
    assert found == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_dialogs_and_answers_pass_too(office, scheme: str) -> None:
    matter = furnish(office)
    page = office.window(color_scheme=scheme)
    page.goto("/")
    page.locator("#text").fill(TEXT)
    expect(page.locator("#units > li").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    found = violations(page)
    assert sticking_out(page) == 0
    page.goto(f"/matters/{matter}")
    expect(page.locator("#actions button").first).to_be_visible()
    page.keyboard.press("v")
    expect(page.locator("#act")).to_be_visible()
    found += violations(page)
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    found += violations(page)
    assert found == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_doors_pass_too(office, scheme: str) -> None:
    page = office.window(None, color_scheme=scheme)
    found = []
    for path in ("/login", "/invitation?secret=none"):
        page.goto(path)
        found += violations(page)
        assert sticking_out(page) == 0
    assert found == []
