"""Who gets in: tokens, the session cookie, forged requests, and what a stranger sees."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from fenban.serving.access import new_token
from fenban.serving.settings import ServiceSettings

if TYPE_CHECKING:
    from pathlib import Path

GUARDED = ("/api/v1/topics", "/api/v1/units", "/api/v1/model", "/", "/docs", "/redoc", "/no-such-page")
BODY = {"items": [{"text": "路灯不亮"}]}


def token_of(client) -> str:
    return client.app.state.service.settings.token


def open_session(client):
    answer = client.get(f"/?token={token_of(client)}")
    assert answer.status_code == 303
    return answer


@pytest.mark.parametrize("path", GUARDED)
def test_without_a_token_everything_is_refused(stranger, path):
    answer = stranger.get(path)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["content-type"] == "application/problem+json"
    assert stranger.post("/api/v1/suggestions", json=BODY).status_code == 401


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/openapi.json", "/static/app.js"])
def test_open_paths_need_none(stranger, path):
    assert stranger.get(path).status_code == 200


@pytest.mark.parametrize(
    "path", ["/static/../api/v1/model", "/static/%2e%2e/templates/index.html", "/healthz/"]
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
def test_the_token_opens(stranger, scheme):
    headers = {"Authorization": f"{scheme} {token_of(stranger)}"}
    assert stranger.get("/api/v1/model", headers=headers).status_code == 200


def test_a_browser_without_a_session_is_told_what_to_do(stranger):
    answer = stranger.get("/", headers={"Accept": "text/html,*/*;q=0.8"})
    assert answer.status_code == 401
    assert answer.headers["content-type"].startswith("text/html")
    assert "链接" in answer.text


def test_the_link_sets_a_cookie_and_hides_the_token(stranger):
    answer = open_session(stranger)
    assert answer.headers["location"] == "/"
    assert answer.headers["cache-control"] == "no-store"
    cookie = answer.headers["set-cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=strict", "Path=/"))
    assert "Secure" not in cookie
    assert token_of(stranger) not in cookie
    assert stranger.get("/").status_code == 200
    assert stranger.get("/api/v1/model").status_code == 200


def test_a_wrong_link_sets_none(stranger):
    for link in ("/?token=wrong", "/?token=", "/?token=%ff%00", "/?token=%E4%BB%A4"):
        answer = stranger.get(link, headers={"Accept": "text/html"})
        assert answer.status_code == 401
        assert "set-cookie" not in answer.headers


def test_the_cookie_is_no_bearer_token_and_the_token_no_cookie(stranger):
    answer = open_session(stranger)
    name, value = re.match(r"([^=]+)=([^;]+)", answer.headers["set-cookie"]).groups()
    stranger.http.cookies.clear()
    assert stranger.get("/api/v1/model", headers={"Authorization": f"Bearer {value}"}).status_code == 401
    assert (
        stranger.get("/api/v1/model", headers={"Cookie": f"{name}={token_of(stranger)}"}).status_code == 401
    )
    assert stranger.get("/api/v1/model", headers={"Cookie": f"{name}={value}"}).status_code == 200


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
    open_session(stranger)
    answer = stranger.post("/api/v1/suggestions", json=BODY, headers=headers)
    assert answer.status_code == status
    if status == 403:
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_bearer_needs_no_origin(client):
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert client.post("/api/v1/suggestions", json=BODY, headers=headers).status_code == 200


def test_two_services_on_one_host_keep_their_sessions(client_for):
    names = {
        open_session(client_for(bearer=False, port=port)).headers["set-cookie"].split("=")[0]
        for port in (8000, 8001)
    }
    assert len(names) == 2


def test_tokens_are_long_and_never_shown(tmp_path: Path):
    assert len({new_token() for _ in range(50)}) == 50
    assert len(new_token()) >= 32
    settings = ServiceSettings(model_folder=tmp_path, token=new_token())
    assert settings.token not in repr(settings)
    with pytest.raises(ValueError, match="token"):
        ServiceSettings(model_folder=tmp_path, token="short")
    with pytest.raises(ValueError, match="max_batch"):
        ServiceSettings(model_folder=tmp_path, token=new_token(), max_batch=0)
