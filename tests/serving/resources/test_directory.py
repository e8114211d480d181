"""The directory over HTTP: preview, applying what was previewed, versions, and what is refused."""

from __future__ import annotations

import pytest

from fenban.model.directory import Directory, Unit
from fenban.serving.resources.directory import directory
from fenban.serving.store import directories

CITY = "南宁市"
LIST = (
    "单位名称,职能,属地,别名\n"
    "南宁市青秀区交通运输局,交通运输局,南宁市/青秀区,青秀交通\n"
    "南宁市青秀区城管和园林局,城市管理局,南宁市/青秀区,\n"
    "南宁市机场公司,机场,,\n"
    "南宁市机场公司,机场,,\n"
)
CHANGES = "/api/v1/directory/versions/{}/changes"


def previewed(client, text=LIST, **form):
    files = {"file": ("名单.csv", text.encode(), "text/csv")}
    return client.post("/api/v1/directory/preview", files=files, data=form)


def applied(client, shown, text=LIST, *, headers=None, **form):
    given = {"on": shown["on"], "fingerprint": shown["fingerprint"], **form}
    return client.post(
        "/api/v1/directory/versions",
        files={"file": ("名单.csv", text.encode(), "text/csv")},
        data=given,
        headers={"If-Match": f'"{shown["base"]}"'} if headers is None else headers,
    )


@pytest.fixture
def lead(client_for):
    return client_for(role="lead")


def test_the_models_directory_counts_until_a_list_comes_in(lead, router):
    answer = lead.get("/api/v1/directory")
    content = answer.json()
    assert content["version"] is None
    assert content["units"] == len(router.content.directory.units) == 20
    assert content["ended"] == 0
    assert answer.headers["etag"] == f'"{content["fingerprint"]}"'


def test_a_preview_says_what_would_change_and_writes_nothing(lead):
    before = lead.get("/api/v1/directory").json()
    answer = previewed(lead, within=f"{CITY}/青秀区")
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert shown["base"] == before["fingerprint"] == answer.headers["etag"].strip('"')
    assert shown["within"] == f"{CITY}/青秀区"
    assert shown["listed"] == 3
    assert shown["outside"] == 16
    assert shown["counts"] == {"added": 1, "ended": 2, "renamed": 1, "aliases": 1}
    assert shown["guesses"] == [{"unit": "南宁市青秀区城管和园林局", "was": "南宁市青秀区城市管理局"}]
    assert [change["label"] for change in shown["changes"]] == ["新增", "停用", "停用", "更名", "别名变更"]
    assert shown["unreadable"] == [{"row": 5, "column": "单位名称", "reason": "与前面的一行重复"}]
    assert shown["notes"] == [{"row": 4, "unit": "南宁市机场公司", "text": f"没写属地，按名称认作“{CITY}”"}]
    assert shown["units"] == 19
    assert lead.get("/api/v1/directory").json() == before


def test_what_was_previewed_becomes_the_version_that_counts(lead, client_for):
    other = client_for(role="clerk")
    assert other.get("/api/v1/units?q=机场").json()["total"] == 0
    shown = previewed(lead).json()
    answer = applied(lead, shown, note="依据 2026 年机构改革")
    assert answer.status_code == 201, answer.text
    version = answer.json()
    assert version["fingerprint"] == shown["fingerprint"] == answer.headers["etag"].strip('"')
    assert (version["by"], version["note"]) == ("token:test-lead", "依据 2026 年机构改革")
    # another process sees it at once
    assert other.get("/api/v1/units?q=机场").json()["items"][0]["unit"] == "南宁市机场公司"
    state = other.get("/api/v1/directory").json()
    assert state["version"] == version
    assert (state["units"], state["ended"]) == (3, 19)
    changes = other.get(CHANGES.format(version["id"])).json()
    assert changes["counts"] == shown["counts"]
    listed = other.get("/api/v1/directory/versions").json()
    assert listed == {"items": [version], "next": None, "total": 1}


def test_suggestions_and_decisions_follow_a_renaming(lead, is_problem):
    text = "南宁市青秀区夜市占道经营，油烟和垃圾没人管"
    old, new = "南宁市青秀区城市管理局", "南宁市青秀区城管和园林局"
    assert lead.suggest(text).json()["items"][0]["lead_units"][0]["unit"] == old
    applied(lead, previewed(lead, within=f"{CITY}/青秀区").json(), within=f"{CITY}/青秀区")
    first = lead.suggest(text).json()["items"][0]["lead_units"][0]
    assert (first["unit"], first["formerly"]) == (new, old)
    taken = lead.post("/api/v1/submissions", json={"text": text}).json()
    assert taken["suggested_unit"] == new
    url, headers = f"/api/v1/submissions/{taken['id']}/decisions", {"If-Match": f'"v{taken["version"]}"'}
    ended = {"lead_unit": "南宁市青秀区教育局"}
    assert "已停用" in is_problem(lead.post(url, json=ended, headers=headers), 409)["detail"]
    decided = lead.post(url, json={"lead_unit": old}, headers=headers)
    assert decided.json()["matter"]["lead_unit"] == new


