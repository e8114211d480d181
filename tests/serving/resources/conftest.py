"""Matters through the API, as one clerk or another."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx

URL = "/api/v1/submissions"
LEAD, OTHER = "南宁市青秀区城市管理局", "南宁市青秀区交通运输局"


class Matters:
    """Shorthand for what the tests send."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self._numbers = itertools.count(1)

    def register(self, **content: Any) -> httpx.Response:
        body = {"text": f"青秀区第{next(self._numbers)}个夜市占道经营", "jurisdiction": "南宁市/青秀区"}
        return self.client.post(URL, json={**body, **content})

    def act(
        self, on: httpx.Response, what: str, headers: dict[str, str] | None = None, **content: Any
    ) -> httpx.Response:
        """Do something with the matter of an answer, in the version that the answer showed."""
        shown = on.json().get("matter", on.json())
        headers = {"If-Match": on.headers["etag"], **(headers or {})}
        return self.client.post(f"{URL}/{shown['id']}/{what}", json=content, headers=headers)

    def decided(self, **content: Any) -> httpx.Response:
        answer = self.act(self.register(**content), "decisions", lead_unit=LEAD)
        assert answer.status_code == 201, answer.text
        return answer

    def get(self, submission_id: int, what: str = "") -> Any:
        answer = self.client.get(f"{URL}/{submission_id}{what}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def list(self, query: str = "") -> Any:
        answer = self.client.get(f"{URL}{query}")
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def matters(client) -> Matters:
    return Matters(client)
