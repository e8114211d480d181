"""Fifty clerks at work at once: Locust's users on one service, each acting every five seconds on average.

``python -m fenban.benchmarks.desk.clerks PORT`` reads one token a clerk from standard input and
prints times in milliseconds. Never imported by what measures: Locust replaces the standard library's
blocking calls in the process that imports it.
"""

from __future__ import annotations

import argparse
import json
import random
import secrets
import statistics
import sys
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any, ClassVar

import gevent
from locust import FastHttpUser
from locust.env import Environment

from .load import join_texts

if TYPE_CHECKING:
    from collections.abc import Callable

API = "/api/v1"
EVERY_S = (2.0, 8.0)  # from one action to the next: five seconds on average
CHARACTERS = 120
_ACROSS = "跨区域协同"
_WORDS = ("路灯", "工资", "噪音", "学校", "公交车", "下水道", "停水", "电梯", "垃圾 清运", "“路灯不亮”")
_STATISTICS = ("accuracy", "overrides", "returns", "topics", "workload")
_chance = random.Random()  # noqa: S311 - no secret
_REPLY = "已到现场处理，并向来件人说明情况。"


class Clerk(FastHttpUser):  # type: ignore[misc]  # typed as Any where Locust is not installed
    """A clerk: what she does in a day, in the shares in which she does it."""

    network_timeout = 30.0
    texts: ClassVar[list[str]] = join_texts(CHARACTERS)
    tokens: ClassVar[list[str]] = []
    actions: ClassVar[dict[str, list[float]]] = defaultdict(list)
    told: ClassVar[int] = 0  # how often another clerk was faster, and she was told so

    def on_start(self) -> None:
        """Log in, and begin at some moment of the first seconds."""
        self.token = Clerk.tokens.pop()
        self.mine: list[int] = []
        self.began = time.monotonic() - _chance.uniform(0, EVERY_S[1])

    def wait_time(self) -> float:
        """Return the seconds until the next action, counted from the beginning of the last one."""
        following = self.began + _chance.uniform(*EVERY_S)
        return max(following - time.monotonic(), 0.0)

    def _act(self, name: str, act: Callable[[], object]) -> None:
        self.began = time.monotonic()
        act()
        Clerk.actions[name].append((time.monotonic() - self.began) * 1e3)

    def _get(self, path: str, name: str) -> Any:
        return self._call("GET", path, name)

    def _call(self, method: str, path: str, name: str, body: Any = None, etag: str | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "text/html, application/json"}
        if method == "POST":
            headers["Idempotency-Key"] = secrets.token_hex(16)
        if etag:
            headers["If-Match"] = etag
        content = None if body is None else json.dumps(body).encode()
        if content is not None:
            headers["Content-Type"] = "application/json"
        asked = self.client.request(
            method, path, name=name, data=content, headers=headers, catch_response=True
        )
        with asked as answer:
            if answer.status_code == 412:
                Clerk.told += 1
                answer.success()
                return None
            if not 200 <= answer.status_code < 300:
                answer.failure(f"{answer.status_code} {answer.error or ''} {(answer.text or '')[:200]}")
                return None
            is_json = "json" in answer.headers.get("content-type", "")
            return json.loads(answer.text) if is_json else answer.text

    def _together(self, *asked: tuple[str, str]) -> list[Any]:
        """Send GETs at once, as a page does."""
        return [job.get() for job in gevent.joinall([gevent.spawn(self._get, *one) for one in asked])]

    def take_in_and_decide(self) -> None:
        """Paste a text, look at the suggestion and at its likes, register it, decide."""
        self._act("take in and decide", self._take_in)

    def _take_in(self) -> None:
        text = "。".join(_chance.sample(Clerk.texts, 2))
        items = {"items": [{"text": text}], "top": 5}
        self._call("POST", f"{API}/suggestions", "suggestion", items)
        self._call("POST", f"{API}/similar", "similar", {"text": text})
        self._call("POST", f"{API}/suggestions", "suggestion, explained", {**items, "explain": True})
        taken = self._call("POST", f"{API}/submissions", "register", {"text": text, "channel": "12345 热线"})
        if taken and taken["state"] == "待派遣" and taken["suggested_unit"]:
            self._decide(taken, taken["suggested_unit"])

    def _decide(self, matter: dict[str, Any], unit: str) -> None:
        body = {"lead_unit": unit}
        if matter["lane"] == _ACROSS:
            body["other_lead_unit"] = "广东省廉江市人民政府"
        if self._change(matter["id"], "decisions", "decide", body, f'"v{matter["version"]}"'):
            self.mine.append(matter["id"])

    def _change(self, number: int, what: str, name: str, body: dict[str, Any], etag: str) -> Any:
        return self._call("POST", f"{API}/submissions/{number}/{what}", name, body, etag)

    def look_at_the_queue(self) -> None:
        """Open the list of what waits, sometimes filtered."""
        query = _chance.choice(("open=true", "state=待派遣", "open=true&overdue=true", "open=true&mine=true"))
        self._act("look at the queue", lambda: self._queue(query))

    def _queue(self, query: str) -> list[dict[str, Any]]:
        self._get("/queue", "page /queue")
        found = self._get(f"{API}/submissions?limit=50&sort=deadline&{query}", "list")
        items: list[dict[str, Any]] = found["items"] if found else []
        return items

    def open_a_matter(self) -> None:
        """Open one of the list, and read it."""
        self._act("open a matter", self._open)

    def _open(self) -> None:
        items = self._queue("open=true")
        if items:
            self._read(_chance.choice(items)["id"])

    def _read(self, number: int) -> dict[str, Any] | None:
        self._get(f"/matters/{number}", "page /matters/{id}")
        path = f"{API}/submissions/{number}"
        matter: dict[str, Any] | None = self._get(path, "matter")
        parts = ("timeline", "suggestions", "similar")
        self._together(*((f"{path}/{part}", f"matter/{part}") for part in parts))
        return matter

    def decide_what_waits(self) -> None:
        """Take one that waits for a decision, and decide it; another clerk may be faster."""
        self._act("decide what waits", self._decide_waiting)

    def _decide_waiting(self) -> None:
        waiting = [item for item in self._queue("state=待派遣") if item["suggested_unit"]]
        matter = self._read(_chance.choice(waiting)["id"]) if waiting else None
        if matter and matter["state"] == "待派遣":
            self._decide(matter, matter["suggested_unit"])

    def search(self) -> None:
        """Look for words."""
        word = _chance.choice(_WORDS)
        self._act(
            "search",
            lambda: self._together(("/search", "page /search"), (f"{API}/search?q={word}", "search")),
        )

    def send_back(self) -> None:
        """A unit does not want it: it comes back, and goes out again."""
        self._act("send back and decide anew", self._return)

    def _return(self) -> None:
        if not self.mine or not (matter := self._read(self.mine[-1])):
            return
        body = {"reason": "职能不符", "why": "不属于本单位职责"}
        back = self._change(matter["id"], "returns", "return", body, f'"v{matter["version"]}"')
        if back:
            self.mine.pop()
            self._decide(back["matter"], matter["lead_unit"])

    def resolve(self) -> None:
        """What was done about one of hers is written down."""
        self._act("resolve", self._resolve)

    def _resolve(self) -> None:
        if self.mine and (matter := self._read(self.mine.pop(0))):
            body = {"reply": _REPLY, "resolved": True}
            if matter["lane"] != "协商调解":  # there an agreement comes first
                self._change(matter["id"], "outcomes", "resolve", body, f'"v{matter["version"]}"')

    def look_over_it_all(self) -> None:
        """Look at statistics and hot issues, as a lead does."""
        name = _chance.choice(_STATISTICS)
        asked = ((f"{API}/statistics/{name}", "statistics"), (f"{API}/clusters", "clusters"))
        self._act("look over it all", lambda: self._together(*asked))


