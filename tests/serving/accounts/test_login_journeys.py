"""Logging in and out as a person does it, and as somebody who guesses does."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest
from argon2 import PasswordHasher

from fenban.serving.accounts import users
from fenban.serving.accounts.passwords import is_outdated
from fenban.serving.resources.accounts.login_pages import safe_next
from fenban.serving.store import verification
from fenban.serving.store.tables.accounts import SessionRow

pytestmark = pytest.mark.slow

PASSWORD = "seven green lanterns"
HTML = {"Accept": "text/html"}


def test_a_person_logs_in_by_the_form_and_out_again(browser):
    page = browser.get("/login?next=/queue")
    assert page.status_code == 200
    assert 'name="next" value="/queue"' in page.text
    answer = browser.submit("/login", name=" Clerk ", password=PASSWORD, next="/queue")
    assert (answer.status_code, answer.headers["location"]) == (303, "/queue")
    cookie = answer.headers["set-cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=lax", "Path=/"))
    assert "Secure" not in cookie
    assert "Max-Age" not in cookie
    facts = browser.get("/api/v1/session").json()
    assert (facts["name"], facts["role"], facts["token"]) == ("clerk", "clerk", None)
    assert "matters.write" in facts["permissions"]
    assert f'<meta name="csrf-token" content="{facts["csrf"]}">' in browser.get("/", headers=HTML).text
    out = browser.send("POST", "/logout", headers={"X-CSRF-Token": facts["csrf"]})
    assert out.status_code == 204
    browser.cookie = cookie.split("=", 1)[1].split(";")[0]
    assert not browser.is_in, "the cookie alone is worth nothing now"


def test_logging_out_needs_the_csrf_token_too(browser):
    browser.log_in()
    assert browser.send("POST", "/logout", headers={"X-CSRF-Token": "wrong"}).status_code == 403
    assert browser.is_in
    assert browser.send("DELETE", "/api/v1/session").status_code == 204
    assert not browser.is_in


def test_over_https_the_cookie_is_for_https_alone(browser):
    browser.client.http.base_url = "https://localhost:8000"
    browser.client.http.headers["Origin"] = "https://localhost:8000"
    answer = browser.log_in()
    assert "Secure" in answer.headers["set-cookie"]
    assert answer.headers["strict-transport-security"].startswith("max-age=")


def test_plain_http_promises_no_https(browser):
    assert "strict-transport-security" not in browser.get("/login").headers


def test_a_wrong_password_and_an_unknown_name_are_told_alike(browser):
    wrong = browser.log_in("clerk", "not the password")
    unknown = browser.log_in("nobody-of-that-name", "not the password")
    assert wrong.status_code == unknown.status_code == 401
    assert {**wrong.json(), "request_id": 0} == {**unknown.json(), "request_id": 0}
    assert wrong.json()["type"] == "urn:fenban:problem:login-refused"
    page = browser.submit("/login", name="clerk", password="not the password", next="/queue")
    assert page.status_code == 401
    assert "登录名或密码不对" in page.text
    assert 'name="name" value="clerk"' in page.text
    assert "not the password" not in page.text


@pytest.mark.parametrize("name", ["clerk", "nobody-of-that-name"])
def test_five_failures_lock_the_name_whether_or_not_it_exists(browser_for, name):
    browser = browser_for()
    for _ in range(5):
        assert browser.log_in(name, "not the password").status_code == 401
    locked = browser.log_in(name, PASSWORD)
    assert locked.status_code == 429
    assert int(locked.headers["retry-after"]) > 800
    assert locked.json()["detail"] == "登录失败的次数太多，请 15 分钟后再试。"
    assert "15 分钟" in browser.submit("/login", name=name, password=PASSWORD).text
    assert browser_for().log_in(name, PASSWORD).status_code == 429, "another worker knows it too"
    assert browser.log_in("lead").status_code == 200
    lines = [line for line in browser.audit() if line.action == "session.refuse"]
    assert [line.detail["locked"] for line in lines] == [False] * 4 + [True]
    assert {line.actor for line in lines} == {"-"}
    assert name == "clerk" or "nobody" not in str([(line.subject, line.detail) for line in lines])


@pytest.mark.slow
def test_somebody_inside_stays_inside_while_others_guess(browser_for):
    inside, outside = browser_for(), browser_for()
    inside.log_in()
    for _ in range(6):
        outside.log_in("clerk", "not the password")
    assert inside.is_in


def test_a_planted_session_is_not_the_one_that_logs_in(browser_for):
    attacker, victim = browser_for(), browser_for()
    attacker.log_in("lead")
    planted = attacker.cookie
    victim.cookie = planted
    victim.log_in("clerk")
    assert victim.cookie != planted
    attacker.client.app.state.service.accounts.identities.forget()
    assert not attacker.is_in


def test_whoever_is_disabled_is_out_and_is_told_no_more_than_others(browser_for):
    admin, clerk = browser_for(), browser_for()
    admin.log_in("admin")
    clerk.log_in()
    row = next(user for user in admin.get("/api/v1/users").json()["items"] if user["name"] == "clerk")
    url = f"/api/v1/users/{row['id']}"
    answer = admin.send("PATCH", url, json={"disabled": True}, headers={"If-Match": f'"v{row["version"]}"'})
    assert (answer.status_code, answer.json()["state"]) == (200, "disabled")
    clerk.app.state.service.accounts.identities.forget()
    assert not clerk.is_in
    again = clerk.log_in()
    assert again.status_code == 401
    assert "停用登录" in again.json()["detail"]
    assert "账户" not in again.json()["detail"]


def test_two_workers_share_sessions(browser_for):
    one, other = browser_for(), browser_for()
    one.log_in()
    other.cookie = one.cookie
    assert other.is_in
    one.send("DELETE", "/api/v1/session")
    other.app.state.service.accounts.identities._clock = lambda: 1e12  # the memory's seconds are over
    assert not other.is_in


def test_a_session_that_has_expired_leads_to_the_login(browser):
    browser.log_in()
    with browser.app.state.service.database.writing() as session:
        session.query(SessionRow).one().expires_at -= dt.timedelta(hours=13)
    browser.app.state.service.accounts.identities.forget()
    answer = browser.get("/matters/3", headers=HTML)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/matters/3")
    assert browser.get("/api/v1/session").status_code == 401


def test_a_person_changes_the_password_and_every_other_session_ends(browser_for):
    here, there = browser_for(), browser_for()
    here.log_in()
    there.log_in()
    body = {"current_password": PASSWORD, "password": "a long walk uphill"}
    wrong = here.send("PATCH", "/api/v1/session", json={**body, "current_password": "no"})
    assert (wrong.status_code, wrong.json()["detail"]) == (409, "现在的密码不对")
    easy = here.send("PATCH", "/api/v1/session", json={**body, "password": "1234567890"})
    assert (easy.status_code, "容易猜到" in easy.json()["detail"]) == (409, True)
    old = here.cookie
    answer = here.send("PATCH", "/api/v1/session", json=body)
    assert answer.status_code == 200
    assert here.cookie != old
    assert here.is_in
    there.app.state.service.accounts.identities.forget()
    assert not there.is_in
    assert there.log_in("clerk", PASSWORD).status_code == 401
    assert there.log_in("clerk", "a long walk uphill").status_code == 200


@pytest.mark.parametrize("revoke", [False, True])
def test_a_person_who_changes_the_password_may_end_the_tokens_too(browser, client_for, revoke):
    browser.log_in()
    program = client_for(role="clerk")
    body = {"current_password": PASSWORD, "password": "a long walk uphill", "revoke_tokens": revoke}
    assert browser.send("PATCH", "/api/v1/session", json=body).status_code == 200
    program.app.state.service.accounts.identities.forget()
    assert program.get("/api/v1/session").status_code == (401 if revoke else 200)
    revoked = [line.subject for line in browser.audit() if line.action == "token.revoke"]
    assert len(revoked) == revoke
    assert browser.is_in


def test_a_token_neither_changes_a_password_nor_logs_out(client):
    for method, body in (
        ("PATCH", {"current_password": PASSWORD, "password": "a long walk uphill"}),
        ("DELETE", None),
    ):
        answer = client.run(client.http.request(method, "/api/v1/session", json=body))
        assert answer.status_code == 403
        assert "不能用令牌" in answer.json()["detail"]
    assert client.get("/api/v1/session").json()["token"] == "test-admin"


def test_a_hash_of_older_parameters_is_renewed_at_the_login(browser):
    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    database = browser.app.state.service.database
    with database.writing() as session:
        users.get_by_name(session, "clerk").password_hash = old
    assert browser.log_in().status_code == 200
    with database.reading() as session:
        assert not is_outdated(users.get_by_name(session, "clerk").password_hash)


def test_logins_and_changes_are_in_the_audit_without_secrets(browser):
    browser.log_in("clerk", "not the password")
    browser.log_in()
    secret = browser.send(
        "POST", "/api/v1/tokens", json={"name": "mine", "scopes": ["suggest"], "days": 5}
    ).json()["secret"]
    browser.send("DELETE", "/api/v1/session")
    lines = browser.audit()
    assert [line.action for line in lines] == [
        "session.refuse",
        "session.start",
        "token.create",
        "session.end",
    ]
    assert [line.actor for line in lines] == ["-", "clerk", "clerk", "clerk"]
    told = str([(line.subject, line.detail) for line in lines])
    assert "not the password" not in told
    assert secret not in told
    with browser.app.state.service.database.reading() as session:
        assert verification.verify(session).broken_at is None


def test_a_storm_of_logins_leaves_the_others_their_time(browser):
    client = browser.client
    browser.log_in()
    browser.app.state.service.accounts.gate._most_waiting = 8

    async def storm() -> tuple[list[int], int]:
        body = {"name": "lead", "password": PASSWORD}
        logins = [asyncio.create_task(client.http.post("/api/v1/session", json=body)) for _ in range(11)]
        await asyncio.sleep(0)
        others = [(await client.http.get("/api/v1/permissions")).status_code for _ in range(3)]
        waiting = sum(not task.done() for task in logins)
        return [*others, *[(await task).status_code for task in logins]], waiting

    statuses, waiting = client.run(storm())
    assert statuses[:3] == [200] * 3
    assert waiting > 3, "the others did not wait for the logins"
    assert set(statuses[3:]) == {200, 503}
    assert statuses.count(503) == 3


@pytest.mark.parametrize(
    ("wanted", "goes"),
    [
        ("/queue?state=open#3", "/queue?state=open#3"),
        (None, "/"),
        ("", "/"),
        ("https://evil.test/", "/"),
        ("//evil.test/", "/"),
        ("/\\evil.test/", "/"),
        ("/\t/evil.test/", "/"),
        ("javascript:alert(1)", "/"),
        ("/login?next=/login", "/"),
        ("/api/v1/session", "/"),
        ("/" + "x" * 2000, "/"),
    ],
)
def test_a_login_leads_to_a_page_of_ours(wanted, goes):
    assert safe_next(wanted) == goes


def test_what_was_typed_is_escaped(browser):
    page = browser.submit("/login", name='"><script>', password="x", next='/"><script>')
    assert "<script>" not in page.text
