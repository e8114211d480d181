"""``fenban doctor``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ..exits import DONE, FAILED
from ..options import add_home

if TYPE_CHECKING:
    import argparse

HELP = "check the installation, the home folder and the models; say what to do about what is wrong"
EXAMPLE = "fenban doctor"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("--json", action="store_true", help="print JSON and nothing else")
    add_home(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run all checks; exit 1 if one failed."""
    from ...jobs.doctor import all_checks
    from ..home import home_of

    checks = all_checks(home_of(arguments))
    if arguments.json:
        print(json.dumps([check.as_dict() for check in checks], ensure_ascii=False, indent=1))
    else:
        for check in checks:
            print(f"{'ok  ' if check.good else 'BAD '} {check.name:12} {check.found}")
            if check.remedy:
                print(f"     -> {check.remedy}")
    return DONE if all(check.good for check in checks) else FAILED
