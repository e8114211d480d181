"""A small, bounded load on a service on this machine, for ``make bench``.

``python -m fenban.benchmarks.desk.load PORT`` reads the token from standard input, sends one client's
requests in sequence and then a fixed number a second, and prints the times in milliseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import statistics
import sys
import time
from dataclasses import dataclass

import httpx

from fenban.training.starter import starter_cases

_WARM_UP = 50


@dataclass(frozen=True, slots=True)
class Load:
    """How much is sent: requests in sequence, then ``rate`` a second for so many seconds.

    The texts are those of the starter cases, or, with ``characters``, stretches of that length.
    """

    in_sequence: int = 300
    rate: float = 100
    seconds: float = 20
    characters: int | None = None

    def texts(self) -> list[str]:
        """Return what is sent, in order and from the start again."""
        if self.characters:
            return join_texts(self.characters)
        return [case.submission.text[:200] for case in starter_cases()]


def join_texts(characters: int) -> list[str]:
    """Return stretches of the starter cases joined: ``characters`` long each, none seen in training."""
    joined = "。".join(case.submission.text.replace("\n", "") for case in starter_cases())
    return [joined[i : i + characters] for i in range(0, len(joined) - characters, characters)]


async def _timed(client: httpx.AsyncClient, text: str) -> float:
    started = time.perf_counter()
    answer = await client.post("/api/v1/suggestions", json={"items": [{"text": text}]})
    answer.raise_for_status()
    return (time.perf_counter() - started) * 1e3


async def _at_rate(client: httpx.AsyncClient, texts: itertools.cycle[str], load: Load) -> list[float]:
    """Send on schedule whether or not earlier answers have come: the open model of a load."""
    tasks = []
    started = time.perf_counter()
    for i in range(round(load.rate * load.seconds)):
        await asyncio.sleep(max(started + i / load.rate - time.perf_counter(), 0))
        tasks.append(asyncio.create_task(_timed(client, next(texts))))
    return list(await asyncio.gather(*tasks))


def summarise(times: list[float]) -> dict[str, float]:
    """Return median, 99th percentile and maximum of at least two times."""
    cuts = statistics.quantiles(times, n=100)
    return {
        "n": len(times),
        "p50": round(cuts[49], 2),
        "p99": round(cuts[98], 2),
        "max": round(max(times), 2),
    }


async def run(
    port: int, token: str, load: Load, transport: httpx.AsyncBaseTransport | None = None
) -> dict[str, dict[str, float]]:
    """Run both loads against 127.0.0.1, or through ``transport``."""
    texts = itertools.cycle(load.texts())
    headers = {"Authorization": f"Bearer {token}"}
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=200)
    base = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(
        base_url=base, headers=headers, limits=limits, timeout=30, transport=transport
    ) as client:
        for _ in range(min(_WARM_UP, load.in_sequence)):
            await _timed(client, next(texts))
        sequence = [await _timed(client, next(texts)) for _ in range(load.in_sequence)]
        rate = await _at_rate(client, texts, load)
    return {"one client": summarise(sequence), f"{load.rate:g} requests/s": summarise(rate)}


def main(arguments: list[str] | None = None) -> None:
    """Read the options, and the token from standard input; print one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m fenban.benchmarks.desk.load", description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("--in-sequence", type=int, default=300, metavar="N")
    parser.add_argument("--rate", type=float, default=100, metavar="N", help="requests a second")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--characters", type=int, metavar="N", help="length of the texts")
    chosen = parser.parse_args(arguments)
    load = Load(chosen.in_sequence, chosen.rate, chosen.seconds, chosen.characters)
    print(json.dumps(asyncio.run(run(chosen.port, sys.stdin.read().strip(), load))))


if __name__ == "__main__":
    main()
