"""The command line. ``fenban VERB --help`` shows each verb with an example."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import sys
import traceback
from typing import TYPE_CHECKING

from fenban.serving.commands import doctor, evaluate, models, retrain, route, serve, train, triage
from fenban.serving.exits import FAILED, exit_code_of, say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

COMMANDS: dict[str, ModuleType] = {
    "train": train,
    "evaluate": evaluate,
    "route": route,
    "triage": triage,
    "serve": serve,
    "retrain": retrain,
    "models": models,
    "doctor": doctor,
}
_INTERRUPTED = 130


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="fenban",
        description="Reads Chinese complaints and proposals and says which department should handle each.",
        epilog=f"example: {route.EXAMPLE}",
    )
    version = importlib.metadata.version("fenban")
    parser.add_argument("--version", action="version", version=f"fenban {version}")
    verbs = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, module in COMMANDS.items():
        verb = verbs.add_parser(
            name, help=module.HELP, description=module.HELP, epilog=f"example: {module.EXAMPLE}"
        )
        module.add_arguments(verb)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit code: 0 done, 1 failed, 2 wrong usage or input."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    parsed = build_parser().parse_args(arguments)
    try:
        return int(COMMANDS[parsed.command].run(parsed))
    except KeyboardInterrupt:
        say("stopped")
        return _INTERRUPTED
    except BrokenPipeError:
        # the reader has gone (such as `| head`): nothing more can be said, and nothing is wrong
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        return _report(parsed.command, error)


def _report(command: str, error: Exception) -> int:
    code = exit_code_of(error)
    if code is not None:
        text = " ".join(str(error).split()) or type(error).__name__
        say(f"fenban {command}: {text}")
        return code
    where = traceback.extract_tb(error.__traceback__)[-1]
    say(
        f"fenban {command}: a defect of fenban ({type(error).__name__} in {os.path.basename(where.filename)}"
        f" line {where.lineno}) - please report it; set FENBAN_DEBUG=1 to see the whole trace"
    )
    if os.environ.get("FENBAN_DEBUG"):
        traceback.print_exception(error)
    return FAILED


if __name__ == "__main__":
    sys.exit(main())
