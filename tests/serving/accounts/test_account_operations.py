"""The operations of people and tokens, and what roles and scopes keep from whom."""

from __future__ import annotations

import pytest

from fenban.serving.store.base import now
from fenban.serving.store.tables.accounts import TokenRow

PASSWORD = "seven green lanterns"


def listed(browser) -> dict[str, dict]:
    return {user["name"]: user for user in browser.get("/api/v1/users").json()["items"]}


@pytest.fixture
def admin(browser):
    browser.log_in("admin")
    return browser


def test_an_administrator_adds_a_person_who_comes_in_by_the_link(admin, browser_for):
    body = {"name": "ZhangSan", "display_name": "张三", "role": "lead"}
    answer = admin.send("POST", "/api/v1/users", json=body)
    assert answer.status_code == 201
    content = answer.json()
    assert (content["user"]["name"], content["user"]["state"]) == ("zhangsan", "invited")
    assert admin.send("POST", "/api/v1/users", json=body).status_code == 409
    person = browser_for()
    page = person.get(content["link"])
    assert page.status_code == 200
    assert "zhangsan" in page.text
    assert person.get(content["link"]).status_code == 200, "looking does not use it up"
    entered = person.accept(content["link"])
    assert (entered.status_code, entered.headers["location"]) == (303, "/")
    assert person.get("/api/v1/session").json()["display_name"] == "某人"
    again = browser_for()
    assert again.get(content["link"]).status_code == 404
    refused = again.accept(content["link"], "another password here")
    assert (refused.status_code, "已经用过" in refused.text) == (404, True)
    assert listed(admin)["zhangsan"]["state"] == "active"


@pytest.mark.parametrize(
    ("password", "again", "reason"),
    [
        ("a long walk uphill", "a long walk", "不一样"),
        ("short", "short", "至少"),
        ("1234567890",) * 2 + ("猜到",),
    ],
)
def test_an_invitation_asks_for_a_good_password_twice(admin, browser_for, password, again, reason):
    link = admin.send(
        "POST", "/api/v1/users", json={"name": "lisi", "display_name": "李四", "role": "clerk"}
    ).json()["link"]
    secret = link.split("=")[1]
    person = browser_for()
    answer = person.submit("/invitation", secret=secret, display_name="李四", password=password, again=again)
    assert answer.status_code == 422
    assert reason in answer.text
    assert password not in answer.text
    assert person.accept(link).status_code == 303, "the link is still good"


def test_being_invited_anew_ends_what_was(admin, browser_for):
    clerk = browser_for()
    clerk.log_in()
    url = f"/api/v1/users/{listed(admin)['clerk']['id']}/invitations"
    link = admin.send("POST", url).json()["link"]
    clerk.app.state.service.accounts.identities.forget()
    assert not clerk.is_in
    assert clerk.log_in().status_code == 401
    assert clerk.accept(link).status_code == 303


def test_tokens_do_not_survive_being_invited_anew(admin, client_for):
    program = client_for(role="clerk")
    assert program.get("/api/v1/session").status_code == 200
    admin.send("POST", f"/api/v1/users/{listed(admin)['clerk']['id']}/invitations")
    program.app.state.service.accounts.identities.forget()
    assert program.get("/api/v1/session").status_code == 401


def test_two_administrators_do_not_overwrite_each_other(admin):
    row = listed(admin)["clerk"]
    url = f"/api/v1/users/{row['id']}"
    got = admin.get(url)
    assert got.headers["etag"] == f'"v{row["version"]}"'
    change = {"role": "lead"}
    assert admin.send("PATCH", url, json=change).status_code == 428
    first = admin.send("PATCH", url, json=change, headers={"If-Match": got.headers["etag"]})
    assert (first.status_code, first.json()["role"]) == (200, "lead")
    late = admin.send("PATCH", url, json={"role": "auditor"}, headers={"If-Match": got.headers["etag"]})
    assert (late.status_code, late.json()["version"]) == (412, first.json()["version"])
    assert listed(admin)["clerk"]["role"] == "lead"


def test_the_last_administrator_stays(admin):
    row = listed(admin)["admin"]
    for change in ({"disabled": True}, {"role": "clerk"}):
        answer = admin.send("PATCH", f"/api/v1/users/{row['id']}", json=change, headers={"If-Match": "*"})
        assert (answer.status_code, answer.json()["detail"]) == (409, "至少要保留一名可以登录的管理员")


