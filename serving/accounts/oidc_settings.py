"""What a deployment says of its identity provider; apart from ``oidc``, which needs the extra."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcSettings:
    """The city's own identity provider (OpenID Connect).

    Attributes:
        issuer: its address, as it stands in its tokens.
        client_id: what the provider calls this service.
        client_secret: what this service shows the provider.
        create: whether people whom the provider knows and this service does not are added, as clerks.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    create: bool = False
