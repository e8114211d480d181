"""A matter followed through the API until it is really solved."""

from __future__ import annotations

import datetime as dt

import pytest

from fenban.serving.store import verification

from .conftest import LEAD, OTHER, Matters


def ok(answer):
    assert answer.status_code == 201, answer.text
    return answer


def test_from_a_return_to_an_evaluation(matters):
    answer = ok(matters.act(matters.decided(), "returns", reason="职能不符", why="不归我们管"))
    assert (answer.json()["returned"]["unit"], answer.json()["matter"]["state"]) == (LEAD, "退单")
    answer = ok(matters.act(answer, "decisions", lead_unit=OTHER))
    answer = ok(matters.act(answer, "steps", action="sign"))
    answer = ok(matters.act(answer, "transfers", to_unit=LEAD, why="商定由城管办"))
    deadline = dt.datetime.fromisoformat(answer.json()["matter"]["deadline_at"])
    until = (deadline + dt.timedelta(days=1)).isoformat()
    answer = ok(matters.act(answer, "extensions", until=until, why="要开挖"))
    assert answer.json()["matter"]["deadline_at"] == until
    answer = ok(matters.act(answer, "outcomes", reply="已清理", resolved=True))
    answer = ok(matters.act(answer, "evaluations", satisfied=False, score=1, why="又回来了"))
    assert [one["action"] for one in answer.json()["matter"]["actions"]] == ["reopen"]
    answer = ok(matters.act(answer, "steps", action="reopen", why="又回来了"))
    assert answer.json()["step"]["label"] == "不满意重办"
    answer = ok(matters.act(answer, "outcomes", reply="已劝离", resolved=True))
    answer = ok(matters.act(answer, "evaluations", satisfied=True, score=5))
    assert answer.json()["matter"]["actions"] == []
    items = {what: matters.get(1, f"/{what}")["items"] for what in ("returns", "transfers", "outcomes")}
    assert [len(found) for found in items.values()] == [1, 1, 2]
    assert items["outcomes"][1]["reply"] == "已劝离"
    assert len(matters.get(1, "/evaluations")["items"]) == 2
    assert matters.get(1, "/extensions")["items"][0]["until"] == until
    labels = [step["label"] for step in matters.get(1, "/timeline")["items"]]
    assert labels == ("登记 受理 派遣 退单 改派 签收 转办 延期 办结 评价 不满意重办 办结 评价".split())


def test_mediation(matters, is_problem):
    answer = matters.act(matters.register(lane="协商调解"), "decisions", lead_unit=LEAD)
    assert (
        "协商意见书" in is_problem(matters.act(answer, "outcomes", reply="好", resolved=True), 409)["detail"]
    )
    promises = [
        {"unit": LEAD, "what": "装隔音板", "due_on": "2026-12-20"},
        {"unit": "店主", "what": "早收摊"},
    ]
    content = {"text": "双方同意", "parties": ["住户", "店主"], "promises": promises}
    answer = ok(matters.act(answer, "agreements", **content))
    agreement = answer.json()["agreement"]
    for left, promise in ((2, agreement["promises"][0]), (1, agreement["promises"][1])):
        refused = is_problem(matters.act(answer, "outcomes", reply="好", resolved=True), 409)
        assert f"{left} 项" in refused["detail"]
        kept = f"agreements/{agreement['id']}/promises/{promise['id']}/fulfilments"
        answer = ok(matters.act(answer, kept, why="到场看过"))
    assert ok(matters.act(answer, "outcomes", reply="好", resolved=True)).json()["matter"]["state"] == "办结"
    (found,) = matters.get(1, "/agreements")["items"]
    assert [promise["due_on"] for promise in found["promises"]] == ["2026-12-20", None]
    assert all(promise["fulfilment"]["why"] == "到场看过" for promise in found["promises"])


def test_merging(matters, is_problem):
    main, other = matters.decided(), matters.register()
    answer = ok(matters.act(other, "merges", into=1, why="同一处"))
    content = answer.json()
    assert (content["matter"]["merged_into"], content["main"]["id"], content["merge"]["into"]) == (1, 1, 1)
    assert [one["id"] for one in matters.list("?merged_into=1")["items"]] == [2]
    ok(matters.act(main, "outcomes", reply="已清理", resolved=True))
    steps = matters.get(2, "/timeline")["items"]
    assert (steps[-1]["label"], steps[-1]["detail"]["state"]) == ("随主件", "办结")
    is_problem(matters.act(other, "merges", into=1), 412)
    is_problem(matters.act(matters.register(), "merges", into=1), 409)
    is_problem(matters.act(matters.register(), "merges", into=99), 404)


