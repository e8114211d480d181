"""Who may call: a person with a session, or a program with a token. Everything else sees the login.

A token in ``Authorization`` counts alone; the cookie beside it is not looked at. With the cookie,
whatever changes something must come from a page of this site and carry the session's CSRF token.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import anyio
from anyio import to_thread
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse

from ..store.errors import StoreError
from .cookies import session_cookie
from .problems import CROSS_SITE, STORE_UNREACHABLE, problem

if TYPE_CHECKING:
    from starlette.datastructures import Headers
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

    from ..accounts.identities import Identities, Identity

OPEN_PATHS = frozenset({"/healthz", "/readyz", "/openapi.json"})
OPEN_FOLDER = "/static/"
# where people come in; what they post there must come from our own pages all the same
_DOORS = frozenset({"/login", "/invitation", "/oidc/login", "/oidc/callback"})
_LOGIN_OPERATION = ("POST", "/api/v1/session")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="fenban"'}
_LOOK_UPS = 4  # threads of their own: requests that are slow in the store must not keep others out
_LONGEST_SECRET = 200


def is_same_origin(headers: Headers) -> bool:
    """Whether a browser says that the request comes from a page of this very site.

    ``Sec-Fetch-Site`` is only sent over HTTPS and to localhost; plain HTTP has ``Origin`` alone.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    host = headers.get("host", "")
    try:
        origin = urlsplit(headers.get("origin", "")).netloc
    except ValueError:  # such as http://[::1, which no browser sends
        return False
    return bool(host) and origin.lower() == host.lower()


class Access:
    """Middleware: finds out who asks and puts it into the scope, or answers with 303, 401 or 403.

    The scope then has ``actor`` (``accounts.actor.Actor``), ``identity`` and, for a session, ``csrf``.

    Args:
        app: what is guarded.
        identities: look-ups of sessions and tokens.
        port: the service's, for the cookie's name.
    """

    def __init__(self, app: ASGIApp, identities: Identities, port: int) -> None:
        self._app = app
        self._identities = identities
        self._cookie = session_cookie(port)
        self._threads: anyio.CapacityLimiter | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # there are no websockets here
            await send({"type": "websocket.close", "code": 1008})
            return
        try:
            answer = await self._answer(scope)
        except StoreError:
            answer = problem(503, request_id=scope.get("request_id"), kind=STORE_UNREACHABLE)
        await (answer or self._app)(scope, receive, send)

    async def _answer(self, scope: Scope) -> Response | None:
        path, method = scope["path"], scope["method"]
        if path in OPEN_PATHS or path.startswith(OPEN_FOLDER):
            return None
        connection = HTTPConnection(scope)
        headers = connection.headers
        if path in _DOORS or (method, path) == _LOGIN_OPERATION:
            return None if method in _SAFE_METHODS or is_same_origin(headers) else _refuse_cross_site(scope)
        bearer = _bearer(headers)
        if bearer is not None:
            identity = await self._find("token", bearer)
        else:
            identity = await self._find("session", connection.cookies.get(self._cookie, ""))
        if identity is None:
            return _deny(scope, headers, bearer is not None)
        if identity.csrf and method not in _SAFE_METHODS and not _is_ours(headers, identity):
            return _refuse_cross_site(scope)
        scope["identity"] = identity
        scope["actor"] = identity.actor
        scope["csrf"] = identity.csrf
        return None

    async def _find(self, kind: str, secret: str) -> Identity | None:
        if not secret or len(secret) > _LONGEST_SECRET:
            return None
        known, identity = self._identities.remembered(kind, secret)
        if known:
            return identity
        if self._threads is None:
            self._threads = anyio.CapacityLimiter(_LOOK_UPS)
        return await to_thread.run_sync(self._identities.look_up, kind, secret, limiter=self._threads)


def _bearer(headers: Headers) -> str | None:
    """Return what stands behind ``Bearer``; empty for another scheme, None without the header."""
    given = headers.get("authorization")
    if given is None:
        return None
    scheme, _, value = given.partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""


def _is_ours(headers: Headers, identity: Identity) -> bool:
    given = headers.get("x-csrf-token", "").encode("utf-8", "surrogatepass")
    return secrets.compare_digest(given, identity.csrf.encode()) and is_same_origin(headers)


def _refuse_cross_site(scope: Scope) -> Response:
    return problem(403, request_id=scope.get("request_id"), kind=CROSS_SITE)


def _deny(scope: Scope, headers: Headers, with_token: bool) -> Response:
    """Lead a browser that wants a page to the login; tell programs 401."""
    wants_page = scope["method"] == "GET" and "text/html" in headers.get("accept", "")
    if wants_page and not with_token and not scope["path"].startswith("/api/"):
        query = scope["query_string"].decode("latin-1")
        wanted = quote(scope["path"], safe="/") + (f"?{query}" if query else "")
        return RedirectResponse(f"/login?next={quote(wanted, safe='/')}" if wanted != "/" else "/login", 303)
    return problem(401, request_id=scope.get("request_id"), headers=_CHALLENGE)
