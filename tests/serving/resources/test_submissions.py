"""Registering, listing and looking at matters."""

from __future__ import annotations

import threading

import pytest

from fenban.serving.inference.batching import OverloadedError
from fenban.serving.store import audit

from .conftest import LEAD, URL, Matters

PHONE = "13800000000"


def test_a_matter_is_registered_with_a_suggestion_for_its_masked_text(matters):
    answer = matters.register(text=f"电话{PHONE}，青秀区夜市占道经营，油烟没人管", title="占道")
    content = answer.json()
    assert answer.status_code == 201
    assert (answer.headers["etag"], answer.headers["location"]) == ('"v1"', f"{URL}/{content['id']}")
    assert (content["state"], content["zone"], content["overdue"]) == ("待派遣", content["zone"], False)
    assert PHONE not in answer.text
    said = content["suggestion"]["suggestion"]
    assert content["suggested_unit"] == said["lead_units"][0]["unit"] == LEAD
    shown = f"{content['title']}\n{content['text']}"
    words = said["evidence"]["words"]
    assert words
    assert all(shown[word["start"] : word["end"]] == word["text"] for word in words)
    assert {action["action"] for action in content["actions"]} == {"refuse", "ask", "decide", "merge"}
    assert matters.get(content["id"]) == {key: content[key] for key in content if key != "suggestion"}


def test_what_was_registered_is_kept_raw_behind_its_own_permission(matters, client_for):
    content = matters.register(text=f"电话{PHONE}", submitter="某人", contact=PHONE).json()
    raw = matters.get(content["id"], "/raw")
    assert raw == {"title": "", "text": f"电话{PHONE}", "submitter": "某人", "contact": PHONE}
    with matters.client.app.state.service.database.reading() as session:
        (line,) = audit.read_page(session, [audit.AuditRow.action == "submission.raw"])
    assert line.subject == f"submission:{content['id']}"
    auditor = client_for(role="auditor")
    assert auditor.get(f"{URL}/{content['id']}").status_code == 200
    assert auditor.get(f"{URL}/{content['id']}/raw").status_code == 403


def test_who_may_only_read_changes_nothing_and_is_offered_nothing(matters, client_for, is_problem):
    registered = matters.register()
    reader = Matters(client_for(role="auditor"))
    assert reader.get(registered.json()["id"])["actions"] == []
    is_problem(reader.register(), 403)
    is_problem(reader.act(registered, "decisions", lead_unit=LEAD), 403)


def test_the_form_the_page_sends_is_understood(matters):
    content = matters.register(received_at="2026-03-18T09:30:00+08:00", form="求助").json()
    assert content["received_at"] == "2026-03-18T01:30:00+00:00"
    assert (content["form"], content["suggested_unit"]) == ("求助", LEAD)


def test_nobody_hands_in_a_suggestion(matters, is_problem):
    refused = is_problem(matters.register(suggestion={"zone": "auto"}), 422)
    assert refused["errors"] == [{"field": "suggestion", "message": "没有这个字段"}]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("2026-03-18", "2026-03-17T16:00:00+00:00"),
        ("2026-03-18 09:30", "2026-03-18T01:30:00+00:00"),
        ("2026年3月18日", "2026-03-17T16:00:00+00:00"),
        ("2026-03-18T09:30:00Z", "2026-03-18T09:30:00+00:00"),
    ],
)
def test_times_as_people_write_them(matters, written, kept):
    assert matters.register(received_at=written).json()["received_at"] == kept


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"text": "  "}, "text"),
        ({"text": "灯\x00灯"}, "text"),
        ({"form": "牢骚"}, "form"),
        ({"received_at": "明天"}, "received_at"),
        ({"received_at": "2999-01-01"}, "received_at"),
        ({"received_at": 5}, "received_at"),
        ({"nonsense": 1}, "nonsense"),
        ({"title": "题" * 1001}, "title"),
        ({"text": "灯" * 100_001}, "text"),
    ],
)
def test_what_cannot_be_registered(matters, is_problem, content, field):
    problem = is_problem(matters.register(**content), 422)
    assert problem["errors"][0]["field"] == field


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"text": "  "}, "不能为空"),
        ({"received_at": "2999-01-01"}, "应在 2000 年之后，且不晚于现在"),
        ({"received_at": 5}, "应为时间，例如 2025-03-18T09:30:00+08:00 或 2025-03-18"),
    ],
)
def test_a_refused_field_says_what_is_wrong_with_it(matters, is_problem, content, message):
    assert is_problem(matters.register(**content), 422)["errors"][0]["message"] == message


def test_the_same_key_registers_once(matters, is_problem):
    headers = {"Idempotency-Key": "abc"}
    first = matters.client.post(URL, json={"text": "灯不亮"}, headers=headers)
    again = matters.client.post(URL, json={"text": "灯不亮"}, headers=headers)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["etag"] == first.headers["etag"]
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    problem = is_problem(matters.client.post(URL, json={"text": "另一件"}, headers=headers), 422)
    assert problem["type"].endswith("reused-key")
    assert matters.list()["total"] == 1


def test_a_matter_is_not_lost_when_the_model_is_overloaded(client_for, router, faulty):
    def act(submissions):
        if any("夜市" in submission.text for submission in submissions):
            raise OverloadedError(1)

    matters = Matters(client_for(faulty(act)))
    answer = matters.register()
    assert (answer.status_code, answer.json()["suggestion"], answer.json()["zone"]) == (201, None, None)
    assert matters.act(answer, "suggestions").status_code == 429


