"""The command line. ``fenban VERB --help`` shows each verb with an example."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any

from .exits import DONE, FAILED, INTERRUPTED, exit_code_of, message_of, say
from .harmless import harmless_output
from .learning import directory, evaluate, models, retrain, train, trial
from .operating import audit, doctor, purge, serve, tokens, users
from .routing import route, triage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

COMMANDS: dict[str, ModuleType] = {
    "train": train,
    "evaluate": evaluate,
    "route": route,
    "triage": triage,
    "serve": serve,
    "users": users,
    "tokens": tokens,
    "audit": audit,
    "purge": purge,
    "retrain": retrain,
    "models": models,
    "directory": directory,
    "trial": trial,
    "doctor": doctor,
}


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any, **__: Any) -> None:
        import importlib.metadata

        print(f"fenban {importlib.metadata.version('fenban')}")
        parser.exit()


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="fenban",
        description="Reads Chinese complaints and proposals and says which department should handle each.",
        epilog=f"example: {route.EXAMPLE}",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and stop")
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
    parser = build_parser()
    parsed = parser.parse_args(arguments)
    _refuse_empty(parser, parsed)
    with harmless_output():
        return _run(parsed)


def _run(parsed: argparse.Namespace) -> int:
    try:
        code = int(COMMANDS[parsed.command].run(parsed))
        if sys.stdout is not None:
            sys.stdout.flush()  # here, where a full disk or a reader that has gone can still be told
    except KeyboardInterrupt:
        return _stopped()
    except BrokenPipeError:
        return _reader_gone()
    except Exception as error:
        return _report(parsed.command, error)
    return code


def _refuse_empty(parser: argparse.ArgumentParser, parsed: argparse.Namespace) -> None:
    """Refuse an empty path, such as ``--model "$UNSET"``: it must not mean the default."""
    for name, value in vars(parsed).items():
        values = value if isinstance(value, list) else [value]
        if name not in ("text", "why") and "" in values:
            parser.error(f"{name.replace('_', '-')}: is empty")


def _stopped() -> int:
    try:
        say("stopped")
    except BrokenPipeError:
        return _reader_gone(INTERRUPTED)
    return INTERRUPTED


def _reader_gone(code: int = DONE) -> int:
    """The reader has gone (such as ``| head``): nothing more can be said, and nothing is wrong."""
    _forget_unwritten()
    return code


def _forget_unwritten() -> None:
    """Let go of what cannot be written, or Python would complain of it once more at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            os.dup2(nowhere, stream.fileno())
        except AttributeError:
            continue  # a stream that was closed before we began
    os.close(nowhere)


def _report(command: str, error: Exception) -> int:
    import traceback

    code = exit_code_of(error)
    message = message_of(error)
    if code is None:
        where = traceback.extract_tb(error.__traceback__)[-1]
        message = (
            f"a defect of fenban ({type(error).__name__} in {os.path.basename(where.filename)}"
            f" line {where.lineno}) - please report it; set FENBAN_DEBUG=1 to see the whole trace"
        )
    try:
        say(f"fenban {command}: {message}")
        if os.environ.get("FENBAN_DEBUG"):
            traceback.print_exception(error)
    except OSError:
        pass  # nobody can be told
    _forget_unwritten()
    return FAILED if code is None else code


if __name__ == "__main__":
    sys.exit(main())
