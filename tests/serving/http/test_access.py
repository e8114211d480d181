"""Who gets in: tokens, sessions, forged requests, and what a stranger sees."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from fenban.serving.settings import ServiceSettings

if TYPE_CHECKING:
    from pathlib import Path

GUARDED = ("/api/v1/topics", "/api/v1/units", "/api/v1/model", "/", "/docs", "/redoc", "/no-such-page")
BODY = {"items": [{"text": "路灯不亮"}]}
OURS = {"Origin": "http://localhost:8000"}
PASSWORD = "seven green lanterns"  # of everybody in the tests' store


def log_in(client, name: str = "clerk", password: str = PASSWORD):
    """Log in through the API; the client's posts then carry the CSRF token and come from our pages."""
    answer = client.post("/api/v1/session", json={"name": name, "password": password}, headers=OURS)
    assert answer.status_code == 200, answer.text
    client.http.headers.update({"X-CSRF-Token": answer.json()["csrf"], **OURS})
    return answer


def cookie_of(answer) -> tuple[str, str]:
    return re.match(r"([^=]+)=([^;]*)", answer.headers["set-cookie"]).groups()


@pytest.mark.parametrize("path", GUARDED)
def test_without_a_token_everything_is_refused(stranger, path):
    answer = stranger.get(path)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["content-type"] == "application/problem+json"
    assert stranger.post("/api/v1/suggestions", json=BODY).status_code == 401


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/openapi.json", "/static/base.css", "/login"])
def test_open_paths_need_none(stranger, path):
    assert stranger.get(path).status_code == 200


@pytest.mark.parametrize(
    "path", ["/static/../api/v1/model", "/static/%2e%2e/templates/index.html", "/healthz/", "/login/"]
)
def test_open_paths_open_nothing_else(stranger, path):
    assert stranger.get(path).status_code in (401, 404)


@pytest.mark.parametrize(
    "value",
    ["", "Bearer", "Bearer ", "Bearer wrong", "Basic dXNlcjpwYXNz", "Bearer 令牌".encode(), "Bearer \udc80"],
)
def test_wrong_tokens_are_refused(stranger, value):
    raw = value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape")
    assert stranger.get("/api/v1/model", headers={b"Authorization": raw}).status_code == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_the_token_opens(client, scheme):
    token = client.http.headers["authorization"].split()[1]
    headers = {"Authorization": f"{scheme} {token}"}
    assert client.get("/api/v1/model", headers=headers).status_code == 200


def test_a_wrong_token_is_refused_although_the_session_would_do(stranger):
    log_in(stranger)
    assert stranger.get("/api/v1/model").status_code == 200
    assert stranger.get("/api/v1/model", headers={"Authorization": "Bearer wrong"}).status_code == 401


@pytest.mark.parametrize(
    ("path", "login"),
    [
        ("/", "/login"),
        ("/matters/12", "/login?next=/matters/12"),
        ("/search?q=%E8%B7%AF&a=b", "/login?next=/search%3Fq%3D%25E8%25B7%25AF%26a%3Db"),
    ],
)
def test_a_browser_without_a_session_is_led_to_the_login(stranger, path, login):
    answer = stranger.get(path, headers={"Accept": "text/html,*/*;q=0.8"})
    assert answer.status_code == 303
    assert answer.headers["location"] == login
    assert answer.headers["cache-control"] == "no-store"


def test_the_cookie_is_no_bearer_token_and_the_token_no_cookie(client):
    token = client.http.headers.pop("authorization").split()[1]
    name, value = cookie_of(log_in(client))
    client.http.cookies.clear()
    assert client.get("/api/v1/model", headers={"Authorization": f"Bearer {value}"}).status_code == 401
    assert client.get("/api/v1/model", headers={"Cookie": f"{name}={token}"}).status_code == 401
    assert client.get("/api/v1/model", headers={"Cookie": f"{name}={value}"}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "http://localhost:8000"}, 200),
        ({"Origin": "http://LOCALHOST:8000"}, 200),
        ({}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost:8000"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost:9000"}, 403),
        ({"Origin": "http://evil.test/?http://localhost:8000"}, 403),
    ],
)
def test_a_session_posts_from_our_own_pages_alone(stranger, headers, status):
    log_in(stranger)
    del stranger.http.headers["origin"]
    answer = stranger.post("/api/v1/suggestions", json=BODY, headers=headers)
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["type"] == "urn:fenban:problem:cross-site"


@pytest.mark.parametrize("given", [None, "", "wrong", "不对".encode()])
def test_a_session_posts_with_its_csrf_token_alone(stranger, given):
    log_in(stranger)
    right = stranger.http.headers.pop("x-csrf-token")
    headers = {} if given is None else {"X-CSRF-Token": given}
    assert stranger.post("/api/v1/suggestions", json=BODY, headers=headers).status_code == 403
    assert stranger.post("/api/v1/suggestions", json=BODY, headers={"X-CSRF-Token": right}).status_code == 200


def test_the_csrf_token_of_another_session_does_not_do(client_for):
    one, other = client_for(bearer=False), client_for(bearer=False)
    log_in(one)
    log_in(other, "lead")
    one.http.headers["x-csrf-token"] = other.http.headers["x-csrf-token"]
    assert one.post("/api/v1/suggestions", json=BODY).status_code == 403


def test_a_bearer_needs_no_origin_and_no_csrf_token(client):
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert client.post("/api/v1/suggestions", json=BODY, headers=headers).status_code == 200


def test_nobody_logs_a_browser_in_from_another_site(stranger):
    body = {"name": "clerk", "password": PASSWORD}
    for headers in ({}, {"Origin": "http://evil.test"}, {"Sec-Fetch-Site": "cross-site"}):
        for answer in (
            stranger.post("/api/v1/session", json=body, headers=headers),
            stranger.post("/login", data=body, headers=headers),
        ):
            assert answer.status_code == 403
            assert "set-cookie" not in answer.headers


def test_two_services_on_one_host_keep_their_sessions(client_for):
    names = {cookie_of(log_in(client_for(bearer=False, port=port)))[0] for port in (8000, 8001)}
    assert len(names) == 2


def test_settings_tell_no_password_and_refuse_nonsense(tmp_path: Path):
    url = "postgresql+psycopg://fenban:hidden@db/fenban"
    assert "hidden" not in repr(ServiceSettings(model_folder=tmp_path, database=url))
    for name in ("max_batch", "session_idle_minutes"):
        with pytest.raises(ValueError, match=name):
            ServiceSettings(model_folder=tmp_path, database=url, **{name: 0})
