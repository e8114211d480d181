"""``fenban users``."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

from ...accounts.permissions import ROLES
from ..exits import DONE, say
from ..home import actor
from ..options import add_database, add_home, opened_database

if TYPE_CHECKING:
    import argparse
    import datetime as dt
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

HELP = "add, list, change, disable and re-invite the people who may log in"
EXAMPLE = "fenban users add zhangsan --role clerk --display 张三"
_VERBS = {
    "add": "add a person; prints a link that sets the password once",
    "list": "everybody",
    "role": "give a person another role",
    "disable": "keep a person out; sessions end and tokens stop working",
    "enable": "let a person in again, and forget failed logins",
    "reset": "end password, sessions and tokens; prints a new link",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verbs of this command."""
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name, text in _VERBS.items():
        shown = "" if name == "list" else " zhangsan"
        more = " lead" if name == "role" else ""
        verb = verbs.add_parser(
            name, help=text, description=text, epilog=f"example: fenban users {name}{shown}{more}"
        )
        if name != "list":
            verb.add_argument("name", metavar="NAME", help="login name")
        if name == "role":
            verb.add_argument("role", choices=tuple(ROLES), metavar="ROLE", help=f"{', '.join(ROLES)}")
        if name == "add":
            verb.add_argument("--role", choices=tuple(ROLES), default="clerk", help="default: clerk")
            verb.add_argument("--display", metavar="TEXT", help="how pages call the person (default: NAME)")
        if name in ("add", "reset"):
            verb.add_argument(
                "--address",
                metavar="URL",
                default="http://127.0.0.1:8000",
                help="of the service, for the link (default: %(default)s)",
            )
        if name == "list":
            verb.add_argument("--json", action="store_true", help="print JSON and nothing else")
        add_database(verb)
        add_home(verb)


def run(arguments: argparse.Namespace) -> int:
    """Do what the verb says."""
    with told(), opened_database(arguments) as database:
        if arguments.verb == "list":
            with database.reading() as session:
                _list(session, arguments.json)
        else:
            with database.writing() as session:
                said = _change(session, arguments)
            print(said)  # only once it is written
    return DONE


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Turn what the store refuses into a line for the command line.

    Raises:
        InputError: with the reason.
    """
    from fenban.model import InputError

    from ...store.errors import NotFoundError, RefusedError

    try:
        yield
    except NotFoundError as error:
        raise InputError("there is nobody and nothing of that name") from error
    except RefusedError as error:
        raise InputError(f"refused: {error.reason}") from error


def _change(session: Session, arguments: argparse.Namespace) -> str:
    from ...accounts import users
    from ...accounts.actor import local_actor

    by = local_actor(f"cli:{actor()}")
    if arguments.verb == "add":
        display = arguments.display or arguments.name
        user = users.add(session, by, arguments.name, display, arguments.role)
        return _link(arguments.address, *users.invite(session, by, user))
    user = users.named(session, arguments.name)
    if arguments.verb == "reset":
        return _link(arguments.address, *users.invite(session, by, user))
    if arguments.verb == "role":
        users.change(session, by, user.id, role=arguments.role)
        return f"{user.name}: {user.role}"
    users.change(session, by, user.id, disabled=arguments.verb == "disable")
    return f"{user.name}: {'disabled' if user.disabled else 'may log in'}"


def _link(address: str, secret: str, expires_at: dt.datetime) -> str:
    say(f"Opens once, until {expires_at.astimezone():%Y-%m-%d %H:%M}; give it to nobody else:")
    return f"{address.rstrip('/')}/invitation?secret={secret}"


def _list(session: Session, as_json: bool) -> None:
    from ...accounts import users

    rows = [_row(user) for user in users.listed(session, limit=1_000_000)]
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    if not rows:
        say("nobody yet - 'fenban serve' prints a link for the first administrator")
    for row in rows:
        seen = (row["seen_at"] or "-")[:19]
        print(f"{row['name']:20} {row['role']:9} {row['state']:9} {seen:20} {row['display_name']}")


def _row(user: Any) -> dict[str, Any]:
    from ...accounts.users import state_of

    return {
        "name": user.name,
        "display_name": user.display_name,
        "role": user.role,
        "state": state_of(user),
        "seen_at": user.seen_at.isoformat(timespec="seconds") if user.seen_at else None,
    }
