"""The console's files: nothing from outside, nothing inline, and every name that is used exists."""

from __future__ import annotations

import json
import posixpath
import re
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path

import pytest

from fenban.model.case import ZONE_NAMES
from fenban.model.signs.signals import MISSING_NAMES, SIGNAL_NAMES
from fenban.serving.accounts.actor import Actor
from fenban.serving.console.labels import LABELS, STATE_TONES
from fenban.serving.console.pages import ACTION_KEYS, console_templates, shell_context
from fenban.serving.desk.matters.steps import PLAIN
from fenban.serving.store.states import COMPLAINT_STEPS, OPEN, PROPOSAL_STEPS, states_of

ROOT = Path(__file__).parents[3]
CONSOLE = Path(str(resources.files("fenban.serving.console")))
STATIC = CONSOLE / "static"
TEMPLATES = sorted((CONSOLE / "templates").glob("*.html"))
SHELLS = {"base.html", "door.html"}
PAGES = [p for p in TEMPLATES if p.name not in SHELLS and "{% extends" in p.read_text("utf-8")]
WITH_SHELL = [p for p in PAGES if 'extends "base.html"' in p.read_text("utf-8")]
SCRIPTS = sorted(STATIC.rglob("*.js"))
STYLES = sorted(STATIC.glob("*.css"))
CODE = "\n".join(path.read_text("utf-8") for path in SCRIPTS)
VOID = {"meta", "link", "input", "br", "hr", "img", "path", "circle", "rect", "use", "line"}
# What the pages are given beside the shell; a page takes of it what it needs.
CONTEXT = {
    "matter_id": 7,
    "action_keys": ACTION_KEYS,
    "heading": "没有权限",
    "explanation": "请找管理员。",
    "next": "/",
    "login_name": "",
    "display_name": "",
    "error": "",
    "with_provider": True,
    "secret": "s",
    "shortest": 12,
    "valid": True,
}


