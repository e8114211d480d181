"""``fenban users``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ...accounts import users
from ...accounts.actor import local_actor
from ...accounts.permissions import ROLES
from ..address import read_address
from ..databases import open_database, translate_refusals
from ..exits import DONE, say
from ..home import current_actor, home_of
from ..options import add_database, add_home

if TYPE_CHECKING:
    import argparse
    import datetime as dt

    from sqlalchemy.orm import Session

EXAMPLE = "fenban users add zhangsan --role clerk --display 张三"
_USUAL_ADDRESS = "http://127.0.0.1:8000"
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
                help="of the service, for the link (default: of the one that runs with this home,"
                f" else {_USUAL_ADDRESS})",
            )
        if name == "list":
            verb.add_argument("--json", action="store_true", help="print JSON and nothing else")
        add_database(verb)
        add_home(verb)


def run(arguments: argparse.Namespace) -> int:
    """Add, list or change people, as the verb says."""
    with translate_refusals(), open_database(arguments) as database:
        if arguments.verb == "list":
            with database.reading() as session:
                _list(session, arguments.json)
        else:
            with database.writing() as session:
                said = _change(session, arguments)
            print(said)  # only once it is written
    return DONE


def _change(session: Session, arguments: argparse.Namespace) -> str:
    by = local_actor(f"cli:{current_actor()}")
    if arguments.verb == "add":
        display = arguments.display or arguments.name
        user = users.add(session, by, arguments.name, display, arguments.role)
        return _format_link(_address(arguments), *users.invite(session, by, user))
    user = users.get_by_name(session, arguments.name)
    if arguments.verb == "reset":
        return _format_link(_address(arguments), *users.invite(session, by, user))
    if arguments.verb == "role":
        users.change(session, by, user.id, role=arguments.role)
        return f"{user.name}: {user.role}"
    users.change(session, by, user.id, disabled=arguments.verb == "disable")
    return f"{user.name}: {'disabled' if user.disabled else 'may log in'}"


def _address(arguments: argparse.Namespace) -> str:
    """Return ``--address``, else that of the running service, else the usual one, and say so."""
    known: str | None = arguments.address or read_address(home_of(arguments))
    if known is None:
        say(
            f"No service is running with this home; the link supposes {_USUAL_ADDRESS}"
            " - name another with --address."
        )
    return known or _USUAL_ADDRESS


def _format_link(address: str, secret: str, expires_at: dt.datetime) -> str:
    say(f"Opens once, until {expires_at.astimezone():%Y-%m-%d %H:%M}; give it to nobody else:")
    return f"{address.rstrip('/')}/invitation?secret={secret}"


def _list(session: Session, as_json: bool) -> None:
    rows = [_describe(user) for user in users.list_people(session, limit=1_000_000)]
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    if not rows:
        say("nobody yet - 'fenban serve' prints a link for the first administrator")
    for row in rows:
        seen = (row["seen_at"] or "-")[:19]
        print(f"{row['name']:20} {row['role']:9} {row['state']:9} {seen:20} {row['display_name']}")


def _describe(user: Any) -> dict[str, Any]:
    return {
        "name": user.name,
        "display_name": user.display_name,
        "role": user.role,
        "state": users.state_of(user),
        "seen_at": user.seen_at.isoformat(timespec="seconds") if user.seen_at else None,
    }
