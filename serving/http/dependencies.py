"""What operations ask of their caller: ``Annotated[Actor, Depends(permitted("matters.write"))]``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation

from ..accounts.actor import Actor
from ..accounts.errors import ForbiddenError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


def actor_of(request: Request) -> Actor:
    """Return who the access middleware found behind a request.

    Raises:
        LookupError: the path is open, so nobody was looked for; a defect of the caller.
    """
    actor = request.scope.get("actor")
    if not isinstance(actor, Actor):
        raise LookupError("nobody was identified for this path")
    return actor


def own_id(actor: Actor) -> int:
    """Return the row of the person behind an actor; everybody who comes over HTTP has one."""
    assert actor.user_id is not None, "only the command line acts without a row"
    return actor.user_id


def permitted(permission: str) -> Callable[[Request], Awaitable[Actor]]:
    """Return a dependency that gives the actor, or raises ForbiddenError (403)."""

    async def check(request: Request) -> Actor:
        actor = actor_of(request)
        if not actor.may(permission):
            raise ForbiddenError(permission)
        return actor

    return check
