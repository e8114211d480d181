"""``fenban tokens``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ...accounts import tokens, users
from ...accounts.actor import local_actor
from ...accounts.permissions import PERMISSIONS
from ..databases import open_database, translate_refusals
from ..exits import DONE, say
from ..home import current_actor
from ..options import add_database, add_home

if TYPE_CHECKING:
    import argparse

    from sqlalchemy.orm import Session

EXAMPLE = "fenban tokens create hotline --user zhangsan --scopes suggest matters.write"
_VERBS = {
    "create": ("make a token; it is printed once and kept nowhere", EXAMPLE),
    "list": ("all tokens, without their secrets", "fenban tokens list"),
    "revoke": ("end a token for good", "fenban tokens revoke hotline"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verbs of this command."""
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name, (text, example) in _VERBS.items():
        verb = verbs.add_parser(name, help=text, description=text, epilog=f"example: {example}")
        if name != "list":
            verb.add_argument("name", metavar="NAME", help="what history calls the token; never given twice")
        if name == "create":
            verb.add_argument("--user", required=True, metavar="NAME", help="in whose name it acts")
            verb.add_argument(
                "--scopes",
                nargs="+",
                required=True,
                choices=tuple(PERMISSIONS),
                metavar="SCOPE",
                help=f"no more than the person's role may do: {', '.join(PERMISSIONS)}",
            )
            verb.add_argument(
                "--days", type=int, default=90, metavar="N", help="valid so long (90; at most 366)"
            )
        if name == "list":
            verb.add_argument("--json", action="store_true", help="print JSON and nothing else")
        add_database(verb)
        add_home(verb)


def run(arguments: argparse.Namespace) -> int:
    """Create, list or revoke tokens, as the verb says."""
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
    maker = local_actor(f"cli:{current_actor()}")
    if arguments.verb == "revoke":
        row = tokens.revoke(session, maker, tokens.get_by_name(session, arguments.name).id)
        return f"{row.name}: revoked"
    owner = users.get_by_name(session, arguments.user)
    secret, row = tokens.create(session, maker, owner, arguments.name, arguments.scopes, arguments.days)
    say(f"Valid until {row.expires_at.astimezone():%Y-%m-%d}; it is not shown again:")
    return secret


def _list(session: Session, as_json: bool) -> None:
    rows: list[dict[str, Any]] = [
        {
            "name": row.name,
            "owner": users.get(session, row.user_id).name,
            "scopes": row.scopes,
            "expires_at": row.expires_at.isoformat(timespec="seconds"),
            "revoked": row.revoked_at is not None,
            "used_at": row.used_at.isoformat(timespec="seconds") if row.used_at else None,
        }
        for row in tokens.list_tokens(session, limit=1_000_000)
    ]
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for row in rows:
        state = "revoked" if row["revoked"] else f"until {row['expires_at'][:10]}"
        print(f"{row['name']:24} {row['owner']:16} {state:18} {' '.join(row['scopes'])}")
