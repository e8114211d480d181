"""Values at the edge of what can be written: each is answered, or refused with a problem; none is a 500."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from fenban.serving.app import create_app
from tests.serving.conftest import TOKEN, Client, settings_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fenban.model import Router
    from fenban.serving.store.database import Database

DAYS = ("0001-01-01", "9999-12-31", "1999-12-31", "2101-01-01", "-0001-01-01", "2025-02-30")
MOMENTS = (
    *DAYS,
    "0001-01-01T00:00:00+23:59",
    "0001-01-01T00:00:00-23:59",
    "9999-12-31T23:59:59-23:59",
    "9999-12-31T23:59:59+23:59",
    "0001-01-01T00:00:00",
)
WORDS = ("\x00", "\x00a", "\ud800".encode("utf-8", "surrogatepass"), "%", "_", "\\", "\u202e", "（")
NUMBERS = ("-1", "0", "2147483647", "2147483648", "1e400", "NaN", "９", "1" * 5000, "true")


def cursor(*values: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


ENDS = (None, True, 0, -1, 2**31, 2**63, 1e400, 1.5, "1", [], {})
STARTS = (None, True, 5, "x", [], "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2025-01-01")
CURSORS = (
    "x",
    "=",
    "é",
    "AAAA",
    base64.urlsafe_b64encode(b"[" * 220).decode(),
    *(cursor(end) for end in (*ENDS, 1)),
    *(cursor(sort, end) for sort in ("relevance", "newest", None) for end in ENDS),
    *(cursor("deadline", start, end) for start in STARTS for end in ENDS),
    *(cursor("received", start, 1) for start in STARTS[:-1]),
)


@pytest.fixture
def api(router: Router, peopled: Database) -> Iterator[Client]:
    """The service over an empty store of each kind."""
    url = peopled.url.render_as_string(hide_password=False)
    opened = Client(create_app(router, settings_for(database=url)), Authorization=f"Bearer {TOKEN}").start()
    yield opened
    opened.close()


def lists(api: Client) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Every operation that only reads and takes a query, with its parameters."""
    for path, verbs in api.get("/openapi.json").json()["paths"].items():
        parameters = [one for one in verbs.get("get", {}).get("parameters", []) if one["in"] == "query"]
        if parameters:
            yield path.replace("{cluster_id}", "1"), parameters


def kinds(schema: dict[str, Any]) -> set[str]:
    """What a schema takes: its types and formats, whether it may be left out or comes as a list."""
    found = {schema.get("type", ""), schema.get("format", "")}
    for other in (*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else ())):
        found |= kinds(other)
    return found - {""}


def values_for(parameter: dict[str, Any]) -> tuple[Any, ...]:
    if parameter["name"] == "cursor":
        return CURSORS
    found = kinds(parameter["schema"])
    if found & {"date", "date-time"}:
        return MOMENTS if "date-time" in found else DAYS
    return NUMBERS if found & {"integer", "number"} else WORDS


def test_no_query_at_an_edge_breaks_a_list(api: Client) -> None:
    asked, broken = 0, []
    for path, parameters in lists(api):
        needed = {one["name"]: "灯" for one in parameters if one.get("required")}
        for parameter in parameters:
            for value in values_for(parameter):
                answer = api.get(path, params={**needed, parameter["name"]: value})
                asked += 1
                if answer.status_code >= 500:
                    broken.append((path, parameter["name"], value))
    assert not broken
    assert asked > 700


@pytest.mark.parametrize("sort", ["deadline", "received", "updated"])
def test_a_cursor_of_ours_with_another_end_is_refused(api: Client, sort: str) -> None:
    for value in (True, None, "1", 0, 1.0):
        given = cursor(sort, "2025-01-01T00:00:00+00:00", value)
        assert api.get(f"/api/v1/submissions?sort={sort}&cursor={given}").status_code == 422, value
    after_none = api.get(f"/api/v1/submissions?sort={sort}&cursor={cursor(sort, None, 1)}")
    assert after_none.status_code == (200 if sort == "deadline" else 422)  # only deadlines may be missing


