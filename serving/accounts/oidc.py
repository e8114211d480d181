"""Logging in at the city's identity provider: OpenID Connect, authorisation code with PKCE and nonce.

OpenID Connect Core 1.0, RFC 7636 (PKCE) and RFC 9207 (issuer in the answer), by way of Authlib. What
one login needs to remember (state, nonce, verifier) is in a cookie of that browser alone, so any
worker process can take up the answer.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from fenban.model import MissingExtraError

from .errors import ProviderError

try:
    import httpx2
    from authlib.integrations.base_client import OAuthError
    from authlib.integrations.httpx_client import AsyncOAuth2Client
    from authlib.oidc.core import CodeIDToken
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet
    from joserfc.jws import JWSRegistry
except ModuleNotFoundError:
    _IS_INSTALLED = False
else:
    _IS_INSTALLED = True

if TYPE_CHECKING:
    from .oidc_settings import OidcSettings

_SCOPE = "openid profile"
_ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"})
_METADATA_KEPT_S = 3600.0
_PATIENCE_S = 10.0
_LEEWAY_S = 60


@dataclass(frozen=True, slots=True)
class Flow:
    """One login on its way: what the browser keeps meanwhile, and where it wants to go in the end."""

    state: str
    nonce: str
    verifier: str
    wanted: str

    @classmethod
    def new(cls, wanted: str) -> Flow:
        """Return a flow with fresh secrets."""
        return cls(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48), wanted)

    def as_cookie(self) -> str:
        """Return the flow as text without signs that a cookie cannot hold."""
        return ".".join((self.state, self.nonce, self.verifier, quote(self.wanted, safe="")))

    @classmethod
    def from_cookie(cls, value: str) -> Flow | None:
        """Return the flow that a cookie holds; None where it holds none."""
        parts = value.split(".", 3)
        if len(parts) != 4 or not all(parts[:3]):
            return None
        return cls(parts[0], parts[1], parts[2], unquote(parts[3]))


@dataclass(frozen=True, slots=True)
class Person:
    """Whom the provider vouches for. ``subject`` never changes there, the names may."""

    subject: str
    name: str
    display_name: str


class Provider:
    """The provider's side of a login.

    Args:
        settings: where it is and what this service is called there.
        transport: in its place, for tests.

    Raises:
        MissingExtraError: the extra ``oidc`` is not installed.
    """

    def __init__(self, settings: OidcSettings, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        if not _IS_INSTALLED:
            raise MissingExtraError("Authlib", "oidc")
        self._settings = settings
        self._transport = transport
        self._metadata: dict[str, Any] = {}
        self._keys: dict[str, Any] = {}
        self._metadata_until = 0.0

    async def address(self, flow: Flow, redirect_uri: str) -> str:
        """Return where to send the browser.

        Raises:
            ProviderError: the provider does not answer as it should.
        """
        try:
            async with self._client(redirect_uri) as client:
                metadata = await self._discovered(client)
                url, _ = client.create_authorization_url(
                    metadata["authorization_endpoint"],
                    state=flow.state,
                    nonce=flow.nonce,
                    code_verifier=flow.verifier,
                )
        except (httpx2.HTTPError, KeyError, ValueError) as error:
            raise ProviderError("the provider does not answer as it should") from error
        return str(url)

    async def person(self, flow: Flow, redirect_uri: str, code: str) -> Person:
        """Exchange the code of the answer for a signed statement of who the person is.

        Raises:
            ProviderError: the provider refuses, or its statement does not hold.
        """
        try:
            async with self._client(redirect_uri) as client:
                metadata = await self._discovered(client)
                token = await client.fetch_token(
                    metadata["token_endpoint"], code=code, code_verifier=flow.verifier
                )
                claims = await self._claims(client, token, flow.nonce)
        except (httpx2.HTTPError, OAuthError, JoseError, KeyError, TypeError, ValueError) as error:
            raise ProviderError(f"the provider's answer does not hold: {type(error).__name__}") from error
        name = claims.get("preferred_username") or ""
        return Person(
            subject=f"{self._settings.issuer}#{claims['sub']}",
            name=str(name),
            display_name=str(claims.get("name") or name),
        )

    def _client(self, redirect_uri: str) -> Any:
        return AsyncOAuth2Client(
            self._settings.client_id,
            self._settings.client_secret,
            scope=_SCOPE,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            transport=self._transport,
            timeout=_PATIENCE_S,
        )

    async def _discovered(self, client: Any) -> dict[str, Any]:
        if not self._metadata or time.monotonic() > self._metadata_until:
            found = await self._fetched(client, f"{self._settings.issuer}/.well-known/openid-configuration")
            if str(found["issuer"]).rstrip("/") != self._settings.issuer:
                raise ValueError("another issuer")
            self._keys = await self._fetched(client, found["jwks_uri"])
            self._metadata = found
            self._metadata_until = time.monotonic() + _METADATA_KEPT_S
        return self._metadata

    async def _fetched(self, client: Any, url: str) -> dict[str, Any]:
        answer = await client.request("GET", url, withhold_token=True)
        answer.raise_for_status()
        content: dict[str, Any] = answer.json()
        return content

    async def _claims(self, client: Any, token: dict[str, Any], nonce: str) -> dict[str, Any]:
        offered = self._metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        # never "none", nor a secret shared with the client, whatever the provider offers
        registry = JWSRegistry(
            algorithms=[name for name in offered if name in _ALGORITHMS], strict_check_header=False
        )
        try:
            decoded = jwt.decode(token["id_token"], KeySet.import_key_set(self._keys), registry=registry)
        except (JoseError, ValueError):
            # the provider may have changed its keys since
            self._keys = await self._fetched(client, self._metadata["jwks_uri"])
            decoded = jwt.decode(token["id_token"], KeySet.import_key_set(self._keys), registry=registry)
        wanted = {
            "iss": {"essential": True, "value": self._metadata["issuer"]},
            "aud": {"essential": True, "value": self._settings.client_id},
        }
        given = {"nonce": nonce, "client_id": self._settings.client_id, "access_token": token["access_token"]}
        claims = CodeIDToken(decoded.claims, decoded.header, wanted, given)
        claims.validate(leeway=_LEEWAY_S)
        return dict(claims)