class Page(HTMLParser):
    """What a page holds: its elements with their attributes, and the text inside scripts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.inside: list[tuple[str, ...]] = []
        self.script_text = ""
        self.data = ""  # of blocks of JSON, which nothing executes
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.inside.append(tuple(self.open))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.inside.append(tuple(self.open))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            if self.elements[-1][1].get("type") == "application/json":
                self.data += data
            else:
                self.script_text += data.strip()

    def values(self, attribute: str) -> list[str]:
        return [attrs[attribute] or "" for _, attrs in self.elements if attribute in attrs]


def render(name: str, **context: object) -> str:
    scope = {"actor": Actor("weishao", "admin", display_name="韦少"), "csrf": "c"}
    shell = shell_context(scope, name.removesuffix(".html"))
    given = {**shell, **CONTEXT, **context}
    return console_templates(version="0.1.0", model_version="m1").render(name, **given)


def source(name: str) -> str:
    return (STATIC / name).read_text("utf-8")


def imports_of(name: str) -> list[str]:
    """The scripts that one imports, named from the folder of all."""
    found = re.findall(r"^(?:import|export) .*from \"(\.{1,2}/[\w./]+)\"", source(name), re.MULTILINE)
    return [posixpath.normpath(posixpath.join(posixpath.dirname(name), one)) for one in found]


def modules_of(page: Page) -> set[str]:
    """The scripts that a page loads, with those that they import."""
    found: set[str] = set()
    waiting = [url.removeprefix("/static/") for url in page.values("src")]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += imports_of(name)
    return found


@pytest.fixture(scope="module", params=[path.name for path in WITH_SHELL])
def page(request: pytest.FixtureRequest) -> Page:
    return Page(render(request.param))


@pytest.fixture(scope="module")
def index() -> Page:
    return Page(render("index.html"))


@pytest.fixture(scope="module")
def matter() -> Page:
    return Page(render("matter.html"))


@pytest.mark.parametrize("path", [*TEMPLATES, *SCRIPTS, *STYLES], ids=lambda path: path.name)
def test_nothing_comes_from_outside(path: Path) -> None:
    content = path.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")  # a name, not an address
    assert not re.search(r"https?://|wss?://|[\"'(]//\w|@import|url\(", content)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_pages_hold_no_inline_script_or_style(path: Path) -> None:
    page = Page(render(path.name))
    assert not page.open
    assert not page.script_text
    assert "style" not in {tag for tag, _ in page.elements}
    for tag, attrs in page.elements:
        assert "style" not in attrs
        assert not [name for name in attrs if name.startswith("on")]
        assert tag != "script" or attrs.get("src") or attrs == {"type": "application/json", "id": "labels"}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_files_that_a_page_asks_for_are_shipped(path: Path) -> None:
    page = Page(render(path.name))
    local = [url for url in page.values("src") + page.values("href") if url.startswith("/static/")]
    assert local
    for url in local:
        assert (STATIC / url.removeprefix("/static/")).is_file()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_field_has_a_name_that_is_read_out(path: Path) -> None:
    page = Page(render(path.name))
    labelled = set(page.values("for"))
    for (tag, attrs), inside in zip(page.elements, page.inside, strict=True):
        if tag in ("input", "select", "textarea") and attrs.get("type") != "hidden" and "hidden" not in attrs:
            assert attrs.get("id") in labelled or "label" in inside or attrs.get("aria-label"), attrs
        if tag == "dialog" or attrs.get("role") in ("region", "group", "toolbar", "search"):
            assert attrs.get("aria-label") or attrs.get("aria-labelledby"), attrs


def test_static_files_lie_no_deeper_than_the_package_data_expects() -> None:
    assert all(path.is_file() for folder in STATIC.iterdir() if folder.is_dir() for path in folder.iterdir())


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_write_text_never_markup(path: Path) -> None:
    ways = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\.style\b|\"style\""
    assert not re.search(ways, path.read_text("utf-8"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_small_and_import_what_is_there(path: Path) -> None:
    content = path.read_text("utf-8")
    assert content.count("\n") < 400
    folder = path.parent.relative_to(STATIC).as_posix()
    for name in re.findall(r"(?:from |import\()\"(\.{1,2}/[\w./]+)\"", content):
        other = source(posixpath.normpath(posixpath.join(folder, name)))
        for names in re.findall(r"import \{([^}]*)\} from \"" + re.escape(name), content):
            for imported in filter(None, (part.strip().split(" as ")[0] for part in names.split(","))):
                assert re.search(rf"export (async )?(function|class|const|let) {imported}\b", other)


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_style_sheets_are_small(path: Path) -> None:
    assert path.read_text("utf-8").count("\n") < 400


def test_every_id_that_a_script_asks_for_is_in_its_page(page: Page) -> None:
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    code = "\n".join(source(name) for name in modules_of(page))
    asked = set(re.findall(r"byId\(\"([\w-]+)\"\)", code)) | set(re.findall(r"fill\(\"([\w-]+)\"", code))
    assert len(asked) > 5
    assert asked <= set(ids)


def test_the_fields_of_the_intake_are_in_the_page(index: Page) -> None:
    fields = re.search(r"export const NAMES = (\[.*?\]);", source("intake/fields.js"))
    marked = re.search(r"const FIELDS = (\[.*?\])\.", source("shared/notice_view.js"))
    assert fields
    assert marked
    named = set(json.loads(fields[1])) | {f"{name}-error" for name in json.loads(marked[1])}
    assert named <= set(index.values("id"))


def test_references_inside_a_page_lead_somewhere(page: Page) -> None:
    ids = set(page.values("id"))
    named = [name for key in ("for", "aria-labelledby", "aria-describedby") for name in page.values(key)]
    assert {part for name in named for part in name.split()} <= ids
    assert set(page.values("list")) <= ids
    assert {url[1:] for url in page.values("href") if url.startswith("#")} <= ids


def test_icons_that_scripts_name_are_in_the_sprite(page: Page) -> None:
    icons = re.search(r"const ICONS = \{(.*?)\}", CODE)
    assert icons
    used = set(re.findall(r"\"#(icon-[a-z]+)\"", CODE)) | {f"icon-{zone}" for zone in ZONE_NAMES}
    assert used | {f"icon-{name}" for name in re.findall(r"\"(\w+)\"", icons[1])} <= set(page.values("id"))


def test_every_part_that_a_script_fills_is_in_a_row(page: Page) -> None:
    code = "\n".join(source(name) for name in modules_of(page))
    assert set(re.findall(r"\bpart\.(\w+)", code)) <= set(page.values("data-part"))


def test_every_shortcut_in_the_help_is_handled(page: Page) -> None:
    code = "\n".join(source(name) for name in modules_of(page) if name != "shared/keys.js")
    handled = re.findall(r"\bshortcut\(\"([\w-]+)\"|\{ name: \"([\w-]+)\", action: \"", code)
    names = {one or other for one, other in handled}
    if "matter/actions.js" in modules_of(page):
        names |= {action for action, _, _ in ACTION_KEYS}
    assert set(page.values("data-shortcut")) == names


def test_every_step_has_a_key_of_its_own_and_a_form(matter: Page) -> None:
    steps = {step.action for step in (*COMPLAINT_STEPS, *PROPOSAL_STEPS)}
    by_themselves = {"undo", "convert", "fulfil"}  # a button of its own, or a consequence
    assert {action for action, _, _ in ACTION_KEYS} == steps - by_themselves
    code = source("matter/actions.js")
    table = re.search(r"export const ACTIONS = \{(.*?)\n\};", code, re.DOTALL)
    order = re.search(r"const ORDER = \"([^\"]*)\"", code)
    assert table
    assert order
    assert set(re.findall(r"^  (\w+): ", table[1], re.MULTILINE)) == steps - by_themselves
    assert set(order[1].split()) == steps - by_themselves
    asked = {action for actions in matter.values("data-for") for action in actions.split()}
    direct = set(re.findall(r"^  (\w+): .*direct: true", table[1], re.MULTILINE))
    assert asked == steps - {"undo", "convert"} - direct
    taken = set(re.findall(r"shortcut\(\"\w+\", \"(\w)\"\)", source("matter/matter.js"))) | {"g"}
    keys = [key.lower() for _, key, _ in ACTION_KEYS]
    assert len(keys) == len({*keys, *taken} - taken)


def test_every_page_carries_the_names_of_the_model(page: Page) -> None:
    labels = json.loads(page.data)
    assert labels == LABELS
    assert (labels["flags"], labels["missing"], labels["zones"]) == (SIGNAL_NAMES, MISSING_NAMES, ZONE_NAMES)


def test_no_script_repeats_the_names_of_the_model() -> None:
    names = [*SIGNAL_NAMES.values(), *MISSING_NAMES.values(), *ZONE_NAMES.values()]
    assert [name for name in names if f'"{name}"' in CODE] == []


def test_every_state_has_a_tone_that_the_style_sheet_knows() -> None:
    assert set(STATE_TONES) == {*states_of("complaint"), *states_of("proposal")}
    tones = set(re.findall(r"\[data-tone=\"(\w+)\"\]", source("base.css"))) | {"plain"}
    assert set(STATE_TONES.values()) == tones
    assert {state for state in OPEN if STATE_TONES[state] == "plain"} == {"草稿"}


def test_what_the_page_is_given_is_escaped() -> None:
    scope = {"actor": Actor('"><i id=x>', "clerk", display_name="<b>韦"), "csrf": '"><script>'}
    pages = console_templates(version="<u>", model_version='"><script>')
    html = pages.render("index.html", **shell_context(scope, "index"))
    assert not re.search(r"<b>韦|<i id=x>|<u>|\"><script>", html)


def test_zones_are_named_as_in_the_model(index: Page) -> None:
    assert [index.values(f"data-{zone}") for zone in ZONE_NAMES] == [[name] for name in ZONE_NAMES.values()]


def actions_of_the_audit() -> set[str]:
    """Every action that the code writes into the audit, as it stands there."""
    code = "\n".join(path.read_text("utf-8") for path in (ROOT / "serving").rglob("*.py"))
    steps = {*re.findall(r"\bsign\(\"(\w+)\"", code), *PLAIN}
    begins = r"(?:\brecord\(|_ACTION = )[^\"]*\""
    recorded = re.findall(begins + r"((?:user|token|session|store|directory|submission)\.\w+)\"", code)
    return {f"submission.{step}" for step in steps} | set(recorded)


def test_every_action_of_the_audit_has_a_name_on_its_page() -> None:
    written = actions_of_the_audit()
    assert {"submission.decide", "submission.accept", "store.seal", "user.add"} <= written
    assert written <= set(re.findall(r"^  \"([\w.]+)\": \"", source("accounts/audit.js"), re.MULTILINE))
