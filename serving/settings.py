"""What one run of the service is told, read once at the start of a command."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_SHORTEST_TOKEN = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """Settings of the service.

    Attributes:
        model_folder: the folder the model was loaded from.
        token: what every caller must show; see ``access.new_token``.
        max_batch: how many texts the model reads at once.
        max_waiting: how many texts may wait before new requests are turned away with 429;
            above max_items, so that one long list alone turns nobody away.
        max_items: how many texts one request may hold.
        max_text: how many characters one text may have.
        max_body: how many bytes the body of a request may have.
        jurisdiction: where texts come from that say nothing of it (属地), such as 南宁市.
    """

    model_folder: Path
    token: str = field(repr=False)
    host: str = "127.0.0.1"
    port: int = 8000
    max_batch: int = 64
    max_waiting: int = 2048
    max_items: int = 1000
    max_text: int = 100_000
    max_body: int = 8 * 1024 * 1024
    jurisdiction: str | None = None

    def __post_init__(self) -> None:
        if len(self.token) < _SHORTEST_TOKEN:
            raise ValueError(f"the token must have at least {_SHORTEST_TOKEN} characters")
        for name in ("max_batch", "max_waiting", "max_items", "max_text", "max_body"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1")
