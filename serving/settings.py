"""What one run of the service is told, read once at the start of a command."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from .accounts.oidc_settings import OidcSettings
    from .desk.deadlines.rules import Deadlines


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """Settings of the service.

    Attributes:
        model_folder: the folder the model was loaded from.
        database: URL of the store; see ``store.database.parse_database_url``. It may hold a password.
        session_idle_minutes: a session ends so long after its last use.
        session_whole_minutes: a session ends so long after the login, used or not.
        oidc: the identity provider, where there is one.
        max_batch: how many texts the model reads at once.
        max_waiting: how many texts may wait before new requests are turned away with 429;
            above max_items, so that one long list alone turns nobody away.
        max_items: how many texts one request may hold.
        max_text: how many characters one text may have.
        max_body: how many bytes the body of a request may have.
        jurisdiction: where texts come from that say nothing of it (属地), such as 南宁市.
        proxy: the reverse proxy whose word is taken for where requests come from.
        deadlines: the city's own rules of deadlines; None: the shipped ones.
    """

    model_folder: Path
    database: str = field(repr=False)
    host: str = "127.0.0.1"
    port: int = 8000
    session_idle_minutes: int = 12 * 60
    session_whole_minutes: int = 24 * 60
    oidc: OidcSettings | None = None
    max_batch: int = 64
    max_waiting: int = 2048
    max_items: int = 1000
    max_text: int = 100_000
    max_body: int = 8 * 1024 * 1024
    jurisdiction: str | None = None
    deadlines: Deadlines | None = None
    proxy: str | None = None

    def __post_init__(self) -> None:
        names = ("max_batch", "max_waiting", "max_items", "max_text", "max_body")
        for name in (*names, "session_idle_minutes", "session_whole_minutes"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1")
