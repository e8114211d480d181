"""The console's files: nothing from outside, nothing inline, and every name that is used exists."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from fenban.model.case import ZONE_NAMES
from fenban.model.signals import MISSING_NAMES, SIGNAL_NAMES

CONSOLE = Path(str(resources.files("fenban.serving.console")))
STATIC = CONSOLE / "static"
PAGES = sorted((CONSOLE / "templates").glob("*.html"))
SCRIPTS = sorted(STATIC.glob("*.js"))
STYLES = sorted(STATIC.glob("*.css"))
CODE = "\n".join(path.read_text("utf-8") for path in SCRIPTS)
VOID = {"meta", "link", "input", "br", "hr", "img", "path", "circle", "rect", "use"}
CONTEXT = {"version": "0.1.0", "model_version": "m1", "zone_names": ZONE_NAMES}


class Page(HTMLParser):
    """What a page holds: its elements with their attributes, and the text inside scripts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.script_text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.script_text += data.strip()

    def values(self, attribute: str) -> list[str]:
        return [attrs[attribute] or "" for _, attrs in self.elements if attribute in attrs]


def render(name: str, **context: object) -> str:
    loader = FileSystemLoader(CONSOLE / "templates")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    return environment.get_template(name).render(**{**CONTEXT, **context})


@pytest.fixture(scope="module")
def index() -> Page:
    return Page(render("index.html"))


@pytest.mark.parametrize("path", [*PAGES, *SCRIPTS, *STYLES], ids=lambda path: path.name)
def test_nothing_comes_from_outside(path: Path) -> None:
    content = path.read_text("utf-8")
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
        assert tag != "script" or attrs["src"]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_files_that_a_page_asks_for_are_shipped(path: Path) -> None:
    page = Page(render(path.name))
    local = [url for url in page.values("src") + page.values("href") if not url.startswith("#")]
    assert local
    for url in local:
        assert url.startswith("/static/")
        assert (STATIC / url.removeprefix("/static/")).is_file()


