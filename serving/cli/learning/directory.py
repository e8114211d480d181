"""``fenban directory``."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from fenban.training import read_directory

from ... import jobs
from ..exits import DONE, say
from ..notices import tell
from ..options import add_cases, add_home, case_files_of
from . import directory_import

if TYPE_CHECKING:
    import argparse

    from fenban.model import Directory, Unit
    from fenban.training import ProposedUnit

EXAMPLE = "fenban directory infer --cases 2024.xlsx 2025.xlsx --out 单位名录.xlsx"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verbs of this command."""
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name, text, example in (
        (
            "infer",
            "functions, places, spellings and merges of the units that cases name, to be confirmed",
            "",
        ),
        ("show", "the units of a directory, by function", "单位名录.xlsx"),
        ("check", "what in a directory will make units hard to tell apart", "单位名录.xlsx"),
    ):
        shown = EXAMPLE if name == "infer" else f"fenban directory {name} {example}"
        verb = verbs.add_parser(name, help=text, description=text, epilog=f"example: {shown}")
        if name == "infer":
            add_cases(verb, required=True)
            verb.add_argument("--out", metavar="FILE", required=True, help=".xlsx, .csv or .jsonl to write")
        else:
            verb.add_argument("file", metavar="FILE", help=".xlsx, .csv or .jsonl, one unit a row")
        verb.add_argument("--json", action="store_true", help="print JSON and nothing else")
        add_home(verb)
    taken_in = verbs.add_parser(
        "import",
        help=directory_import.HELP,
        description=directory_import.HELP,
        epilog=f"example: {directory_import.EXAMPLE}",
    )
    directory_import.add_arguments(taken_in)
    taken_in.add_argument("--json", action="store_true", help="print JSON and nothing else")
    add_home(taken_in)


def run(arguments: argparse.Namespace) -> int:
    """Propose, import, show or check a directory, as the verb says."""
    if arguments.verb == "infer":
        return _infer(arguments)
    if arguments.verb == "import":
        return directory_import.run(arguments)
    directory = read_directory(Path(arguments.file))
    if arguments.verb == "show":
        _show(directory, arguments.json)
    else:
        _check(directory, arguments.json)
    return DONE


def _infer(arguments: argparse.Namespace) -> int:
    rows = jobs.propose_directory(case_files_of(arguments), Path(arguments.out), tell)
    merges = [row for row in rows if row.merge]
    if arguments.json:
        print(json.dumps(_summarise(rows, merges, arguments.out), ensure_ascii=False, indent=1))
        return DONE
    functions = len({row.function for row in rows})
    placed = sum(row.jurisdiction is not None for row in rows)
    print(f"{arguments.out}: {len(rows)} units, {functions} functions, {placed} units with a place")
    unsure = sum(row.confidence < 0.6 for row in rows)
    print(f"  {unsure} units are the only one of their kind: look at 职能 and 把握 of these first")
    for row in merges:
        assert row.merge is not None
        print(f"  {row.merge.confidence:4.0%}  {row.name} → {row.merge.into}：{row.merge.reason}")
    say(
        "Nothing was merged. Correct the file, then: fenban train --cases … --directory "
        f"{arguments.out} (the columns of proposals are passed over)"
    )
    return DONE


def _summarise(rows: list[ProposedUnit], merges: list[ProposedUnit], out: str) -> dict[str, object]:
    return {
        "out": out,
        "units": len(rows),
        "functions": len({row.function for row in rows}),
        "with_jurisdiction": sum(row.jurisdiction is not None for row in rows),
        "merges": [{"unit": row.name, **asdict(row.merge)} for row in merges if row.merge],
    }


def _show(directory: Directory, as_json: bool) -> None:
    by_function: dict[str, list[Unit]] = {}
    for unit in directory.units:
        by_function.setdefault(unit.function or "", []).append(unit)
    if as_json:
        named = {function: [unit.name for unit in units] for function, units in sorted(by_function.items())}
        print(json.dumps(named, ensure_ascii=False, indent=1))
        return
    for function, units in sorted(by_function.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        print(f"{function}  ({len(units)})")
        for unit in units:
            print(f"  {unit.name}  {unit.jurisdiction or '-'}")


def _check(directory: Directory, as_json: bool) -> None:
    problems = jobs.faults_of(directory)
    if as_json:
        print(json.dumps({"units": len(directory.units), "problems": problems}, ensure_ascii=False, indent=1))
        return
    print(f"{len(directory.units)} units, {len(directory.functions)} functions")
    for problem in problems:
        print(f"  {problem}")
    print("nothing to mend" if not problems else f"{len(problems)} to look at")
