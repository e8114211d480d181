"""Who acts: a person in a browser, or a program with a token of a person."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import BeyondOwnError
from .permissions import in_order, permissions_of


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever a request comes from.

    Attributes:
        name: login name of the person, or of the token's owner.
        role: the person's role.
        scopes: what the token is limited to; None for a person in a browser.
        user_id: the person's row; None on the command line.
        token: name of the token, where one was shown.
        display_name: how the person is called on pages.
    """

    name: str
    role: str
    scopes: frozenset[str] | None = None
    user_id: int | None = None
    token: str | None = None
    display_name: str = ""

    @property
    def label(self) -> str:
        """What lines of history say: the login name, or ``token:NAME``."""
        return f"token:{self.token}" if self.token else self.name

    @property
    def permissions(self) -> frozenset[str]:
        """What may be done: the role's, and for a token no more than its scopes."""
        granted = permissions_of(self.role)
        return granted if self.scopes is None else granted & self.scopes

    def may(self, permission: str) -> bool:
        """Whether a permission is granted."""
        return permission in self.permissions

    def check_covers(self, *roles: str) -> None:
        """Refuse to give a role, or to touch an account of a role, that may do more than this actor.

        A token counts with what it may do itself, not with what its owner may do: otherwise one that
        may manage people could make itself an administrator.

        Raises:
            BeyondOwnError: naming what the actor lacks.
        """
        wanted = frozenset(permission for role in roles for permission in permissions_of(role))
        beyond = in_order(wanted - self.permissions)
        if beyond:
            raise BeyondOwnError(beyond)


def local_actor(label: str) -> Actor:
    """Return who acts with the rights of the machine itself: its command line, or the service's own setup."""
    return Actor(label, "admin")
