"""How long every page and every list takes on a store with many matters, one request at a time.

``python -m fenban.benchmarks.desk.store_load PORT`` reads a session (what its cookie holds, and its CSRF
token) from standard input and prints the times in milliseconds, as a client on this machine sees them: a
little more than the server's.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from fenban.serving.http.cookies import session_cookie

from .load import join_texts

if TYPE_CHECKING:
    from collections.abc import Iterator

REPEATS = 40
PAGES = ("/", "/queue", "/search", "/clusters", "/directory", "/statistics", "/audit", "/accounts")
WORDS = (
    "路灯", "工资", "噪音", "学校", "公交车", "下水道", "低保", "房产证", "夜市 油烟", "拖欠 工地",
    "“路灯不亮”", "停水", "电梯", "养老金", "垃圾 清运", "的", "路", "物业 收费", "村委会", "充电桩",
)  # fmt: skip
Request = tuple[str, dict[str, Any] | None]  # an address to GET, or one to POST to with its body
API = "/api/v1"


@dataclass(frozen=True, slots=True)
class Sample:
    """What there is in the store to ask for."""

    ids: list[int] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    topics: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    cursors: dict[str, str] = field(default_factory=dict)


def take_sample(client: httpx.Client) -> Sample:
    """Look at some matters, open and closed, for what to ask for; learn where second pages begin."""
    found: list[dict[str, Any]] = []
    cursors = {}
    for sort, state in itertools.product(("deadline", "received", "updated"), ("true", "false")):
        page = client.get(f"{API}/submissions", params={"sort": sort, "open": state, "limit": 100})
        content = page.raise_for_status().json()
        found += content["items"]
        cursors[f"sort={sort}&open={state}"] = content["next"]
    newest = max(item["id"] for item in found)
    spread = range(1, newest, max(newest // REPEATS, 1))

    def distinct(name: str) -> list[str]:
        return sorted({item[name] for item in found if item[name]})

    names = (distinct("lead_unit"), distinct("topic"), distinct("jurisdiction"))
    return Sample([*spread], *names, {query: cursor for query, cursor in cursors.items() if cursor})


def probes(sample: Sample) -> Iterator[tuple[str, Iterator[Request]]]:
    """Return everything that is asked: its name, and its requests without end."""
    for page in PAGES:
        yield f"page {page}", _each(page)
    yield "page /matters/{id}", _each(*(f"/matters/{number}" for number in sample.ids))
    yield from _lists(sample)
    for part in ("", "/timeline", "/suggestions", "/decisions", "/similar", "/returns", "/outcomes"):
        yield f"one matter{part}", _each(*(f"{API}/submissions/{number}{part}" for number in sample.ids))
    texts = join_texts(120)
    yield "similar, at intake", ((f"{API}/similar", {"text": text}) for text in itertools.cycle(texts))
    for sort in ("relevance", "newest"):
        yield f"search by {sort}", _each(*(f"{API}/search?q={word}&sort={sort}" for word in WORDS))
    yield (
        "search, open ones of a unit",
        _each(
            *(
                f"{API}/search?q={word}&unit={unit}&state=open"
                for word, unit in _zip_cycling(WORDS, sample.units)
            )
        ),
    )
    for name in ("accuracy", "overrides", "returns", "topics", "workload"):
        yield f"statistics/{name}", _each(f"{API}/statistics/{name}")
    yield "clusters", _each(f"{API}/clusters", f"{API}/clusters?growing=true", f"{API}/clusters?q=噪音")
    risks = (f"unit={unit}&topic={topic}" for unit, topic in _zip_cycling(sample.units, sample.topics))
    yield "return-risk", _each(*(f"{API}/return-risk?{risk}" for risk in risks))
    yield (
        "audit",
        _each(f"{API}/audit", f"{API}/audit?action=submission.register", f"{API}/audit?actor=clerk01"),
    )
    yield "audit/verification, a part", _each(f"{API}/audit/verification")
    for name in ("units", "units?q=教育", "directory", "topics", "users", "tokens", "session"):
        yield name, _each(f"{API}/{name}")


def _lists(sample: Sample) -> Iterator[tuple[str, Iterator[Request]]]:
    root = f"{API}/submissions?limit=50&"
    for query in ("open=true", "", "open=false&sort=updated", "state=待派遣", "state=退单&state=待派遣"):
        yield f"list {query or 'of all'}", _each(f"{root}{query}")
    for query in ("overdue=true", "open=true&mine=true", "kind=proposal&open=true", "zone=manual&open=true"):
        yield f"list {query}", _each(f"{root}{query}")
    for query in ("form=举报", "lane=紧急&open=true", "received_from=2026-01-01&received_to=2026-01-31"):
        yield f"list {query}", _each(f"{root}{query}")
    for name, values in (("unit", sample.units), ("topic", sample.topics), ("jurisdiction", sample.places)):
        yield f"list {name}", _each(*(f"{root}{name}={value}" for value in values))
        yield f"list open, {name}", _each(*(f"{root}open=true&{name}={value}" for value in values))
    yield "list q", _each(*(f"{root}q={word}" for word in WORDS))
    for query, cursor in sample.cursors.items():
        yield f"second page {query}", _each(f"{API}/submissions?limit=100&{query}&cursor={cursor}")


def _each(*addresses: str) -> Iterator[Request]:
    return ((address, None) for address in itertools.cycle(addresses))


def _zip_cycling(first: tuple[str, ...] | list[str], second: list[str]) -> list[tuple[str, str]]:
    return list(zip(first, itertools.cycle(second), strict=False))


def measure_requests(client: httpx.Client, requests: Iterator[Request]) -> dict[str, float]:
    """Send ``REPEATS`` requests, after one that is not counted; return median, p95 and the longest, in ms."""
    times = []
    for address, body in itertools.islice(requests, REPEATS + 1):
        started = time.perf_counter()
        answer = client.get(address) if body is None else client.post(address, json=body)
        answer.raise_for_status()
        times.append((time.perf_counter() - started) * 1e3)
    cuts = statistics.quantiles(times[1:], n=20, method="inclusive")
    named = {"p50": cuts[9], "p95": cuts[18], "max": max(times[1:]), "first": times[0]}
    return {name: round(value, 1) for name, value in named.items()}


def main() -> None:
    """Measure everything; print one JSON object, and what was slowest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("--only", default="", help="part of the names of what is measured")
    chosen = parser.parse_args()
    cookie, csrf = sys.stdin.read().split()
    base = f"http://127.0.0.1:{chosen.port}"
    headers = {"Accept": "text/html, application/json", "X-CSRF-Token": csrf, "Origin": base}
    cookies = {session_cookie(chosen.port): cookie}
    with httpx.Client(base_url=base, headers=headers, cookies=cookies, timeout=60) as client:
        found = {
            name: measure_requests(client, requests)
            for name, requests in probes(take_sample(client))
            if chosen.only in name
        }
    print(json.dumps(found, ensure_ascii=False))


if __name__ == "__main__":
    main()
