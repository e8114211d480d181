"""What the starter model can do: its training, a cold process, letters it has never seen."""

from __future__ import annotations

import json
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fenban.model.directory import shipped_directory
from fenban.model.router import Router
from fenban.training.evaluation.evaluate import evaluate_model, read_topic_map
from fenban.training.starter import starter_cases
from fenban.training.tables.cases import read_cases
from fenban.training.train import SEED, train_model

from ..accuracy.comparison import CASCADE
from ..desk import speed
from ..processes import HOME, LeftOut, fenban

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..processes import Measured

REPEATS = 5
CURVE = (300, 600, 1200, 2400)
MATTERS = Path("tests/behaviour/matters.jsonl")
_TEXT = "宾阳县新桥镇的路灯坏了半个月，晚上走路看不见"
_LETTERS = ("citizen_messages/train.jsonl", "citizen_messages/dev.jsonl")
_MAP = "cold_start.toml"


def measure_starter(data: Path, folder: Path, *options: str, repeats: int = 3) -> Iterator[Measured]:
    """Train on the starter cases (``options`` are those of ``fenban train``) and measure the model.

    Raises:
        LeftOut: it cannot be trained or a measurement fails.
    """
    model = folder / "-".join(("starter", *(option.strip("-") for option in options)))
    seconds = []
    for i in range(repeats):
        into = model if i == repeats - 1 else model.with_name(f"{model.name}-{i}")
        command = ("train", *options, "--out", str(into), "--home", str(folder / HOME))
        seconds.append(fenban(*command).seconds)
    yield "train on the starter cases, s", _summarise(seconds)
    cold = [fenban("route", "--model", str(model), _TEXT).seconds for _ in range(REPEATS)]
    yield "route one text from a cold process, s", _summarise(cold)
    started = time.perf_counter()
    router = Router.load(model)
    yield "load the model folder, s", round(time.perf_counter() - started, 3)
    if all((data / name).is_file() for name in (_MAP, *_LETTERS)):
        letters = [str(data / name) for name in _LETTERS]
        command = ("--model", str(model), "--cases", *letters, "--json", "--topic-map", str(data / _MAP))
        yield "cold start on citizen_messages (train + dev)", fenban("evaluate", *command).json()["topic"]
    practice = data / "practice/cases.jsonl"
    if practice.is_file():
        yield "practice cases, acceptable in the first three", count_acceptable(router, practice)
    if MATTERS.is_file():
        yield "blind matters, function in the first three", count_acceptable(router, MATTERS, units=False)
    yield from measure_speeds(model, folder, sparse=not options or "none" in options)


def measure_speeds(model: Path, folder: Path, *, sparse: bool) -> Iterator[Measured]:
    """Measure a folder's speed and memory; with an encoder also as a cascade."""
    yield "batch routing of 200 characters, texts/s", speed.measure_batch_speed(model)
    yield "evaluate on 200 characters, one process", speed.measure_scoring_speed(model, folder)
    load = ("--rate", "100") if sparse else ("--rate", "25", "--characters", str(speed.CHARACTERS))
    if not sparse:
        cascade = "evaluate on 200 characters, as a cascade"
        yield cascade, _measure_or_say_why(lambda: speed.measure_scoring_speed(model, folder, *CASCADE))
    yield "API, ms" if sparse else "API, 200 characters, ms", speed.measure_api(model, *load)


def _measure_or_say_why(work: Callable[[], object]) -> object:
    try:
        return work()
    except LeftOut as reason:
        return {"left out": str(reason)}


def count_acceptable(router: Router, path: Path, *, units: bool = True) -> dict[str, Any]:
    """Count the matters of which an acceptable string stands in one of the first three answers."""
    matters = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    good = 0
    for matter, found in zip(matters, router.suggest([m["text"] for m in matters]), strict=True):
        answers = [function.function for function in found.functions]
        if units:
            answers += [name for unit in found.lead_units for name in (unit.unit, unit.function or "")]
        good += any(wanted in answer for answer in answers for wanted in matter["functions"])
    return {"n": len(matters), "acceptable": good, "share": round(good / len(matters), 4)}


def measure_learning_curve(data: Path) -> Iterator[Measured]:
    """Train on random parts of the starter cases, without an encoder; score the cold start."""
    if not (data / _MAP).is_file():
        raise LeftOut(f"{data / _MAP} is missing")
    judged = list(read_cases([data / name for name in _LETTERS]))
    cases = starter_cases()
    order = np.random.default_rng(SEED).permutation(len(cases))
    for n in (*CURVE, len(cases)):
        router = Router(train_model([cases[i] for i in sorted(order[:n])], shipped_directory()))
        figures = evaluate_model(router, judged, read_topic_map(data / _MAP)).as_dict()["topic"]
        yield f"cold start from {n} cases", {key: figures[key] for key in ("top1", "top3", "macro_f1")}


def _summarise(values: list[float]) -> dict[str, float]:
    return {
        "min": round(min(values), 2),
        "median": round(statistics.median(values), 2),
        "max": round(max(values), 2),
    }
