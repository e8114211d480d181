"""A small, bounded load on a service on this machine, for ``make bench``.

``python -m fenban.serving.load PORT`` reads the token from standard input, sends one client's
requests in sequence and then a fixed number a second, and prints the times in milliseconds.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import statistics
import sys
import time

import httpx

from fenban.training.starter import starter_cases

IN_SEQUENCE = 300
A_SECOND = 100
SECONDS = 20


async def _timed(client: httpx.AsyncClient, text: str) -> float:
    started = time.perf_counter()
    answer = await client.post("/api/v1/suggestions", json={"items": [{"text": text}]})
    answer.raise_for_status()
    return (time.perf_counter() - started) * 1e3


async def _at_rate(client: httpx.AsyncClient, texts: itertools.cycle[str]) -> list[float]:
    """Send on schedule whether or not earlier answers have come: the open model of a load."""
    tasks = []
    started = time.perf_counter()
    for i in range(A_SECOND * SECONDS):
        await asyncio.sleep(max(started + i / A_SECOND - time.perf_counter(), 0))
        tasks.append(asyncio.create_task(_timed(client, next(texts))))
    return list(await asyncio.gather(*tasks))


def summary(times: list[float]) -> dict[str, float]:
    """Return median, 99th percentile and maximum."""
    cuts = statistics.quantiles(times, n=100)
    return {
        "n": len(times),
        "p50": round(cuts[49], 2),
        "p99": round(cuts[98], 2),
        "max": round(max(times), 2),
    }


async def run(port: int, token: str) -> dict[str, dict[str, float]]:
    """Run both loads against 127.0.0.1."""
    texts = itertools.cycle([case.submission.text[:200] for case in starter_cases()])
    headers = {"Authorization": f"Bearer {token}"}
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=200)
    base = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=base, headers=headers, limits=limits, timeout=30) as client:
        for _ in range(50):
            await _timed(client, next(texts))
        sequence = [await _timed(client, next(texts)) for _ in range(IN_SEQUENCE)]
        rate = await _at_rate(client, texts)
    return {"one client": summary(sequence), f"{A_SECOND} requests/s": summary(rate)}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(int(sys.argv[1]), sys.stdin.read().strip()))))
