"""Deciding through the API, over the version that the caller has seen."""

from __future__ import annotations

import threading

import pytest

from .conftest import LEAD, OTHER, URL, Matters


def test_a_decision_answers_with_its_line_and_the_matter(matters):
    answer = matters.act(matters.register(), "decisions", lead_unit=LEAD, co_units=[OTHER], why="按职责")
    content = answer.json()
    assert answer.status_code == 201
    assert answer.headers["etag"] == '"v2"'
    assert (content["decision"]["rank"], content["decision"]["co_units"]) == (1, [OTHER])
    assert (content["matter"]["state"], content["matter"]["lead_unit"]) == ("已派遣", LEAD)
    found = matters.get(content["matter"]["id"], "/decisions")["items"]
    assert [{**one, "undo_until": content["decision"]["undo_until"]} for one in found] == [
        content["decision"]
    ]


def test_a_change_names_its_version(matters, is_problem):
    registered = matters.register()
    url = f"{URL}/{registered.json()['id']}/decisions"
    is_problem(matters.client.post(url, json={"lead_unit": LEAD}), 428)
    problem = is_problem(matters.act(registered, "decisions", {"If-Match": '"v7"'}, lead_unit=LEAD), 412)
    assert problem["version"] == 1
    is_problem(matters.act(registered, "decisions", {"If-Match": "nonsense"}, lead_unit=LEAD), 412)
    assert matters.act(registered, "decisions", {"If-Match": "*"}, lead_unit=LEAD).status_code == 201
    problem = is_problem(matters.act(registered, "decisions", lead_unit=OTHER), 412)
    assert problem["version"] == 2


def test_of_two_clerks_at_once_the_second_is_told(client_for):
    """Two applications over one store, as two worker processes would be."""
    clerks = [Matters(client_for(role=role)) for role in ("clerk", "lead")]
    registered = clerks[0].register()
    began, answers = threading.Barrier(2), []

    def decide(matters, unit) -> None:
        began.wait()
        answers.append(matters.act(registered, "decisions", lead_unit=unit))

    threads = [threading.Thread(target=decide, args=pair) for pair in zip(clerks, (LEAD, OTHER), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first, second = sorted(answers, key=lambda answer: answer.status_code)
    assert (first.status_code, second.status_code, second.json()["version"]) == (201, 412, 2)
    lead = first.json()["decision"]["lead_unit"]
    assert clerks[0].get(1)["lead_unit"] == lead
    assert len(clerks[0].get(1, "/decisions")["items"]) == 1


def test_an_undone_decision(matters, is_problem):
    decided = matters.decided()
    undo = f"decisions/{decided.json()['decision']['id']}/undo"
    undone = matters.act(decided, undo)
    assert undone.status_code == 201
    assert (undone.json()["matter"]["state"], undone.json()["matter"]["lead_unit"]) == ("待派遣", None)
    assert undone.json()["decision"]["undoes"] == decided.json()["decision"]["id"]
    is_problem(matters.act(undone, undo), 409)
    is_problem(matters.act(undone, "decisions/99/undo"), 404)
    labels = [step["label"] for step in matters.get(1, "/timeline")["items"]]
    assert labels == ["登记", "受理", "派遣", "撤销派遣"]


def test_somebody_elses_decision_is_not_undone(matters, client_for, is_problem):
    decided = matters.decided()
    other = Matters(client_for(role="clerk"))
    undo = f"decisions/{decided.json()['decision']['id']}/undo"
    assert "自己" in is_problem(other.act(decided, undo), 409)["detail"]


@pytest.mark.parametrize(
    ("content", "status"),
    [
        ({"lead_unit": "没有这个局"}, 409),
        ({"lead_unit": LEAD, "lane": "跨区域协同"}, 409),
        ({"lead_unit": LEAD, "suggestion_id": 99}, 404),
        ({"lead_unit": LEAD, "form": "提案"}, 409),
        ({"lead_unit": " "}, 422),
        ({}, 422),
        ({"lead_unit": LEAD, "suggestion_id": 2**40}, 422),
        ({"lead_unit": LEAD, "co_units": ["没有这个局"]}, 409),
    ],
)
def test_what_is_not_decided(matters, is_problem, content, status):
    registered = matters.register()
    is_problem(matters.act(registered, "decisions", **content), status)
    assert matters.get(1)["state"] == "待派遣"


def test_a_decision_sent_again_is_made_once(matters):
    registered = matters.register()
    headers = {"Idempotency-Key": "once"}
    first = matters.act(registered, "decisions", headers, lead_unit=LEAD)
    again = matters.act(registered, "decisions", headers, lead_unit=LEAD)
    assert (again.status_code, again.json()) == (201, first.json())
    assert len(matters.get(1, "/decisions")["items"]) == 1
