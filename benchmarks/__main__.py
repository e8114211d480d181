"""``make bench``: every figure of BENCHMARKS.md in one run, printed as it is to be written down.

Run ``python -m fenban.benchmarks --data FOLDER`` with the benchmark folder beside the project.
Each part runs the real command in a fresh process; the texts are read, measured and forgotten.
A part that cannot run is reported as left out, with the reason; the others go on.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from .accuracy.comparison import ENCODER, FENBAN, RIVALS, SETS, measure_fenban, measure_rival
from .accuracy.table import markdown, rows_of
from .desk import desk_load
from .processes import HOME, LeftOut, run_module
from .starter.model import measure_learning_curve, measure_starter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .accuracy.comparison import Set
    from .processes import Measured

ALONE = ("starter", "starter-fused", "curve")
PARTS = (*ALONE, *desk_load.PARTS, *FENBAN, *RIVALS)
_ENCODED = {"starter-fused", "fused", "finetuned", "transformer"}


def main(arguments: list[str] | None = None) -> int:
    """Run the parts that were asked for; print one JSON object a line."""
    parser = argparse.ArgumentParser(
        prog="python -m fenban.benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names = [part.name for part in SETS]
    parser.add_argument("--data", type=Path, required=True, help="the folder of the benchmarks")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART", help=f"{PARTS}")
    parser.add_argument("--sets", nargs="+", choices=names, default=names, metavar="SET", help=f"{names}")
    parser.add_argument("--table", type=Path, metavar="FILE", help="write the side-by-side table")
    parser.add_argument("--earlier", type=Path, metavar="FILE", help="lines of an earlier run, for the table")
    parser.add_argument(
        "--checkpoint", type=Path, metavar="FOLDER", help="of the plain fine-tune (the default encoder's)"
    )
    parser.add_argument("--epochs", type=int, metavar="N", help="of the plain fine-tune (3)")
    parser.add_argument("--rate", type=float, metavar="R", help="of the plain fine-tune (5e-5)")
    parser.add_argument("--matters", type=int, default=200_000, metavar="N", help="in the stores of the desk")
    parser.add_argument("--seconds", type=float, default=120, metavar="N", help="that the clerks work (120)")
    chosen = parser.parse_args(arguments)
    earlier = chosen.earlier.read_text("utf-8").splitlines() if chosen.earlier else []
    lines = [*earlier, _say("machine", _describe_machine())]
    with tempfile.TemporaryDirectory(prefix="fenban-bench-") as name:
        for part, figures in _measure_parts(chosen, Path(name)):
            lines.append(_say(part, figures))
            if chosen.table:  # after every part, so that a long run cut short leaves a table
                chosen.table.write_text(markdown(rows_of(lines)), "utf-8")
    return 0


def _measure_parts(chosen: argparse.Namespace, folder: Path) -> Iterator[Measured]:
    if _ENCODED & {*chosen.only}:
        yield "make the encoder, s", _make_encoder(chosen, folder)
    for name in ALONE:
        if name in chosen.only:
            yield from _measure_alone(name, chosen.data, folder)
    if {*desk_load.PARTS} & {*chosen.only}:
        yield from _measure_desk(chosen, folder)
    for part in SETS:
        if part.name in chosen.sets:
            yield from _compare(part, chosen, folder)


def _make_encoder(chosen: argparse.Namespace, folder: Path) -> object:
    """Make the encoder once, so that no training is charged for it."""
    try:
        done = run_module("fenban.benchmarks.accuracy.encoder_once", str(folder / HOME / "cache"))
    except LeftOut as reason:
        return {"left out": str(reason)}
    chosen.checkpoint = chosen.checkpoint or done.json()["checkpoint"]
    return round(done.seconds, 1)


def _measure_alone(name: str, data: Path, folder: Path) -> Iterator[Measured]:
    try:
        if name == "curve":
            yield from measure_learning_curve(data)
        elif name == "starter":
            yield from measure_starter(data, folder, "--encoder", "none")
        else:
            for what, figures in measure_starter(data, folder, *ENCODER, repeats=1):
                yield f"fused: {what}", figures
    except LeftOut as reason:
        yield name, {"left out": str(reason)}


def _measure_desk(chosen: argparse.Namespace, folder: Path) -> Iterator[Measured]:
    amount = desk_load.Amount(matters=chosen.matters, seconds=chosen.seconds)
    try:
        yield from desk_load.measure_desk(chosen.only, folder, amount, "--encoder", "none")
    except LeftOut as reason:
        yield "desk", {"left out": str(reason)}


def _compare(part: Set, chosen: argparse.Namespace, folder: Path) -> Iterator[Measured]:
    wanted = [name for name in (*FENBAN, *RIVALS) if name in chosen.only]
    if wanted and not (chosen.data / part.train).is_file():
        yield part.name, {"left out": f"{chosen.data / part.train} is missing"}
        return
    for name in wanted:
        if name in FENBAN:
            rows = measure_fenban(name, part, chosen.data, folder)
        else:
            rows = measure_rival(name, part, chosen.data, _options(chosen) if name == "transformer" else ())
        for row in rows:
            yield f"{part.name}: {row.system}", row.as_dict()


def _options(chosen: argparse.Namespace) -> list[str]:
    given = {"--checkpoint": chosen.checkpoint, "--epochs": chosen.epochs, "--rate": chosen.rate}
    return [text for option, value in given.items() if value is not None for text in (option, str(value))]


def _describe_machine() -> dict[str, object]:
    return {
        "cpu": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }


def _say(part: str, figures: object) -> str:
    line = json.dumps({part: figures}, ensure_ascii=False)
    print(line, flush=True)
    return line


if __name__ == "__main__":
    sys.exit(main())
