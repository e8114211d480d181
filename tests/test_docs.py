"""The pages keep their promises: links lead somewhere, commands exist, dependencies are explained."""

from __future__ import annotations

import re
import shlex
import tomllib
import unicodedata
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from fenban.serving.cli.main import COMMANDS, build_parser

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
AWAITED = {ROOT / "docs/images/console.png"}  # a picture, taken once the page is finished
OUTSIDE = {
    "doi.org",
    "arxiv.org",
    "aclanthology.org",
    "www.apache.org",
    "pypi.org",
}  # papers, licences, packages
HERE = {"127.0.0.1", "localhost", ""}

_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"^```\w*\n(.*?)^```|`([^`\n]+)`", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(((?:[^()\s]|\([^()\s]*\))+)\)")
_URL = re.compile(r"https?://[^\s)\]>`\"']*")
_HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
_COMMAND = re.compile(r"(?:^|[\s$/(])fenban +(?P<rest>[a-z][^\n|#`]*)", re.MULTILINE)
_PLACE = re.compile(r"`((?:model|training|serving|datasets|benchmarks|tests)/[\w./-]*)`")
_REQUIREMENT = re.compile(r"[A-Za-z0-9._-]+")

by_name = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def prose_of(page: Path) -> str:
    return _FENCE.sub("", page.read_text("utf-8"))


def anchors_of(page: Path) -> set[str]:
    """Return the anchors of a page's headings, made the way that forges make them."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in _HEADING.findall(prose_of(page))
    }


def commands_in(text: str) -> list[str]:
    """Return what follows ``fenban`` wherever code shows a command."""
    code = "\n".join(block or inline for block, inline in _CODE.findall(text))
    return [match["rest"].strip() for match in _COMMAND.finditer(code)]


def test_every_page_is_there() -> None:
    names = {str(page.relative_to(ROOT)) for page in PAGES}
    top = ["README", "README.zh-CN", "CHANGELOG", "BENCHMARKS", "CONTRIBUTING"]
    users = ["clerk", "lead", "engineer", "operator"]
    subjects = ["api", "architecture", "how-it-works", "dependencies", "security", "experiments"]
    expected = [*top, *(f"docs/{name}" for name in (*users, *subjects))]
    assert {f"{name}.md" for name in expected} <= names


@by_name
def test_relative_links_lead_somewhere(page: Path) -> None:
    for link in _LINK.findall(prose_of(page)):
        parts = urlsplit(link)
        if parts.scheme:
            continue
        target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        assert target.exists() or target in AWAITED, f"{page.name}: {link}"
        if parts.fragment:
            assert unquote(parts.fragment) in anchors_of(target), f"{page.name}: {link}: no such heading"


@by_name
def test_places_in_the_tree_that_a_page_names_are_there(page: Path) -> None:
    missing = [place for place in _PLACE.findall(page.read_text("utf-8")) if not (ROOT / place).exists()]
    assert page.name == "CHANGELOG.md" or missing == []


@by_name
def test_outside_addresses_are_papers_licences_or_packages(page: Path) -> None:
    for url in _URL.findall(page.read_text("utf-8")):
        host = urlsplit(url).hostname or ""
        example = host.endswith(".intranet") or set(host) == {"…"}
        assert host in OUTSIDE or host in HERE or example, f"{page.name}: {url}"


@by_name
def test_commands_shown_exist(page: Path) -> None:
    for command in commands_in(page.read_text("utf-8")):
        assert command.split()[0] in COMMANDS, f"{page.name}: fenban {command}"


@pytest.mark.parametrize(
    "page", ["README.md", "README.zh-CN.md", "docs/engineer.md", "docs/lead.md", "docs/operator.md"]
)
def test_commands_of_the_main_pages_parse(page: str) -> None:
    blocks = "\n".join(
        f"```\n{block}```"
        for block in re.findall(r"^```sh\n(.*?)^```", (ROOT / page).read_text("utf-8"), re.M | re.S)
    )
    commands = commands_in(blocks)
    assert commands, f"{page} shows no command"
    for command in commands:
        if "…" not in command:
            build_parser().parse_args(shlex.split(command))  # SystemExit 2 where an option does not exist


def test_every_verb_is_in_the_readme() -> None:
    shown = {command.split()[0] for command in commands_in((ROOT / "README.md").read_text("utf-8"))}
    assert shown >= set(COMMANDS)


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    groups = [project["project"]["dependencies"], *project["project"]["optional-dependencies"].values()]
    needed = {_REQUIREMENT.match(line).group() for group in groups for line in group}  # type: ignore[union-attr]
    rows = re.findall(r"^\| `([^`]+)` \| (.+?) \|$", (ROOT / "docs/dependencies.md").read_text("utf-8"), re.M)
    explained = dict(rows)
    assert needed <= set(explained), f"without a line: {sorted(needed - set(explained))}"
    stale = set(explained) - needed - {"setuptools"}
    assert not stale, f"no longer needed: {sorted(stale)}"
    assert all(len(reason) > 8 for reason in explained.values())


def test_columns_of_the_pages_are_those_of_the_code() -> None:
    from fenban.serving.jobs.triage import ADDED
    from fenban.training.tables.columns import KNOWN_HEADERS

    engineer, lead = ((ROOT / f"docs/{name}.md").read_text("utf-8") for name in ("engineer", "lead"))
    headers = {header for entries in KNOWN_HEADERS.values() for entry in entries for header in entry}
    missing = sorted(header for header in headers if header not in engineer)
    assert not missing, f"engineer.md lacks {missing}"
    assert not [column for column in ADDED if column not in lead]


@by_name
def test_pages_are_tidy(page: Path) -> None:
    text = page.read_text("utf-8")
    assert text.startswith("# ")
    assert text.endswith("\n")
    assert "\t" not in text
    assert not [c for c in text if unicodedata.category(c) == "So" and c not in "□"], "no emoji"
    assert not re.search(r"/work/|/tmp\b|/home/", text), "no path of anybody's machine"
