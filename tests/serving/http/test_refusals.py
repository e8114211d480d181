"""What is refused, and how: fields, bodies, methods, overload, failures, callers who leave."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import threading

import pytest

SECRET = "绝不能进日志的一句话"
TEXT = "南宁市青秀区的公交车总是等很久才来一趟"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "items"),
        ({"items": []}, "items"),
        ({"items": [{}]}, "items[0].text"),
        ({"items": [{"text": "甲"}, {"text": "乙"}, {"text": 3}]}, "items[2].text"),
        ({"items": [{"text": "甲", "tilte": "乙"}]}, "items[0].tilte"),
        ({"items": [{"text": "甲", "received_at": "明天"}]}, "items[0].received_at"),
        ({"items": [{"text": "甲", "received_at": 20250318}]}, "items[0].received_at"),
        ({"items": [{"text": "甲", "title": "长" * 1001}]}, "items[0].title"),
        ({"items": ["甲"]}, "items[0]"),
        ({"items": {"text": "甲"}}, "items"),
        ({"items": [{"text": "甲"}], "top": 0}, "top"),
        ({"items": [{"text": "甲"}], "top": "三"}, "top"),
        ({"items": [{"text": "甲"}], "target_precision": 1}, "target_precision"),
        ({"items": [{"text": "甲"}], "extra": 1}, "extra"),
        ({"items": [{"text": "字" * 51}]}, "items[0].text"),
        ({"items": [{"text": "甲"}] * 4}, "items"),
        ([], "body"),
    ],
)
def test_what_is_wrong_is_named(client_for, body, field, is_problem):
    client = client_for(max_items=3, max_text=50)
    content = is_problem(client.post("/api/v1/suggestions", json=body), 422)
    assert [error["field"] for error in content["errors"]] == [field]
    message = content["errors"][0]["message"]
    assert re.search(r"[\u4e00-\u9fff]", message)
    assert "{" not in message


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        (b"{", 422),
        (b'{"items": [{"text": "\\ud800"}]}', 422),
        (b'{"items": [{"text": "a"}], "target_precision": NaN}', 422),
        (b"\xff\xfe{", 400),
        (b"[" * 100_000, 400),
    ],
)
def test_broken_bodies_are_refused(client, content, status, is_problem):
    headers = {"Content-Type": "application/json"}
    is_problem(client.post("/api/v1/suggestions", content=content, headers=headers), status)


def test_another_content_type_is_refused(client, is_problem):
    headers = {"Content-Type": "text/plain"}
    is_problem(client.post("/api/v1/suggestions", content=b'{"items":[{"text":"a"}]}', headers=headers), 422)


def test_a_body_too_large_is_refused_by_its_header(client_for, is_problem):
    is_problem(client_for(max_body=1000).suggest("字" * 1000), 413)


def test_a_body_too_large_is_refused_while_it_streams(client_for, is_problem):
    client = client_for(max_body=1000)
    sent = []

    async def endless():
        for i in range(1000):
            sent.append(i)
            yield b"x" * 100

    headers = {"Content-Type": "application/json"}
    answer = client.post("/api/v1/suggestions", content=endless(), headers=headers)
    assert "content-length" not in answer.request.headers
    is_problem(answer, 413)
    assert len(sent) < 20


def test_unknown_paths_and_methods(client, is_problem):
    is_problem(client.get("/api/v1/nothing"), 404)
    is_problem(client.get("/docs"), 404)
    is_problem(client.get("/static/nothing.js"), 404)
    answer = client.get("/api/v1/suggestions")
    is_problem(answer, 405)
    assert answer.headers["allow"] == "POST"


def test_overload_is_told_with_a_time_to_retry(client_for, is_problem, faulty):
    free, busy = threading.Event(), threading.Event()

    def hold(submissions):
        if submissions[0].text == TEXT:
            busy.set()
            assert free.wait(5)

    client = client_for(faulty(hold), max_waiting=1)
    body = {"items": [{"text": TEXT}]}

    async def crowd():
        first = asyncio.create_task(client.http.post("/api/v1/suggestions", json=body))
        await asyncio.to_thread(busy.wait, 5)
        second = asyncio.create_task(client.http.post("/api/v1/suggestions", json=body))
        while client.app.state.service.batcher.counters.waiting < 1:
            await asyncio.sleep(0.001)
        third = await client.http.post("/api/v1/suggestions", json=body)
        free.set()
        return await first, await second, third

    first, second, third = client.run(crowd())
    assert (first.status_code, second.status_code) == (200, 200)
    is_problem(third, 429)
    assert int(third.headers["retry-after"]) >= 1


def test_a_caller_who_goes_away_is_dropped_from_the_queue(client_for, faulty):
    free, busy, read = threading.Event(), threading.Event(), []

    def hold(submissions):
        read.extend(s.text for s in submissions)
        if submissions[0].text == TEXT:
            busy.set()
            assert free.wait(5)

    client = client_for(faulty(hold))
    counters = lambda: client.app.state.service.batcher.counters  # noqa: E731

    async def leave():
        body = {"items": [{"text": TEXT}]}
        first = asyncio.create_task(client.http.post("/api/v1/suggestions", json=body))
        await asyncio.to_thread(busy.wait, 5)
        gone = asyncio.Event()
        body = json.dumps({"items": [{"text": "走了"}]}).encode()
        messages = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive():
            if messages:
                return messages.pop()
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message):
            pass

        headers = [(b"authorization", client.http.headers["authorization"].encode())]
        headers.append((b"content-type", b"application/json"))
        scope = {
            "type": "http", "method": "POST", "path": "/api/v1/suggestions", "query_string": b"",
            "root_path": "", "headers": headers, "scheme": "http", "server": ("localhost", 8000),
            "http_version": "1.1",
        }  # fmt: skip
        second = asyncio.create_task(client.app(scope, receive, send))
        while counters().waiting < 1:
            await asyncio.sleep(0.001)
        gone.set()
        await second
        assert counters().waiting == 0
        free.set()
        await first

    client.run(leave())
    assert "走了" not in read


def fail_on_secret(submissions):
    if any(SECRET in s.text for s in submissions):
        raise RuntimeError(f"cannot read {submissions[0].text}")


def test_a_failure_tells_nothing_and_logs_no_text(client_for, router, caplog, is_problem, faulty):
    caplog.set_level(logging.DEBUG)
    client = client_for(faulty(fail_on_secret))
    content = is_problem(client.suggest(SECRET), 500)
    client.get(f"/api/v1/units?q={SECRET}")
    client.get(f"/{SECRET}")
    client.suggest("好", **{SECRET: 1})
    assert client.suggest(TEXT).status_code == 200
    records = [record.getMessage() for record in caplog.records if record.name.startswith("fenban")]
    assert any("RuntimeError" in line and content["request_id"] in line for line in records)
    assert SECRET not in caplog.text
    assert "%E7%BB%9D" not in "".join(records)
    assert "Traceback" not in caplog.text
    assert client.get("/readyz").json()["counters"]["failed"] == 1
