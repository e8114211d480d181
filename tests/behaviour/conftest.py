"""The real service on a port of this machine, and Debian's chromium before it."""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from sqlalchemy import select

from fenban.serving.accounts import sessions
from fenban.serving.accounts.passwords import hash_password
from fenban.serving.accounts.permissions import ROLE_NAMES
from fenban.serving.app import create_app
from fenban.serving.http.cookies import session_cookie
from fenban.serving.http.listening import open_socket
from fenban.serving.settings import ServiceSettings
from fenban.serving.store.database import Database, parse_database_url
from fenban.serving.store.schema import migrate
from fenban.serving.store.tables.accounts import SessionRow, UserRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page

    from fenban.model import Router

NO_BROWSER = "no chromium on this machine"
PASSWORD = "seven green lanterns"
CLERK, OTHER_CLERK = "lianqiao", "banxia"
PEOPLE = {CLERK: "clerk", OTHER_CLERK: "clerk", "lead": "lead", "admin": "admin", "auditor": "auditor"}
SCREEN = {"width": 1280, "height": 720}
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_MEASURED = pytest.StashKey[list[str]]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say loudly what a machine without a browser has left out, and say what was measured."""
    skipped = terminalreporter.stats.get("skipped", [])
    journeys = [report.nodeid for report in skipped if NO_BROWSER in str(report.longrepr)]
    if journeys:
        terminalreporter.section(
            f"LEFT OUT: {len(journeys)} TESTS IN A BROWSER", sep="!", red=True, bold=True
        )
        terminalreporter.line(
            f"{NO_BROWSER}: install chromium (apt-get install chromium), or set FENBAN_BROWSER to its path."
        )
        for name in journeys:
            terminalreporter.line(f"  not run: {name}", red=True)
    measured = config.stash.get(_MEASURED, [])
    if measured:
        terminalreporter.section("measured")
        for line in measured:
            terminalreporter.line(line)


@pytest.fixture
def measured(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """Take a line to be printed at the end of the run."""
    return pytestconfig.stash.setdefault(_MEASURED, []).append


def browser_path() -> str | None:
    """Return where the browser is, or None."""
    given = os.environ.get("FENBAN_BROWSER")
    return given or next(filter(None, map(shutil.which, _BROWSERS)), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser; of one module only, as Playwright keeps an event loop running in this thread."""
    path = browser_path()
    if path is None:
        pytest.skip(NO_BROWSER)
    from playwright.sync_api import sync_playwright

    as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=as_root)
        yield started
        started.close()


@dataclass
class Running:
    """A service that runs, with its store and the windows that people have open on it."""

    port: int
    database: Database
    browser: Browser
    app: Any
    contexts: list[BrowserContext] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def session_of(self, name: str) -> tuple[str, str]:
        """Begin a session; return what its cookie holds, and the token against forged requests."""
        with self.database.writing() as session:
            user = session.scalars(select(UserRow).where(UserRow.name == name)).one()
            secret, row = sessions.start(session, user, sessions.Lifetime())
            return secret, row.csrf

    def end_sessions(self) -> None:
        """End everybody's session, as the night does."""
        with self.database.writing() as session:
            for row in session.scalars(select(SessionRow)):
                session.delete(row)
        self.app.state.service.accounts.identities.forget()

    def window(self, name: str | None = CLERK, **options: Any) -> Page:
        """Open a window of a person who is logged in, or of a stranger."""
        context = self.browser.new_context(
            base_url=self.address, locale="zh-CN", **{"viewport": SCREEN, **options}
        )
        context.set_default_timeout(8000)
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=self.address)
        self.contexts.append(context)
        if name:
            cookie = {"name": session_cookie(self.port), "value": self.session_of(name)[0]}
            context.add_cookies([{**cookie, "url": self.address, "httpOnly": True, "sameSite": "Lax"}])
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda message: self._hear(page, message))
        return page

    def _hear(self, page: Page, message: Any) -> None:
        # a refused request is told so by the browser too; what the page makes of it is what is tested
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.complaints.append(f"{page.url}: {message.text}")

    @contextlib.contextmanager
    def api(self, name: str = CLERK) -> Iterator[httpx.Client]:
        """Give a client that acts for a person as their page would."""
        secret, csrf = self.session_of(name)
        headers = {"X-CSRF-Token": csrf, "Origin": self.address}
        cookies = {session_cookie(self.port): secret}
        base = f"{self.address}/api/v1"
        with httpx.Client(base_url=base, headers=headers, cookies=cookies, timeout=30) as client:
            yield client

    def take_in(self, text: str, unit: str | None = None, **more: Any) -> dict[str, Any]:
        """Take a matter in, and decide it where a unit is given; return it as it stands."""
        with self.api() as client:
            taken = client.post("/submissions", json={"text": text, **more})
            taken.raise_for_status()
            matter: dict[str, Any] = taken.json()
        return self.act(matter, "decisions", lead_unit=unit)["matter"] if unit else matter

    def act(self, matter: dict[str, Any], what: str, name: str = CLERK, **body: Any) -> dict[str, Any]:
        """Do something with a matter over the API."""
        with self.api(name) as client:
            etag = {"If-Match": f'"v{matter["version"]}"'}
            answer = client.post(f"/submissions/{matter['id']}/{what}", json=body, headers=etag)
            answer.raise_for_status()
            content: dict[str, Any] = answer.json()
            return content

    def matter(self, matter_id: int) -> dict[str, Any]:
        """Return a matter as the API tells it."""
        with self.api() as client:
            answer = client.get(f"/submissions/{matter_id}")
            answer.raise_for_status()
            content: dict[str, Any] = answer.json()
            return content


@pytest.fixture(scope="session")
def staffed_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the people of an office in it, to be copied."""
    folder = tmp_path_factory.mktemp("staffed")
    database = Database(parse_database_url(None, folder))
    migrate(database)
    encoded = hash_password(PASSWORD)
    with database.writing() as session:
        for name, role in PEOPLE.items():
            display = f"{ROLE_NAMES[role]}{name}"
            session.add(UserRow(name=name, display_name=display, role=role, password_hash=encoded))
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return folder / "fenban.db"


@pytest.fixture
def office(
    browser: Browser, starter_router: Router, staffed_store: Path, tmp_path: Path, served: Callable[..., Any]
) -> Iterator[Running]:
    """A service with the starter model and an empty desk; no page may have complained in the end."""
    shutil.copy(staffed_store, tmp_path / "fenban.db")
    url = f"sqlite:///{tmp_path / 'fenban.db'}"
    listener = open_socket("127.0.0.1", 0)
    port = listener.getsockname()[1]
    app = create_app(starter_router, ServiceSettings(model_folder=tmp_path, database=url, port=port))
    with served(app, listener):
        running = Running(port, Database(parse_database_url(url, tmp_path)), browser, app)
        yield running
        for context in running.contexts:
            context.close()
        running.database.close()
    assert running.complaints == []
