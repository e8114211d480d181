"""The audit through the API: lines, filters, pages, and following the chain piece by piece."""

from __future__ import annotations

import pytest
from sqlalchemy import text

AUDIT = "/api/v1/audit"


@pytest.fixture
def busy(matters):
    for _ in range(3):
        matters.decided()
    return matters


def lines(matters, **params):
    answer = matters.client.get(AUDIT, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_lines_come_latest_first(busy):
    page = lines(busy)
    seqs = [line["seq"] for line in page["items"]]
    assert seqs == list(range(page["total"], 0, -1))
    assert page["items"][0]["action"] == "submission.decide"
    assert page["next"] is None


def test_filters(busy):
    decided = lines(busy, action="submission.decide")
    assert len(decided["items"]) == 3
    assert decided["total"] is None
    assert len(lines(busy, subject="submission:2")["items"]) == 2
    actor = decided["items"][0]["actor"]
    assert lines(busy, actor=actor, action="submission.decide")["items"] == decided["items"]
    assert lines(busy, actor="nobody")["items"] == []
    assert lines(busy, to="2001-01-01")["items"] == []
    assert len(lines(busy, **{"from": "2001-01-01"}, action="submission.decide")["items"]) == 3


def test_pages_hold_every_line_once(busy):
    seen, cursor = [], None
    while True:
        page = lines(busy, limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [line["seq"] for line in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == list(range(lines(busy)["total"], 0, -1))


def verified(matters, limit):
    """Follow the chain piece by piece, as the page does; return the last answer and how many there were."""
    params, answers = {"limit": limit}, 0
    while True:
        answer = matters.client.get(f"{AUDIT}/verification", params=params)
        assert answer.status_code == 200, answer.text
        content, answers = answer.json(), answers + 1
        if not content["next"]:
            return content, answers
        params = {"limit": limit, **content["next"]}


def test_the_chain_is_followed_piece_by_piece(busy):
    content, answers = verified(busy, 2)
    assert content["intact"]
    assert content["lines"] == content["total"] >= 6
    assert answers == -(-content["total"] // 2)
    assert content["head"] == lines(busy)["items"][0]["hash"]


def test_a_broken_line_is_named(busy):
    with busy.client.app.state.service.database.writing() as session:
        session.execute(text("DROP TRIGGER audit_no_update"))
        session.execute(text("UPDATE audit SET actor = 'somebody' WHERE seq = 4"))
    content, _ = verified(busy, 3)
    assert (content["intact"], content["broken_at"], content["flaw"]) == (False, 4, "altered")
    assert "第 4 行" in content["reason"]


@pytest.mark.parametrize("params", [{"cursor": "x"}, {"cursor": "WzBd"}, {"limit": 0}, {"from": "x"}])
def test_what_makes_no_sense_is_refused(client, is_problem, params):
    is_problem(client.get(AUDIT, params=params), 422)


def test_only_administrators_and_auditors_see_it(client_for, is_problem):
    for role in ("admin", "auditor"):
        assert client_for(role=role).get(AUDIT).status_code == 200
        assert client_for(role=role).get(f"{AUDIT}/verification").status_code == 200
    for role in ("clerk", "lead", "engineer"):
        is_problem(client_for(role=role).get(AUDIT), 403)
        is_problem(client_for(role=role).get(f"{AUDIT}/verification"), 403)