def test_a_guess_may_be_refused(lead):
    shown = previewed(lead, separate=["南宁市青秀区城管和园林局"]).json()
    assert "renamed" not in shown["counts"]
    assert applied(lead, shown, separate=["南宁市青秀区城管和园林局"]).status_code == 201
    assert lead.get("/api/v1/units/南宁市青秀区城市管理局").json()["successor"] is None


def test_what_was_not_previewed_is_not_written(lead, is_problem):
    shown = previewed(lead).json()
    content = is_problem(applied(lead, shown, LIST.replace("机场", "港口")), 409)
    assert "重新预览" in content["detail"]
    is_problem(applied(lead, shown, complete="false"), 409)
    is_problem(applied(lead, shown | {"on": "2020-01-01"}), 409)
    assert lead.get("/api/v1/directory").json()["version"] is None


def test_two_who_import_at_once_the_second_is_told(lead, is_problem):
    shown = previewed(lead).json()
    mine = previewed(lead, LIST + "南宁市港口公司,港口,,\n").json()
    first = applied(lead, shown).json()
    content = is_problem(applied(lead, mine, LIST + "南宁市港口公司,港口,,\n"), 412)
    assert content["version"] == first["id"]
    again = previewed(lead).json()
    assert again["changes"] == []
    assert "没有差别" in is_problem(applied(lead, again), 409)["detail"]


def test_the_version_that_is_changed_must_be_named(lead, is_problem):
    shown = previewed(lead).json()
    is_problem(applied(lead, shown, headers={}), 428)
    assert applied(lead, shown, headers={"If-Match": "*"}).status_code == 201


def test_sent_again_with_its_key_it_is_written_once(lead, is_problem):
    shown = previewed(lead).json()
    headers = {"If-Match": f'"{shown["base"]}"', "Idempotency-Key": "one"}
    first, second = (applied(lead, shown, headers=headers) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert first.headers["etag"] == second.headers["etag"]
    assert lead.get("/api/v1/directory/versions").json()["total"] == 1
    is_problem(applied(lead, shown, headers=headers, note="other"), 422)


def test_an_import_between_reading_and_writing_is_noticed(lead, is_problem, monkeypatch):
    shown = previewed(lead).json()
    service = lead.app.state.service
    original = directory.propose

    def slow(*arguments):
        with service.database.writing() as session:  # somebody else, while this one is at it
            directories.add(session, Directory((), [Unit("别的局")]), "other")
        return original(*arguments)

    monkeypatch.setattr(directory, "propose", slow)
    is_problem(applied(lead, shown), 412)
    assert lead.get("/api/v1/directory/versions").json()["total"] == 1


def test_versions_come_in_pages(lead, is_problem):
    texts = [LIST, LIST + "南宁市港口公司,港口,,\n", LIST + "南宁市码头公司,港口,,\n"]
    ids = [applied(lead, previewed(lead, text).json(), text).json()["id"] for text in texts]
    first = lead.get("/api/v1/directory/versions?limit=2").json()
    assert [item["id"] for item in first["items"]] == ids[:0:-1]
    rest = lead.get("/api/v1/directory/versions", params={"limit": 2, "cursor": first["next"]}).json()
    assert [item["id"] for item in rest["items"]] == ids[:1]
    assert (rest["next"], rest["total"]) == (None, 3)
    changes = lead.get(CHANGES.format(ids[2])).json()["items"]
    assert [(change["kind"], change["unit"], change["was"]) for change in changes] == [
        ("renamed", "南宁市码头公司", "南宁市港口公司")
    ]
    is_problem(lead.get("/api/v1/directory/versions?cursor=WyJ4Il0"), 422)
    is_problem(lead.get(CHANGES.format(999)), 404)


def test_a_list_that_cannot_be_read_says_what_to_do(lead, is_problem):
    content = is_problem(previewed(lead, "甲,乙\n1,2\n"), 422)
    assert content["errors"][0]["field"] == "file"
    assert "没有“单位”一列" in content["errors"][0]["message"]
    is_problem(lead.post("/api/v1/directory/preview"), 422)
    is_problem(previewed(lead, on="0001-01-01"), 422)


@pytest.mark.parametrize("role", ["clerk", "auditor"])
def test_who_may_not_change_the_directory_may_read_it(client_for, is_problem, role):
    other = client_for(role=role)
    assert other.get("/api/v1/directory").status_code == 200
    assert other.get("/api/v1/directory/versions").status_code == 200
    is_problem(previewed(other), 403)
    is_problem(applied(other, {"on": "2026-01-01", "fingerprint": "0" * 64, "base": "x"}), 403)
