"""``make bench``: every figure of BENCHMARKS.md in one run, printed as it is to be written down.

Run ``python -m fenban.serving.bench --data FOLDER`` with the benchmark folder beside the project.
Each part runs the real command in a fresh process; the texts are read, measured and forgotten.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import uvicorn

from fenban.model.case import Submission
from fenban.model.directory import shipped_directory
from fenban.model.router import BATCH, Router
from fenban.serving.api import create_app
from fenban.serving.listening import open_socket
from fenban.serving.pool import Asked, suggest_batches
from fenban.serving.settings import ServiceSettings
from fenban.training.evaluate import evaluate, read_topic_map
from fenban.training.starter import starter_cases
from fenban.training.tables import read_cases
from fenban.training.train import SEED, train

if TYPE_CHECKING:
    from collections.abc import Callable

REPEATS = 5
TOKEN = "a-token-of-the-benchmark-alone"  # noqa: S105 - lives as long as the benchmark
CURVE = (300, 600, 1200, 2400)
MATTERS = Path("tests/behaviour/matters.jsonl")


@dataclass(frozen=True, slots=True)
class Set:
    """One benchmark: its name and the files to train on and to score."""

    name: str
    train: str
    score: str


SETS = (
    Set("hotline_orders", "hotline_orders/train.jsonl", "hotline_orders/dev.jsonl"),
    Set("citizen_messages", "citizen_messages/train.jsonl", "citizen_messages/dev.jsonl"),
    Set("taipei_questions", "taipei_questions/train.jsonl", "taipei_questions/valid.jsonl"),
)


def main(arguments: list[str] | None = None) -> int:
    """Run all parts whose data is there; print one JSON object a line."""
    parser = argparse.ArgumentParser(prog="python -m fenban.serving.bench", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder of the benchmarks")
    chosen = parser.parse_args(arguments)
    _say("machine", {"cpu": platform.processor() or platform.machine(), "python": platform.python_version()})
    with tempfile.TemporaryDirectory(prefix="fenban-bench-") as name:
        folder = Path(name)
        _starter(folder, chosen.data)
        _learning_curve(chosen.data)
        for part in SETS:
            if (chosen.data / part.train).is_file():
                _set(folder, chosen.data, part)
            else:
                _say(part.name, {"left out": f"{chosen.data / part.train} is missing"})
    return 0


def _starter(folder: Path, data: Path) -> None:
    model = folder / "starter"
    seconds = [_timed(["train", "--out", str(model)])[0] for _ in range(3)]
    _say("train on the starter cases, s", _spread(seconds))
    text = "宾阳县新桥镇的路灯坏了半个月，晚上走路看不见"
    cold = [_timed(["route", "--model", str(model), text])[0] for _ in range(REPEATS)]
    _say("route one text from a cold process, s", _spread(cold))
    started = time.perf_counter()
    Router.load(model)
    _say("load the model folder, s", round(time.perf_counter() - started, 3))
    _say("batch routing of 200 characters, texts/s", _batch_speed(model))
    _say("API, ms", _api(model))
    mapping = data / "cold_start.toml"
    files = [data / "citizen_messages/train.jsonl", data / "citizen_messages/dev.jsonl"]
    if mapping.is_file():
        figures = _evaluate(model, files, "--topic-map", str(mapping))
        _say("cold start on citizen_messages (train + dev)", figures["topic"])
    _judged(model, data)


def _judged(model: Path, data: Path) -> None:
    """Score matters with several acceptable answers: the practice cases and the blind matters."""
    router = Router.load(model)
    practice = data / "practice/cases.jsonl"
    if practice.is_file():
        _say("practice cases, acceptable in the first three", _acceptable(router, practice))
    if MATTERS.is_file():
        _say("blind matters, function in the first three", _acceptable(router, MATTERS))


def _acceptable(router: Router, path: Path) -> dict[str, Any]:
    """Count the matters of which an acceptable string stands in one of the first three answers."""
    matters = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    good = 0
    for matter, found in zip(matters, router.suggest([m["text"] for m in matters]), strict=True):
        answers = [function.function for function in found.functions]
        if path != MATTERS:
            answers += [name for unit in found.lead_units for name in (unit.unit, unit.function or "")]
        good += any(wanted in answer for answer in answers for wanted in matter["functions"])
    return {"n": len(matters), "acceptable": good, "share": round(good / len(matters), 4)}


def _learning_curve(data: Path) -> None:
    """Train on random parts of the starter cases; score the cold start."""
    files = [data / "citizen_messages/train.jsonl", data / "citizen_messages/dev.jsonl"]
    mapping = data / "cold_start.toml"
    if not mapping.is_file():
        return
    judged = list(read_cases(files))
    cases = starter_cases()
    order = np.random.default_rng(SEED).permutation(len(cases))
    for n in (*CURVE, len(cases)):
        router = Router(train([cases[i] for i in sorted(order[:n])], shipped_directory()))
        figures = evaluate(router, judged, read_topic_map(mapping)).as_dict()["topic"]
        _say(f"cold start from {n} cases", {key: figures[key] for key in ("top1", "top3", "macro_f1")})


def _batch_speed(folder: Path) -> dict[str, int]:
    """Route texts of 200 characters, made by joining starter cases, by one process and by all cores."""
    joined = "。".join(case.submission.text.replace("\n", "") for case in starter_cases())
    texts = [Submission(joined[i : i + 200]) for i in range(0, len(joined) - 200, 200)] * 12
    batches = [texts[i : i + BATCH] for i in range(0, len(texts), BATCH)]
    router = Router.load(folder)
    router.suggest(texts[:BATCH])
    rates = {
        "one process, with evidence": _rate(len(texts), lambda: router.suggest(texts)),
        "one process, without": _rate(len(texts), lambda: router.suggest(texts, evidence=False)),
    }
    # the processes' start is counted
    rates["all cores, with evidence"] = _rate(
        len(texts), lambda: deque(suggest_batches(router, batches, Asked(), folder), maxlen=0)
    )
    return rates


def _rate(n: int, work: Callable[[], object]) -> int:
    runs = []
    for _ in range(3):
        started = time.perf_counter()
        work()
        runs.append(n / (time.perf_counter() - started))
    return round(statistics.median(runs))


def _api(folder: Path) -> dict[str, Any]:
    """Time the API on loopback: one client in sequence, then 100 requests a second for 20 seconds."""
    app = create_app(Router.load(folder), ServiceSettings(model_folder=folder, token=TOKEN, port=0))
    with open_socket("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        done = subprocess.run(  # noqa: S603 - our own load, bounded in number and time
            [sys.executable, "-m", "fenban.serving.load", str(port)],
            input=TOKEN,
            check=True,
            capture_output=True,
            text=True,
        )
        server.should_exit = True
        thread.join(10)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _set(folder: Path, data: Path, part: Set) -> None:
    model = folder / part.name
    seconds, _ = _timed(["train", "--cases", str(data / part.train), "--out", str(model)])
    figures = _evaluate(model, [data / part.score])
    size = sum(path.stat().st_size for path in model.iterdir()) / 1e6
    _say(part.name, {"train_s": round(seconds, 1), "folder_mb": round(size, 1), **figures})


def _evaluate(model: Path, files: list[Path], *more: str) -> dict[str, Any]:
    command = ["evaluate", "--model", str(model), "--cases", *map(str, files), "--json", *more]
    found: dict[str, Any] = json.loads(_timed(command)[1])
    return found


def _timed(arguments: list[str]) -> tuple[float, str]:
    started = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - our own command line
        [sys.executable, "-m", "fenban.serving.cli", *arguments],
        check=True,
        capture_output=True,
        text=True,
    )
    return time.perf_counter() - started, done.stdout


def _spread(values: list[float]) -> dict[str, float]:
    return {
        "min": round(min(values), 2),
        "median": round(statistics.median(values), 2),
        "max": round(max(values), 2),
    }


def _say(part: str, figures: object) -> None:
    print(json.dumps({part: figures}, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    sys.exit(main())