def test_a_text_is_supplemented_and_read_again(matters, is_problem):
    answer = ok(matters.act(matters.register(text="有人占道"), "steps", action="ask", why="哪里"))
    is_problem(matters.act(answer, "steps", action="supplement"), 422)
    answer = ok(matters.act(answer, "steps", action="supplement", text="青秀区夜市，电话13800000000"))
    assert "13800000000" not in answer.text
    assert answer.json()["matter"]["text"].endswith("青秀区夜市，电话[手机号]")
    assert len(matters.get(1, "/suggestions")["items"]) == 2
    is_problem(matters.act(answer, "steps", action="sign", text="多余"), 422)


@pytest.mark.parametrize("action", ["refuse", "ask"])
def test_a_step_that_needs_a_reason(matters, is_problem, action):
    registered = matters.register()
    assert "理由" in is_problem(matters.act(registered, "steps", action=action), 409)["detail"]
    ok(matters.act(registered, "steps", action=action, why="写明了"))


def test_a_proposal_that_is_refused_becomes_public_opinion(matters):
    registered = matters.register(form="提案")
    assert registered.json()["state"] == "审查"
    answer = ok(matters.act(registered, "steps", action="refuse", why="不属提案范围"))
    content = answer.json()
    assert (content["step"]["label"], content["matter"]["form"]) == ("不予立案", "社情民意")
    labels = [step["label"] for step in matters.get(1, "/timeline")["items"]]
    assert labels == ["登记", "提交审查", "不予立案", "转社情民意"]


@pytest.mark.parametrize(
    ("what", "content"),
    [
        ("returns", {"reason": "不想办", "why": "x"}),
        ("returns", {"reason": "其他"}),
        ("transfers", {"to_unit": LEAD, "why": " "}),
        ("outcomes", {"reply": "好"}),
        ("evaluations", {"satisfied": True, "score": 9}),
        ("extensions", {"until": "2020-01-01", "why": "x"}),
        ("extensions", {"until": "9999-12-31T23:59:59Z", "why": "x"}),
        ("agreements", {"text": "x", "parties": ["a", "b"], "promises": []}),
        ("steps", {"action": "decide"}),
        ("merges", {"into": "x"}),
    ],
)
def test_what_is_not_understood(matters, is_problem, what, content):
    is_problem(matters.act(matters.decided(), what, **content), 422)
    assert matters.get(1)["version"] == 2


def test_a_whole_journey_on_either_database(peopled, client_for):
    """From registering to an evaluation, with a return, a mediation and a merger; then the audit holds."""
    url = peopled.url.render_as_string(hide_password=False)
    matters = Matters(client_for(role="clerk", database=url))
    registered = matters.register(text="青秀区夜市占道经营，油烟没人管")
    assert [one["id"] for one in matters.list("?q=夜市 油烟&state=待派遣")["items"]] == [1]
    answer = ok(matters.act(registered, "decisions", {"Idempotency-Key": "k"}, lead_unit=OTHER))
    assert (
        matters.act(registered, "decisions", {"Idempotency-Key": "k"}, lead_unit=OTHER).json()
        == answer.json()
    )
    assert matters.act(registered, "decisions", lead_unit=OTHER).status_code == 412
    answer = ok(matters.act(answer, "returns", reason="职能不符", why="不归我们管"))
    answer = ok(matters.act(answer, "decisions", lead_unit=LEAD, lane="协商调解"))
    promise = [{"unit": LEAD, "what": "每晚巡查"}]
    answer = ok(matters.act(answer, "agreements", text="同意", parties=["甲", "乙"], promises=promise))
    agreement = answer.json()["agreement"]
    assert matters.act(answer, "outcomes", reply="好", resolved=True).status_code == 409
    ok(matters.act(matters.register(), "merges", into=1, why="同一处"))
    kept = f"agreements/{agreement['id']}/promises/{agreement['promises'][0]['id']}/fulfilments"
    answer = ok(matters.act(answer, kept, why="到场看过"))
    answer = ok(matters.act(answer, "outcomes", reply="已清理", resolved=True))
    ok(matters.act(answer, "evaluations", satisfied=True, score=5))
    assert matters.list("?open=true")["items"] == []
    assert matters.list("?merged_into=1")["items"][0]["satisfied"] is True
    with peopled.reading() as session:
        verdict = verification.verify(session)
    assert (verdict.lines, verdict.broken_at) == (10, None)