_SHARES: tuple[tuple[Callable[[Clerk], None], int], ...] = (
    (Clerk.take_in_and_decide, 30),
    (Clerk.look_at_the_queue, 20),
    (Clerk.open_a_matter, 20),
    (Clerk.decide_what_waits, 8),
    (Clerk.search, 10),
    (Clerk.send_back, 4),
    (Clerk.resolve, 8),
    (Clerk.look_over_it_all, 2),
)
Clerk.tasks = [act for act, share in _SHARES for _ in range(share)]


def run(port: int, tokens: list[str], seconds: float) -> dict[str, Any]:
    """Let one clerk a token work for so long; return the times of requests and of whole actions."""
    times: dict[str, list[float]] = defaultdict(list)
    failures: list[str] = []
    environment = Environment(user_classes=[Clerk], host=f"http://127.0.0.1:{port}")

    def hear(name: str, response_time: float, exception: Exception | None, **_: Any) -> None:
        times[name].append(response_time)
        if exception is not None:
            failures.append(f"{name}: {exception}")

    environment.events.request.add_listener(hear)
    Clerk.tokens = list(tokens)
    runner = environment.create_local_runner()
    runner.start(len(tokens), spawn_rate=len(tokens) / EVERY_S[1])
    gevent.spawn_later(seconds, runner.quit)
    runner.greenlet.join()
    every = [one for some in times.values() for one in some]
    return {
        "clerks": len(tokens),
        "seconds": seconds,
        "actions": sum(map(len, Clerk.actions.values())),
        "requests": len(every),
        "errors": len(failures),
        "told that another was faster": Clerk.told,
        "all requests": _summary(every),
        "requests by kind": {name: _summary(some) for name, some in sorted(times.items())},
        "whole actions": {name: _summary(some) for name, some in sorted(Clerk.actions.items())},
        "first errors": failures[:5],
    }


def _summary(times: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times, n=100, method="inclusive") if len(times) > 1 else times * 99
    values = {"p50": cuts[49], "p95": cuts[94], "p99": cuts[98], "max": max(times)} if times else {}
    return {"n": len(times), **{name: round(value, 1) for name, value in values.items()}}


def main() -> None:
    """Read the options, and the tokens from standard input; print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("--seconds", type=float, default=120)
    chosen = parser.parse_args()
    print(json.dumps(run(chosen.port, sys.stdin.read().split(), chosen.seconds), ensure_ascii=False))


if __name__ == "__main__":
    main()
