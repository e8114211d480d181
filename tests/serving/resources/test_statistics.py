"""Statistics through the API; what they count is tested beside the store."""

from __future__ import annotations

import datetime as dt

import pytest

from fenban.serving.store.statistics import facts

from .conftest import LEAD, OTHER

KINDS = ("accuracy", "overrides", "returns", "topics", "workload")


@pytest.fixture(autouse=True)
def _always_fresh(monkeypatch):
    monkeypatch.setattr(facts, "_FRESH", dt.timedelta(0))


def figures(matters, kind, **params):
    answer = matters.client.get(f"/api/v1/statistics/{kind}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_store_has_figures(matters, kind):
    assert dt.datetime.fromisoformat(figures(matters, kind)["as_of"]).tzinfo


def test_a_matter_that_came_back_was_not_addressed_right(matters):
    decided = matters.decided()
    back = matters.act(decided, "returns", reason="职能不符", why="不归我们管")
    assert back.status_code == 201, back.text
    again = matters.act(back, "decisions", lead_unit=OTHER)
    done = matters.act(again, "outcomes", reply="已清理", resolved=True)
    assert done.status_code == 201, done.text
    straight = matters.act(matters.decided(), "outcomes", reply="已清理", resolved=True)
    assert straight.status_code == 201, straight.text

    accuracy = figures(matters, "accuracy")
    assert (accuracy["settled"], accuracy["right"], accuracy["rate"]) == (2, 1, 0.5)
    returned = figures(matters, "returns")
    assert returned["pairs"] == [{"from": LEAD, "to": OTHER, "n": 1}]
    assert figures(matters, "returns", unit=OTHER)["returns"] == 0
    load = figures(matters, "workload", period="month")
    assert (load["received"], load["open"], load["closed"]) == (2, 0, 2)
    assert figures(matters, "workload", to="2001-01-01")["received"] == 0
    assert figures(matters, "overrides")["decided"] == 2
    assert figures(matters, "topics")["weeks"][-1]


@pytest.mark.parametrize(
    "params", [{"from": "2026-02-02", "to": "2026-02-01"}, {"from": "x"}, {"to": "1900-01-01"}]
)
def test_a_span_that_makes_no_sense_is_refused(client, is_problem, params):
    is_problem(client.get("/api/v1/statistics/accuracy", params=params), 422)


def test_who_may_see_them(client_for, stranger, is_problem):
    url = "/api/v1/statistics/workload"
    for role in ("clerk", "lead", "engineer", "admin", "auditor"):
        assert client_for(role=role).get(url).status_code == 200
    is_problem(stranger.get(url), 401)
