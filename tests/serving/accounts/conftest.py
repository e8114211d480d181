"""A browser of one person, without a browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from fenban.serving.store.audit import AuditRow

if TYPE_CHECKING:
    from collections.abc import Callable

PASSWORD = "seven green lanterns"  # of everybody in the tests' store, see the conftest above
ORIGIN = {"Origin": "http://localhost:8000"}


class Browser:
    """Keeps the cookie and sends what our pages send along."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.app = client.app
        client.http.headers.update(ORIGIN)

    @property
    def cookie(self) -> str:
        return next((value for name, value in self.client.http.cookies.items() if "session" in name), "")

    @cookie.setter
    def cookie(self, value: str) -> None:
        self.client.http.cookies.clear()
        self.client.http.cookies.set("fenban_session_8000", value, domain="localhost.local")

    def send(self, method: str, url: str, **options: Any) -> Any:
        return self.client.run(self.client.http.request(method, url, **options))

    def get(self, url: str, **options: Any) -> Any:
        return self.send("GET", url, **options)

    def log_in(self, name: str = "clerk", password: str = PASSWORD) -> Any:
        answer = self.send("POST", "/api/v1/session", json={"name": name, "password": password})
        if answer.status_code == 200:
            self.client.http.headers["X-CSRF-Token"] = answer.json()["csrf"]
        return answer

    def submit(self, url: str, **fields: str) -> Any:
        return self.send("POST", url, data=fields)

    def accept(self, link: str, password: str = "a long walk uphill") -> Any:
        secret = re.sub(r".*secret=", "", link)
        return self.submit(
            "/invitation", secret=secret, display_name="某人", password=password, again=password
        )

    @property
    def is_in(self) -> bool:
        return bool(self.get("/api/v1/session").status_code == 200)

    def audit(self) -> list[AuditRow]:
        with self.app.state.service.database.reading() as session:
            return list(session.scalars(select(AuditRow).order_by(AuditRow.seq)))


@pytest.fixture
def browser_for(client_for: Callable[..., Any]) -> Callable[..., Browser]:
    """Make browsers before applications that share one store."""
    return lambda **changes: Browser(client_for(bearer=False, **changes))


@pytest.fixture
def browser(browser_for: Callable[..., Browser]) -> Browser:
    return browser_for()
