"""The command line. ``fenban VERB --help`` shows each verb with an example."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import traceback
from typing import TYPE_CHECKING, Any, NamedTuple

from .exits import DONE, FAILED, INTERRUPTED, say
from .harmless import disarm_output

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from types import ModuleType


class Command(NamedTuple):
    """A verb: one line of help, and the module below this package that holds it."""

    help: str
    module: str


COMMANDS: dict[str, Command] = {
    "train": Command(
        "train a model folder on resolved cases (without --cases: on the shipped starter cases)",
        "learning.train",
    ),
    "evaluate": Command("measure a model on resolved cases it has not seen", "learning.evaluate"),
    "route": Command("suggest the departments for a text, or for every text of a file", "routing.route"),
    "triage": Command("add suggestions to every row of a backlog (.xlsx, .csv, .jsonl)", "routing.triage"),
    "serve": Command("open the service: the clerk's desk and the API", "operating.serve"),
    "users": Command("add, list, change, disable and re-invite the people who may log in", "operating.users"),
    "tokens": Command("make, list and revoke the tokens that programs call the API with", "operating.tokens"),
    "audit": Command(
        "follow the chain of the audit and the history under it, and note its head", "operating.audit"
    ),
    "purge": Command(
        "delete the personal data of matters closed long ago, and leave a record of it", "operating.purge"
    ),
    "retrain": Command(
        "train a challenger on newly resolved cases; it becomes champion only if it is not worse",
        "learning.retrain",
    ),
    "models": Command("list, show, promote and roll back the models of the registry", "learning.models"),
    "directory": Command(
        "take in a city's own list; propose a directory from cases that name nothing but units;"
        " show or check one",
        "learning.directory",
    ),
    "trial": Command(
        "suggest a new unit at once, from its duties and a few examples, until the next training",
        "learning.trial",
    ),
    "doctor": Command(
        "check the installation, the home folder and the models; say what to do about what is wrong",
        "operating.doctor",
    ),
}
EXAMPLE = 'fenban route "青秀区民族大道的路灯三天没亮了"'


def load(module: str) -> ModuleType:
    """Import a module of this package, the one place where imports wait until they are needed.

    ``fenban --help`` takes 0.03 s; with all commands loaded it would take 0.86 s, most of it
    SQLAlchemy and numpy (measured on two cores, the best of five).
    """
    return importlib.import_module(f"{__package__}.{module}")


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any, **__: Any) -> None:
        from importlib import metadata

        print(f"fenban {metadata.version('fenban')}")
        parser.exit()


def build_parser(wanted: Collection[str] = tuple(COMMANDS)) -> argparse.ArgumentParser:
    """Return the parser; only the commands that are ``wanted`` are loaded and know their options."""
    parser = argparse.ArgumentParser(
        prog="fenban",
        description="Reads Chinese complaints and proposals and says which department should handle each.",
        epilog=f"example: {EXAMPLE}",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and stop")
    verbs = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        if name in wanted:
            module = load(command.module)
            epilog = f"example: {module.EXAMPLE}"
            module.add_arguments(
                verbs.add_parser(name, help=command.help, description=command.help, epilog=epilog)
            )
        else:
            verbs.add_parser(name, help=command.help)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit code: 0 done, 1 failed, 2 wrong usage or input."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    given = sys.argv[1:] if arguments is None else list(arguments)
    with disarm_output():
        return _run(given)


def _run(given: list[str]) -> int:
    command = next((word for word in given if not word.startswith("-")), "")
    try:
        parser = build_parser([command])
        parsed = parser.parse_args(given)
        _refuse_empty(parser, parsed)
        code = int(load(COMMANDS[parsed.command].module).run(parsed))
        if sys.stdout is not None:
            sys.stdout.flush()  # here, where a full disk or a reader that has gone can still be told
    except KeyboardInterrupt:
        return _stopped()
    except BrokenPipeError:
        return _reader_gone()
    except Exception as error:
        return _report(command, error)
    return code


def _refuse_empty(parser: argparse.ArgumentParser, parsed: argparse.Namespace) -> None:
    """Refuse an empty path, such as ``--model "$UNSET"``: it must not mean the default."""
    for name, value in vars(parsed).items():
        values = value if isinstance(value, list) else [value]
        if name not in ("text", "why", "prefix") and "" in values:
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
    failures = load("failures")
    code: int | None = failures.exit_code_of(error)
    message = failures.message_of(error)
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
