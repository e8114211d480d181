"""``fenban doctor``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ... import jobs
from ..exits import DONE, FAILED
from ..home import home_of
from ..options import add_home

if TYPE_CHECKING:
    import argparse

EXAMPLE = "fenban doctor"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("--json", action="store_true", help="print JSON and nothing else")
    add_home(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run all checks; exit 1 if one failed."""
    checks = jobs.check_installation(home_of(arguments))
    if arguments.json:
        print(json.dumps([check.as_dict() for check in checks], ensure_ascii=False, indent=1))
    else:
        for check in checks:
            print(f"{'ok  ' if check.good else 'BAD '} {check.name:12} {check.found}")
            if check.remedy:
                print(f"     -> {check.remedy}")
    return DONE if all(check.good for check in checks) else FAILED
