"""The operations: answers, look-ups, headers, the console page and the OpenAPI document."""

from __future__ import annotations

import asyncio
import json
import re

import pytest
from jsonschema import Draft202012Validator

from fenban.serving.resources.suggestions import schemas

TEXT = "南宁市青秀区的公交车总是等很久才来一趟"
STATUSES = {
    ("/api/v1/suggestions", "post"): {"200", "400", "401", "403", "413", "422", "429", "500", "503"},
    ("/api/v1/topics", "get"): {"200", "401", "403", "500"},
    ("/api/v1/units", "get"): {"200", "401", "403", "422", "500", "503"},
    ("/api/v1/model", "get"): {"200", "401", "403", "500"},
    ("/healthz", "get"): {"200", "500"},
    ("/readyz", "get"): {"200", "500", "503"},
}


def test_suggestions_are_those_of_the_router(client, router):
    answer = client.suggest(TEXT, "", top=2)
    content = answer.json()
    assert answer.status_code == 200
    expected = [json.loads(json.dumps(s.as_dict())) for s in router.suggest([TEXT, ""], top=2)]
    assert content["items"] == expected
    assert content["model"] == {"version": router.version}
    assert set(content["timings"]) == {"waiting_ms", "inference_ms"}
    assert content["items"][0]["lead_units"][0]["unit"] == "南宁市青秀区交通运输局"
    schemas.SuggestionResponse.model_validate(content, strict=True, extra="forbid")


def test_everything_that_comes_along_reaches_the_router(client_for, faulty):
    seen = []
    client = client_for(faulty(seen.append))
    item = {
        "text": TEXT,
        "title": "公交",
        "received_at": "2025年3月18日 09:30",
        "jurisdiction": "南宁市",
        "form": "投诉",
    }
    body = {"items": [item, {"text": "x", "title": None, "received_at": None}], "target_precision": 0.9}
    assert client.post("/api/v1/suggestions", json=body).status_code == 200
    first, second = seen[-1]
    assert (first.title, str(first.received_at), first.jurisdiction, first.form) == (
        "公交", "2025-03-18", "南宁市", "投诉",
    )  # fmt: skip
    assert (second.title, second.received_at) == ("", None)


def test_concurrent_requests_get_their_own_answers(client, router):
    texts = [f"南宁市{place}一家饭店拖欠工资不发" for place in ("青秀区", "兴宁区", "江南区")] * 10

    async def all_at_once():
        posts = [client.http.post("/api/v1/suggestions", json={"items": [{"text": text}]}) for text in texts]
        return await asyncio.gather(*posts)

    units = [answer.json()["items"][0]["lead_units"][0]["unit"] for answer in client.run(all_at_once())]
    assert units == [s.lead_units[0].unit for s in router.suggest(texts)]
    counters = client.get("/readyz").json()["counters"]
    assert counters["texts"] == 30
    assert counters["batches"] < 30


def test_topics_carry_definitions_where_known(client):
    found = {item["path"]: item["definition"] for item in client.get("/api/v1/topics").json()["items"]}
    assert "公交" in found["交通运输/公共交通"]
    assert list(found) == sorted(found)


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ({}, 20),
        ({"q": "教育局"}, 5),
        ({"q": "青秀 工资"}, 0),
        ({"q": "青秀 教育"}, 1),
        ({"function": "城市管理局"}, 5),
        ({"function": "没有的职能"}, 0),
        ({"jurisdiction": "南宁市"}, 20),
        ({"jurisdiction": "南宁市/青秀区"}, 4),
        ({"jurisdiction": "南宁市/青"}, 0),
    ],
)
def test_units_are_found(client, query, total):
    content = client.get("/api/v1/units", params=query).json()
    assert content["total"] == total
    assert len(content["items"]) == min(total, 50)


