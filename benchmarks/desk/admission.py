"""A store of its own for a measured service, with a person and a token to measure with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fenban.serving.accounts import tokens, users
from fenban.serving.accounts.actor import Actor
from fenban.serving.accounts.permissions import permissions_of
from fenban.serving.store.schema import migrate

if TYPE_CHECKING:
    from fenban.serving.store.database import Database

_DAYS = 2


def admit_person(database: Database, name: str = "bench", role: str = "lead") -> str:
    """Bring the store to the present schema, add a person of ``role``; return a token of theirs."""
    migrate(database)
    maker = Actor("bench", "admin")
    with database.writing() as session:
        user = users.add(session, maker, name, name, role)
        return tokens.create(session, maker, user, name, permissions_of(role), _DAYS)[0]
