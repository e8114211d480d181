"""Who may call: a bearer of the token, or a browser that opened the link the terminal printed.

The link ``/?token=...`` sets a session cookie and redirects to ``/``, so that the token leaves the
address bar. The cookie holds a value derived from the token, never the token itself, because
cookies of a host are shared by all of its ports.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, RedirectResponse, Response

from fenban.serving.problems import CROSS_SITE, problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.datastructures import Headers
    from starlette.types import ASGIApp, Receive, Scope, Send

    from fenban.serving.settings import ServiceSettings

OPEN_PATHS = frozenset({"/healthz", "/readyz", "/openapi.json"})
OPEN_FOLDER = "/static/"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="fenban"'}
_TOKEN_BYTES = 24


def new_token() -> str:
    """Return a fresh random token, safe in a URL."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def session_cookie(settings: ServiceSettings) -> tuple[str, str]:
    """Return the name and the value of the session cookie; services on other ports keep theirs."""
    value = hmac.new(settings.token.encode(), b"fenban console session", hashlib.sha256).hexdigest()
    return f"fenban_session_{settings.port}", value


def same_origin(headers: Headers) -> bool:
    """Whether a browser says that the request comes from a page of this very site.

    ``Sec-Fetch-Site`` is only sent over HTTPS and to localhost; plain HTTP has ``Origin`` alone.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    host = headers.get("host", "")
    return bool(host) and urlsplit(headers.get("origin", "")).netloc.lower() == host.lower()


class Access:
    """Middleware: lets in who shows the token or the cookie, and everybody to the open paths.

    Args:
        app: what is guarded.
        settings: hold the token.
        denied_page: returns the page for a browser that did not come by the link.
    """

    def __init__(self, app: ASGIApp, settings: ServiceSettings, denied_page: Callable[[], str]) -> None:
        self._app = app
        self._token = settings.token.encode()
        self._cookie_name, self._cookie_value = session_cookie(settings)
        self._denied_page = denied_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it with 303, 401 or 403."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # there are no websockets here
            await send({"type": "websocket.close", "code": 1008})
            return
        answer = self._answer(scope)
        await (answer or self._app)(scope, receive, send)

    def _answer(self, scope: Scope) -> Response | None:
        path, method = scope["path"], scope["method"]
        if path in OPEN_PATHS or path.startswith(OPEN_FOLDER):
            return None
        connection = HTTPConnection(scope)
        if path == "/" and method == "GET" and b"token=" in scope["query_string"]:
            return self._open_session(connection)
        if self._bears_token(connection.headers):
            return None
        if not self._has_session(connection):
            return self._denied(scope, connection.headers)
        if method not in _SAFE_METHODS and not same_origin(connection.headers):
            return problem(403, request_id=scope.get("request_id"), kind=CROSS_SITE)
        return None

    def _is_token(self, candidate: str) -> bool:
        return secrets.compare_digest(candidate.encode("utf-8", "surrogatepass"), self._token)

    def _bears_token(self, headers: Headers) -> bool:
        scheme, _, value = headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and self._is_token(value.strip())

    def _has_session(self, connection: HTTPConnection) -> bool:
        value = connection.cookies.get(self._cookie_name, "")
        return secrets.compare_digest(value.encode("utf-8", "surrogatepass"), self._cookie_value.encode())

    def _open_session(self, connection: HTTPConnection) -> Response:
        given = parse_qs(connection.scope["query_string"].decode("latin-1")).get("token", [""])
        if not self._is_token(given[-1]):
            return self._denied(connection.scope, connection.headers)
        response = RedirectResponse("/", 303)
        response.set_cookie(
            self._cookie_name,
            self._cookie_value,
            path="/",
            httponly=True,
            samesite="strict",
            secure=connection.url.scheme == "https",
        )
        return response

    def _denied(self, scope: Scope, headers: Headers) -> Response:
        wants_page = scope["method"] == "GET" and "text/html" in headers.get("accept", "")
        if wants_page and not scope["path"].startswith("/api/"):
            return HTMLResponse(self._denied_page(), 401, _CHALLENGE)
        return problem(401, request_id=scope.get("request_id"), headers=_CHALLENGE)
