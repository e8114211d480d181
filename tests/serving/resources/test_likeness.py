"""Possible duplicates, hot issues and risks of a return, over HTTP."""

from __future__ import annotations

import pytest

from tests.model.likeness.invented_letters import ALONE, LIGHTS, PLANT

from .conftest import LEAD


@pytest.fixture
def filled(matters):
    return [matters.register(text=text).json() for text in (*LIGHTS, *ALONE[:3])]


def test_a_text_not_taken_in_is_compared(client, filled):
    answer = client.post("/api/v1/similar", json={"text": LIGHTS[0], "jurisdiction": "南宁市/青秀区"})
    assert answer.status_code == 200
    first, *others = answer.json()["items"]
    assert (first["matter"]["id"], first["kind"], first["similarity"]) == (filled[0]["id"], "same_text", 1)
    assert {one["kind"] for one in others} == {"same_matter"}
    assert {one["matter"]["id"] for one in others} <= {filled[1]["id"], filled[2]["id"]}
    assert others[0]["differences"]
    assert {piece["where"] for piece in others[0]["pieces"]} == {"both", "here", "there"}


def test_a_matter_in_the_store_is_compared(client, filled):
    found = client.get(f"/api/v1/submissions/{filled[0]['id']}/similar").json()["items"]
    assert found
    assert filled[0]["id"] not in {one["matter"]["id"] for one in found}


def test_what_is_not_there_or_not_allowed(client_for, stranger, is_problem):
    client = client_for()
    is_problem(client.get("/api/v1/submissions/99/similar"), 404)
    is_problem(client.post("/api/v1/similar", json={"text": " "}), 422)
    is_problem(client_for(max_text=5).post("/api/v1/similar", json={"text": "路灯坏了三天"}), 422)
    is_problem(client.get("/api/v1/return-risk"), 422)
    is_problem(client.get("/api/v1/clusters?weeks=1"), 422)
    is_problem(client.get("/api/v1/clusters/99"), 404)
    is_problem(stranger.get("/api/v1/clusters"), 401)
    is_problem(stranger.post("/api/v1/similar", json={"text": "路灯坏了"}), 401)


def clusters_of(client, query=""):
    client.get(f"/api/v1/clusters?{query}")
    client.app.state.service.clusters.wait()
    return client.get(f"/api/v1/clusters?{query}").json()


def test_hot_issues_are_listed_with_their_members(client, matters, filled):
    for text in PLANT:
        matters.register(text=text)
    found = clusters_of(client)
    assert not found["computing"]
    assert found["matters"] == len(filled) + len(PLANT)
    assert sorted(one["size"] for one in found["items"]) == [3, 4]
    lamps = min(found["items"], key=lambda one: one["size"])
    detail = client.get(f"/api/v1/clusters/{lamps['id']}").json()
    assert {one["id"] for one in detail["members"]} == {one["id"] for one in filled[:3]}
    assert {one["may_merge"] for one in detail["members"]} == {True}
    assert {one["version"] for one in detail["members"]} == {1}


def test_hot_issues_are_narrowed_down(client, filled):
    assert len(clusters_of(client, "q=路灯")["items"]) == 1
    assert clusters_of(client, "q=路灯%20搅拌")["items"] == []
    (one,) = clusters_of(client, "growing=true")["items"]
    assert one["grows"]


def test_who_only_reads_may_not_merge(client_for, filled):
    auditor = client_for(role="auditor")
    (one,) = clusters_of(auditor)["items"]
    members = auditor.get(f"/api/v1/clusters/{one['id']}").json()["members"]
    assert {member["may_merge"] for member in members} == {False}


def test_a_unit_that_returned_such_matters_is_named(client, matters):
    topic = None
    for n in range(6):
        decided = matters.decided()
        topic = decided.json()["matter"]["topic"]
        if n < 5:
            returned = matters.act(decided, "returns", reason="职能不符", why="不归我们管")
            assert returned.status_code == 201, returned.text
    answer = client.get("/api/v1/return-risk", params={"unit": [LEAD, "别的单位"], "topic": topic})
    (risk,) = answer.json()["items"]
    assert (risk["unit"], risk["returned"], risk["of"], risk["reason"]) == (LEAD, 5, 6, "职能不符")
    assert (risk["taken_by"], risk["taken"]) == (None, 0)