@pytest.mark.parametrize("name", ["received_from", "received_to", "due_before"])
def test_days_that_no_calendar_here_needs_are_refused_in_words(
    api: Client, is_problem: Any, name: str
) -> None:
    for day in ("0001-01-01", "9999-12-31"):
        content = is_problem(api.get("/api/v1/submissions", params={name: day}), 422)
        assert content["errors"] == [{"field": name, "message": "应在 2000 年至 2100 年之间"}]


@pytest.mark.parametrize("moment", MOMENTS)
def test_moments_in_a_body_are_read_or_refused(api: Client, moment: str) -> None:
    suggested = api.post("/api/v1/suggestions", json={"items": [{"text": "路灯不亮", "received_at": moment}]})
    assert suggested.status_code in (200, 422)
    for path in ("/api/v1/submissions", "/api/v1/similar"):
        assert api.post(path, json={"text": "路灯不亮", "received_at": moment}).status_code == 422
    assert api.post("/api/v1/submissions", json={"text": "路灯不亮"}).status_code == 201
    later = {"until": moment, "why": "要等材料"}
    asked = {"If-Match": "*"}
    assert api.post("/api/v1/submissions/1/extensions", json=later, headers=asked).status_code == 422
    promise = {"unit": "甲", "what": "修", "due_on": moment}
    agreed = {"text": "同意", "parties": ["甲", "乙"], "promises": [promise]}
    assert api.post("/api/v1/submissions/1/agreements", json=agreed, headers=asked).status_code == 422
    table = {"file": ("单位.csv", "单位,职能\n某局,教育局\n")}
    assert api.post("/api/v1/directory/preview", files=table, data={"on": moment}).status_code == 422


@pytest.mark.parametrize("word", ["\x00", "a\x00b"])
def test_no_name_holds_what_a_database_cannot(api: Client, word: str) -> None:
    asked = [
        ("/api/v1/users", {"name": word, "display_name": "某", "role": "clerk"}),
        ("/api/v1/users", {"name": "mou", "display_name": word, "role": "clerk"}),
        ("/api/v1/tokens", {"name": word, "scopes": ["suggest"]}),
    ]
    for path, body in asked:
        assert api.post(path, json=body).status_code == 422, body
    ours = {"Origin": "http://localhost:8000"}
    named = api.post("/api/v1/session", json={"name": word, "password": "x"}, headers=ours)
    assert named.status_code == 422
    assert api.post("/login", data={"name": word, "password": "x"}, headers=ours).status_code in (401, 422)


@pytest.mark.parametrize(
    "origin", ["http://[::1", "http://[", "null", "http://]", "//", "\x00", "http://[v1.x]"]
)
def test_an_origin_that_is_no_address_is_not_ours(api: Client, is_problem: Any, origin: str) -> None:
    is_problem(api.post("/login", data={"name": "clerk"}, headers={"Origin": origin}), 403)
    is_problem(api.post("/api/v1/session", json={"name": "clerk"}, headers={"Origin": origin}), 403)


@pytest.mark.parametrize("host", ["[::1", "[", "", "a b", "localhost:port", "http://x"])
def test_a_host_that_is_no_address_breaks_nothing(api: Client, host: str) -> None:
    headers = {"Host": host}
    assert api.get("/healthz", headers=headers).status_code == 200
    assert api.get("/queue", headers=headers).status_code == 200
    assert api.post("/api/v1/submissions", json={"text": "路灯不亮"}, headers=headers).status_code == 201
    body = {"name": "clerk", "password": "seven green lanterns"}
    assert api.post("/api/v1/session", json=body, headers=headers).status_code in (200, 403)
    same = {**headers, "Sec-Fetch-Site": "same-origin"}
    assert api.post("/api/v1/session", json=body, headers=same).status_code == 200
