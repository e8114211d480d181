"""Speed and memory of a model folder: in batches, and over the API of a service of its own.

``python -m fenban.benchmarks.desk.speed MODEL`` measures the batches in a fresh process.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import statistics
import sys
import tempfile
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fenban.model.case import Submission
from fenban.model.router import BATCH, Router
from fenban.serving.inference.pool import Asked, suggest_batches
from fenban.serving.store.database import Database, parse_database_url

from ..processes import fenban, resident_mb, run_module
from .admission import admit_person
from .load import join_texts
from .service_process import run_service, store_url_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

CHARACTERS = 200
_COPIES = 12  # of the starter cases' text, so that a fast part has enough to do
_LONGEST_S = 20.0


def measure_batch_speed(model: Path) -> dict[str, Any]:
    """Route texts of 200 characters in a fresh process; texts a second, and its memory."""
    done = run_module("fenban.benchmarks.desk.speed", str(model))
    return {**done.json(), "peak_mb": done.peak_mb}


def measure_scoring_speed(model: Path, folder: Path, *options: str) -> dict[str, Any]:
    """Time ``fenban evaluate`` on texts of 200 characters; ``options`` are its own, as a cascade."""
    path = folder / "texts-of-200.jsonl"
    lines = (json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in join_texts(CHARACTERS))
    path.write_text("".join(lines), "utf-8")
    done = fenban("evaluate", "--model", str(model), "--cases", str(path), "--json", *options)
    return {"texts_per_second": done.json()["texts_per_second"], "peak_mb": done.peak_mb}


def measure_api(model: Path, *load: str) -> dict[str, Any]:
    """Start ``fenban serve``, send the load of ``load`` (its options) and read its memory.

    Raises:
        LeftOut: the service did not start, or an answer was an error.
    """
    with _run_service(model) as (pid, port, token):
        before = resident_mb(pid)
        found = run_module("fenban.benchmarks.desk.load", port, *load, given=token).json()
        return {**found, "memory at the start": before, "memory after the load": resident_mb(pid)}


@contextlib.contextmanager
def _run_service(model: Path) -> Iterator[tuple[int, str, str]]:
    """Run a service with a store of its own; give its process, its port and a token."""
    with tempfile.TemporaryDirectory(prefix="fenban-store-") as folder:
        url = store_url_in(Path(folder))
        database = Database(parse_database_url(url, Path(folder)))
        token = admit_person(database)
        database.close()
        with run_service(model, url) as (pid, port):
            yield pid, port, token


def measure_batches(model: Path) -> dict[str, int]:
    """Return texts a second of 200 characters, in this process and on all cores."""
    router = Router.load(model)
    texts = [Submission(text) for text in join_texts(CHARACTERS)]
    texts = list(itertools.islice(itertools.cycle(texts), len(texts) * _COPIES))
    router.suggest(texts[:BATCH])
    # a slow model is not given more than it can do in a bearable time; the rate is the same
    texts = texts[: _count_bearable(lambda part: router.suggest(part), texts)]
    batches = [texts[i : i + BATCH] for i in range(0, len(texts), BATCH)]
    rates = {
        "texts": len(texts),
        "one process, with evidence": _rate(len(texts), lambda: router.suggest(texts)),
        "one process, without": _rate(len(texts), lambda: router.suggest(texts, evidence="none")),
    }
    # the processes' start is counted
    rates["all cores, with evidence"] = _rate(
        len(texts), lambda: deque(suggest_batches(router, batches, Asked(), model), maxlen=0)
    )
    return rates


def _count_bearable(work: Callable[[list[Submission]], object], texts: Sequence[Submission]) -> int:
    started = time.perf_counter()
    work(list(texts[:BATCH]))
    seconds = time.perf_counter() - started
    return max(min(len(texts), int(_LONGEST_S / seconds) * BATCH), BATCH)


def _rate(n: int, work: Callable[[], object]) -> int:
    runs = []
    for _ in range(3):
        started = time.perf_counter()
        work()
        runs.append(n / (time.perf_counter() - started))
    return round(statistics.median(runs))


if __name__ == "__main__":
    print(json.dumps(measure_batches(Path(sys.argv[1])), ensure_ascii=False))