def test_the_model_can_be_asked_again(matters):
    registered = matters.register()
    answer = matters.act(registered, "suggestions")
    assert answer.status_code == 201
    assert (answer.headers["etag"], answer.json()["matter"]["version"]) == ('"v2"', 2)
    found = matters.get(registered.json()["id"], "/suggestions")["items"]
    assert [one["id"] for one in found] == [1, 2]


def test_lists_are_filtered_and_paged(matters):
    for _ in range(5):
        matters.register()
    proposal = matters.register(form="提案", text="关于夜市的提案").json()["id"]
    matters.decided()
    page = matters.list("?limit=3&sort=received")
    assert (len(page["items"]), page["total"], page["total_is_more"]) == (3, 7, False)
    found = [one["id"] for one in page["items"]]
    while page["next"]:
        page = matters.list(f"?limit=3&sort=received&cursor={page['next']}")
        found += [one["id"] for one in page["items"]]
    assert sorted(found, reverse=True) == found == list(range(7, 0, -1))
    ids = {
        query: [one["id"] for one in matters.list(query)["items"]]
        for query in (
            "?kind=proposal",
            "?state=已派遣&state=审查&sort=received",
            f"?unit={LEAD}&open=true",
            "?q=提案",
            "?received_from=2026-01-01&received_to=2026-01-02",
            "?mine=true&state=已派遣",
        )
    }
    assert list(ids.values()) == [[proposal], [7, proposal], [7], [proposal], [], [7]]


@pytest.mark.parametrize(
    "query",
    [
        "?limit=0",
        "?limit=1000",
        "?cursor=abc",
        "?cursor=WyJyZWNlaXZlZCIsbnVsbCwxXQ",
        "?sort=title",
        "?zone=red",
        "?received_from=gestern",
        "?q=%00",
        "?q=，",
        "?due_before=5",
    ],
)
def test_what_cannot_be_listed(client, is_problem, query):
    is_problem(client.get(f"{URL}{query}"), 422)


@pytest.mark.parametrize("what", ["", "/raw", "/timeline", "/suggestions", "/decisions", "/returns"])
def test_there_is_no_such_matter(client, is_problem, what):
    problem = is_problem(client.get(f"{URL}/99{what}"), 404)
    assert problem["type"].endswith("no-such-record")
    assert "办件" in problem["detail"]


def test_ids_that_no_database_holds(client, is_problem):
    for wrong in ("0", "x", str(2**31), str(2**64)):
        is_problem(client.get(f"{URL}/{wrong}"), 422)


def test_two_at_once_with_the_same_key_register_one(client_for, peopled_file, tmp_path):
    """Two applications over one store, as two worker processes would be."""
    clients = [client_for(), client_for()]
    for (
        client
    ) in clients:  # FastAPI makes an operation ready at its first request, and not in two threads at once
        assert client.post(URL, json={}).status_code == 422
    began, answers = threading.Barrier(2), []

    def register(client) -> None:
        began.wait()
        answer = client.post(URL, json={"text": "灯不亮"}, headers={"Idempotency-Key": "k"})
        answers.append((answer.status_code, answer.json()["id"]))

    threads = [threading.Thread(target=register, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [(201, 1), (201, 1)]


def test_readiness_tells_when_the_store_does_not_answer(client, is_problem):
    assert client.get("/readyz").status_code == 200
    database = client.app.state.service.database
    with database.writing() as session:
        session.connection().exec_driver_sql("ALTER TABLE alembic_version RENAME TO gone")
    problem = is_problem(client.get("/readyz"), 503)
    assert problem["type"].endswith("store-unreachable")


def test_what_is_personal_in_fields_that_take_any_text_is_masked_before_it_is_stored(matters):
    registered = matters.register(channel=f"热线 {PHONE}", jurisdiction=f"南宁市/青秀区 {PHONE}")
    assert registered.json()["channel"] == "热线 [手机号]"
    assert registered.json()["jurisdiction"] == "南宁市/青秀区 [手机号]"
    asked = {
        "topic": "电话138/0000/0000",
        "function": f"找{PHONE}",
        "other_lead_unit": "甲局一三八零零零零零零零零",
    }
    decided = matters.act(registered, "decisions", lead_unit=LEAD, **asked)
    assert decided.status_code == 201, decided.text
    number = registered.json()["id"]
    kept = [matters.get(number), matters.get(number, "/timeline"), matters.get(number, "/decisions")]
    with matters.client.app.state.service.database.reading() as session:
        kept += [f"{line.subject} {line.detail}" for line in audit.read_page(session, [])]
    for written in (PHONE, "138/0000/0000", "一三八零零零零零零零零"):
        assert all(written not in str(what) for what in (*kept, decided.text))
    assert matters.get(number)["topic"] == "电话[手机号]"


def test_a_disguised_number_is_not_found_by_the_search(matters):
    matters.register(text="电话①③⑧⓪⓪⓪⓪⓪⓪⓪⓪，夜市占道经营")
    assert matters.list(f"?q={PHONE}")["items"] == []
    assert len(matters.list("?q=夜市占道")["items"]) == 1


def test_a_field_with_a_vocabulary_takes_no_other_word(matters, is_problem):
    for field in ("form", "lane", "kind"):
        is_problem(matters.register(**{field: f"找{PHONE}"}), 422)