def test_units_come_in_pages(client, is_problem):
    pages = [
        client.get(f"/api/v1/units?limit=8&offset={offset}").json()["items"] for offset in (0, 8, 16, 24)
    ]
    assert [len(page) for page in pages] == [8, 8, 4, 0]
    assert len({unit["unit"] for page in pages for unit in page}) == 20
    for query in ("limit=0", "limit=501", "offset=-1", "limit=x", f"q={'长' * 101}"):
        content = is_problem(client.get(f"/api/v1/units?{query}"), 422)
        assert content["errors"][0]["field"] == query.split("=")[0]


def test_the_model_is_described(client, router):
    content = client.get("/api/v1/model").json()
    assert content["version"] == router.version
    assert content["labels"] == {"lead_unit": 20, "function": 4, "topic": 4}
    assert content["facts"]["data"]["cases"] == 40
    assert set(content["thresholds"]) == set(content["labels"])
    schemas.ModelFacts.model_validate(content, extra="forbid")


def test_readiness_follows_the_batcher(client, is_problem):
    service = client.app.state.service
    content = client.get("/readyz").json()
    assert content["status"] == "ready"
    assert content["model"] == {"version": service.router.version}
    client.run(service.batcher.__aexit__(None, None, None))
    is_problem(client.get("/readyz"), 503)
    is_problem(client.suggest(TEXT), 503)
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.parametrize("path", ["/", "/healthz", "/api/v1/model", "/static/shared/api.js", "/nothing"])
def test_every_response_is_framed(client, path):
    headers = client.get(path).headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == ("no-cache" if path == "/static/shared/api.js" else "no-store")
    assert re.fullmatch(r"[0-9a-f]{32}", headers["x-request-id"])


def test_a_request_id_is_taken_over_if_it_is_harmless(client):
    assert (
        client.get("/healthz", headers={"X-Request-Id": "desk-7.42"}).headers["x-request-id"] == "desk-7.42"
    )
    assert "!" not in client.get("/healthz", headers={"X-Request-Id": "a!b"}).headers["x-request-id"]


def test_the_console_is_served_without_outside_urls(client, router):
    page = client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert router.version in page.text
    assert not re.search(r"(?:src|href)=[\"'](?:https?:)?//", page.text)
    script = client.get("/static/shared/api.js")
    assert script.headers["content-type"].startswith("text/javascript")
    again = client.get("/static/shared/api.js", headers={"If-None-Match": script.headers["etag"]})
    assert again.status_code == 304


def test_the_openapi_document_is_complete(client):
    document = client.get("/openapi.json").json()
    assert "http://" not in json.dumps(document)
    assert "https://" not in json.dumps(document)
    operations = {(path, verb): op for path, verbs in document["paths"].items() for verb, op in verbs.items()}
    assert {key: set(operations[key]["responses"]) for key in STATUSES} == STATUSES
    assert len({op["operationId"] for op in operations.values()}) == len(operations)
    tags = {tag["name"] for tag in document["tags"]}
    for (path, verb), operation in operations.items():
        assert operation["summary"]
        assert operation["description"]
        assert set(operation["tags"]) <= tags
        guarded = path.startswith("/api/") and (path, verb) != ("/api/v1/session", "post")
        assert ("security" in operation) == guarded
        assert not guarded or "401" in operation["responses"]
        for status, answer in operation["responses"].items():
            assert re.search(r"[\u4e00-\u9fff]", answer["description"])
            kind = "application/json" if status < "300" else "application/problem+json"
            assert list(answer.get("content", ())) == ([] if status == "204" else [kind]), (path, verb)


def test_the_openapi_document_is_valid(client_for):
    document = client_for(max_items=7, max_text=70).get("/openapi.json").json()
    known = document["components"]["schemas"]
    references = re.findall(r'"\$ref": "#/components/schemas/(\w+)"', json.dumps(document))
    assert set(references) <= set(known)
    for schema in known.values():
        Draft202012Validator.check_schema(schema)
        assert schema["description"]
    assert known["SuggestionRequest"]["properties"]["items"]["maxItems"] == 7
    assert known["SubmissionItem"]["properties"]["text"]["maxLength"] == 70
    for name in ("SuggestionRequest", "SubmissionItem"):
        assert known[name]["additionalProperties"] is False
