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
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fenban.model.case import Submission
from fenban.model.router import Router
from fenban.training.starter import starter_cases

REPEATS = 5


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
    router = Router.load(model)
    started = time.perf_counter()
    Router.load(model)
    _say("load the model folder, s", round(time.perf_counter() - started, 3))
    _say("batch routing, texts/s", _batch_speed(router))
    mapping = data / "cold_start.toml"
    files = [data / "citizen_messages/train.jsonl", data / "citizen_messages/dev.jsonl"]
    if mapping.is_file():
        figures = _evaluate(model, files, "--topic-map", str(mapping))
        _say("cold start on citizen_messages (train + dev)", figures["topic"])


def _batch_speed(router: Router) -> dict[str, Any]:
    """Route texts of 200 characters, made by joining starter cases, in one process and with all cores."""
    joined = "。".join(case.submission.text.replace("\n", "") for case in starter_cases())
    texts = [joined[i : i + 200] for i in range(0, 200 * 4000, 200)]
    router.suggest(texts[:256])
    rates = {}
    for name, evidence in (("with evidence", True), ("without evidence", False)):
        runs = []
        for _ in range(3):
            started = time.perf_counter()
            router.suggest([Submission(text) for text in texts], evidence=evidence)
            runs.append(len(texts) / (time.perf_counter() - started))
        rates[name] = round(statistics.median(runs))
    return rates


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