def test_static_files_lie_flat_as_the_package_data_expects() -> None:
    assert all(path.is_file() for path in STATIC.iterdir())


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_write_text_never_markup(path: Path) -> None:
    ways = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\.style\b|\"style\""
    assert not re.search(ways, path.read_text("utf-8"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_small_and_import_what_is_there(path: Path) -> None:
    content = path.read_text("utf-8")
    assert content.count("\n") < 200
    for name in re.findall(r"(?:from |import\()\"\./([\w.]+)\"", content):
        other = (STATIC / name).read_text("utf-8")
        for names in re.findall(r"import \{([^}]*)\} from \"\./" + re.escape(name), content):
            for imported in names.split(","):
                assert re.search(rf"export (async )?(function|class|const) {imported.strip()}\b", other)


def test_the_style_sheet_is_small() -> None:
    assert all(path.read_text("utf-8").count("\n") < 500 for path in STYLES)


def test_every_id_that_a_script_asks_for_is_in_the_page(index: Page) -> None:
    ids = index.values("id")
    assert len(ids) == len(set(ids))
    asked = set(re.findall(r"byId\(\"([\w-]+)\"\)", CODE))
    fields = re.search(r"const FIELDS = (\[.*?\]);", (STATIC / "notice_view.js").read_text("utf-8"))
    assert fields
    asked |= {name + suffix for name in json.loads(fields[1]) for suffix in ("", "-error")}
    asked |= set(re.findall(r"fill\(\"([\w-]+)\"", CODE))
    assert len(asked) > 30
    assert asked <= set(ids)


def test_references_inside_the_page_lead_somewhere(index: Page) -> None:
    ids = set(index.values("id"))
    named = [name for key in ("for", "aria-labelledby", "aria-describedby") for name in index.values(key)]
    assert {part for name in named for part in name.split()} <= ids
    assert {url[1:] for url in index.values("href") if url.startswith("#")} <= ids
    icons = re.search(r"const ICONS = \{(.*?)\}", CODE)
    assert icons
    used = set(re.findall(r"\"#(icon-[a-z]+)\"", CODE)) | {f"icon-{zone}" for zone in ZONE_NAMES}
    assert used | {f"icon-{name}" for name in re.findall(r"\"(\w+)\"", icons[1])} <= ids


def test_every_part_that_a_script_fills_is_in_a_row(index: Page) -> None:
    assert set(re.findall(r"\bpart\.(\w+)", CODE)) <= set(index.values("data-part"))


def test_every_shortcut_in_the_dialog_is_handled(index: Page) -> None:
    keys = (STATIC / "keys.js").read_text("utf-8")
    handled = dict(re.findall(r"\{ name: \"([\w-]+)\", action: \"(\w+)\"", keys))
    assert set(index.values("data-shortcut")) == set(handled)
    actions = re.search(r"listen\(\{(.*?)\n  \}\);", (STATIC / "app.js").read_text("utf-8"), re.DOTALL)
    assert actions
    assert set(re.findall(r"^    (\w+)[,:]", actions[1], re.MULTILINE)) == set(handled.values())


@pytest.mark.parametrize(("table", "names"), [("FLAG_NAMES", SIGNAL_NAMES), ("MISSING_NAMES", MISSING_NAMES)])
def test_codes_have_the_names_of_the_model(table: str, names: dict[str, str]) -> None:
    entries = re.search(rf"const {table} = \{{(.*?)\}};", CODE, re.DOTALL)
    assert entries
    assert dict(re.findall(r"(\w+): \"([^\"]+)\"", entries[1])) == names


def test_what_the_page_is_given_is_escaped() -> None:
    zones = {zone: f'"><i id=x>{zone}' for zone in ZONE_NAMES}
    html = render("index.html", version="<b>", model_version='"><script>', zone_names=zones)
    assert "<b>" not in html.split("fenban ", 1)[1].split("</p>")[0]
    assert '"><script>' not in html
    assert "<i id=x>" not in html


def test_zones_are_named_as_in_the_model(index: Page) -> None:
    assert [index.values(f"data-{zone}") for zone in ZONE_NAMES] == [[name] for name in ZONE_NAMES.values()]


def run_module(script: str) -> Any:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    command = [node, "--no-warnings", "--input-type=module", "-e", script]
    done = subprocess.run(command, cwd=STATIC, capture_output=True, text=True, check=True, timeout=20)
    return json.loads(done.stdout)


def test_marked_words_are_found_by_code_points() -> None:
    text = "𠮷先生说楼下漏气"
    words = [
        {"text": "漏气", "start": 6, "end": 8, "weight": 2.0},
        {"text": "𠮷先生", "start": 0, "end": 3, "weight": 0.3},
        {"text": "错位", "start": 3, "end": 5, "weight": 1.0},
    ]
    source = (STATIC / "spans.js").read_text("utf-8")
    call = f"console.log(JSON.stringify(pieces({json.dumps(text)}, {json.dumps(words)})))"
    assert run_module(f"{source}\n{call}") == [
        {"text": "𠮷先生", "step": 1},
        {"text": "说楼下", "step": 0},
        {"text": "漏气", "step": 5},
    ]


def test_the_copied_text_says_who_decided() -> None:
    units = [
        {"unit": name, "function": name, "jurisdiction": None, "probability": p}
        for name, p in [("甲局", 0.996), ("乙局", 0.1)]
    ]
    words = [
        {"text": text, "start": 0, "end": 1, "weight": w} for text, w in [("水", 1), ("灌渠", 3), ("灌渠", 2)]
    ]
    suggestion = {
        "topics": [{"path": "水利/农田灌溉", "probability": 0.9}],
        "functions": [{"function": "甲局", "probability": 0.9}],
        "lead_units": units,
        "co_units": [units[1]],
        "zone": "confirm",
        "form": {"name": "投诉", "probability": 0.9},
        "lane": {"name": "紧急", "reason": "文中提到“触电”"},
        "flags": ["danger"],
        "missing": ["place"],
        "evidence": {"words": words, "duties": "负责灌渠", "similar": []},
    }
    sources = [(STATIC / name).read_text("utf-8") for name in ("labels.js", "summary.js")]
    code = re.sub(r"^import .*$", "", "\n".join(sources), flags=re.MULTILINE)
    calls = ", ".join(f"plainText({json.dumps(suggestion)}, {who}, '请确认')" for who in ("null", "'乙局'"))
    untouched, chosen = run_module(f"{code}\nconsole.log(JSON.stringify([{calls}]))")
    assert untouched.split("\n") == [
        "主办：甲局（系统建议，未经确认）",
        "协办：乙局",
        "主题：水利 / 农田灌溉",
        "形式：投诉",
        "办理通道：紧急（文中提到“触电”）",
        "把握：>99%（请确认）",
        "提示：可能危及人身安全，请先核实；缺地点",
        "依据：负责灌渠；文中提到“灌渠”“水”",
    ]
    assert "主办：乙局（经办人选定，系统排第2）\n协办：无\n" in chosen
    assert chosen.endswith("依据：经办人判断")
