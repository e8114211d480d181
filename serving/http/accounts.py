"""What logging in works with."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..accounts.identities import Identities
from ..accounts.oidc import Provider
from ..accounts.passwords import Gate
from ..accounts.sessions import Lifetime

if TYPE_CHECKING:
    from starlette.requests import Request

    from ..settings import ServiceSettings
    from ..store.database import Database


@dataclass(frozen=True, slots=True)
class Accounts:
    """The store, the look-ups, the gate of password checks and, where there is one, the provider."""

    database: Database
    lifetime: Lifetime
    identities: Identities
    gate: Gate
    port: int
    provider: Provider | None = None
    create_unknown: bool = False

    @classmethod
    def for_settings(cls, database: Database, settings: ServiceSettings) -> Accounts:
        """Return what the settings ask for.

        Raises:
            MissingExtraError: there is an identity provider and the extra ``oidc`` is not installed.
        """
        lifetime = Lifetime(
            dt.timedelta(minutes=settings.session_idle_minutes),
            dt.timedelta(minutes=settings.session_whole_minutes),
        )
        return cls(
            database=database,
            lifetime=lifetime,
            identities=Identities(database, lifetime),
            gate=Gate(),
            port=settings.port,
            provider=Provider(settings.oidc) if settings.oidc else None,
            create_unknown=bool(settings.oidc and settings.oidc.create),
        )


def address_of(request: Request) -> str:
    """Return where a request comes from; behind a trusted proxy, what that says."""
    return request.client.host if request.client else "unknown"