def test_people_come_in_pages(admin):
    first = admin.get("/api/v1/users?limit=3").json()
    second = admin.get(f"/api/v1/users?limit=3&cursor={first['next']}").json()
    names = [user["name"] for page in (first, second) for user in page["items"]]
    assert sorted(names) == sorted(listed(admin))
    assert (first["total"], second["next"]) == (5, None)
    assert "password" not in str(first)


@pytest.mark.parametrize("role", ["clerk", "lead", "engineer", "auditor"])
def test_others_do_not_manage_people(client_for, is_problem, role):
    client = client_for(role=role)
    body = {"name": "lisi", "display_name": "李四", "role": "admin"}
    for answer in (
        client.get("/api/v1/users"),
        client.post("/api/v1/users", json=body),
        client.get("/api/v1/users/1"),
        client.post("/api/v1/users/1/invitations"),
        client.get("/api/v1/tokens?everybody=true"),
    ):
        content = is_problem(answer, 403)
        assert content["type"] == "urn:fenban:problem:forbidden"
        assert "需要权限" in content["detail"]


def test_a_token_is_shown_once_works_within_its_scopes_and_ends(browser, stranger):
    browser.log_in()
    answer = browser.send(
        "POST", "/api/v1/tokens", json={"name": "hotline", "scopes": ["suggest"], "days": 7}
    )
    assert answer.status_code == 201
    secret, token = answer.json()["secret"], answer.json()["token"]
    assert token["owner"] == "clerk"
    assert secret not in browser.get("/api/v1/tokens").text
    bearer = {"Authorization": f"Bearer {secret}"}
    suggest = {"items": [{"text": "路灯不亮"}]}
    assert stranger.post("/api/v1/suggestions", json=suggest, headers=bearer).status_code == 200
    assert stranger.get("/api/v1/topics", headers=bearer).status_code == 403
    facts = stranger.get("/api/v1/session", headers=bearer).json()
    assert (facts["permissions"], facts["token"], facts["csrf"]) == (["suggest"], "hotline", None)
    used = browser.get("/api/v1/tokens").json()["items"]
    assert {row["name"]: row["used_at"] is not None for row in used}["hotline"]
    assert browser.send("DELETE", f"/api/v1/tokens/{token['id']}").status_code == 204
    stranger.app.state.service.accounts.identities.forget()
    assert stranger.post("/api/v1/suggestions", json=suggest, headers=bearer).status_code == 401


def test_a_token_that_has_expired_is_none(client):
    with client.app.state.service.database.writing() as session:
        session.query(TokenRow).filter_by(name="test-admin").one().expires_at = now()
    assert client.get("/api/v1/model").status_code == 401


def test_a_token_makes_no_token_that_outlives_it_or_may_more(client, is_problem):
    body = {"name": "child", "scopes": ["suggest"], "days": 90}
    assert "更晚到期" in is_problem(client.post("/api/v1/tokens", json=body), 409)["detail"]
    with client.app.state.service.database.writing() as session:
        session.query(TokenRow).filter_by(name="test-admin").one().scopes = ["suggest", "tokens.manage"]
    client.app.state.service.accounts.identities.forget()
    more = {"name": "child", "scopes": ["users.manage"], "days": 1}
    is_problem(client.post("/api/v1/tokens", json=more), 409)


def test_nobody_revokes_the_token_of_another(browser, browser_for):
    browser.log_in()
    made = browser.send("POST", "/api/v1/tokens", json={"name": "mine", "scopes": ["suggest"]}).json()[
        "token"
    ]
    other = browser_for()
    other.log_in("lead")
    url = f"/api/v1/tokens/{made['id']}"
    assert other.send("DELETE", url).status_code == 404
    assert "mine" not in other.get("/api/v1/tokens").text
    admin = browser_for()
    admin.log_in("admin")
    assert "mine" in admin.get("/api/v1/tokens?everybody=true").text
    assert admin.send("DELETE", url).status_code == 204


def test_the_role_that_is_taken_away_takes_the_scopes_along(admin, client_for):
    lead = client_for(role="lead")
    assert "directory.write" in lead.get("/api/v1/session").json()["permissions"]
    row = listed(admin)["lead"]
    admin.send("PATCH", f"/api/v1/users/{row['id']}", json={"role": "auditor"}, headers={"If-Match": "*"})
    lead.app.state.service.accounts.identities.forget()
    permissions = lead.get("/api/v1/session").json()["permissions"]
    assert "directory.write" not in permissions
    assert "audit.read" not in permissions, "the token was not made for it"


def test_permissions_are_listed_for_choosing(client):
    content = client.get("/api/v1/permissions").json()
    assert content["permissions"]["suggest"] == "请求分办建议"
    assert content["roles"]["clerk"][0] == "suggest"
