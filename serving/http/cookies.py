"""The session's cookie: random, out of reach of scripts, and another one on each port."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection
    from starlette.responses import Response


def session_cookie(port: int) -> str:
    """Return the cookie's name; cookies of a host are shared by all of its ports."""
    return f"fenban_session_{port}"


def set_session(response: Response, connection: HTTPConnection, port: int, secret: str) -> None:
    """Hand the session to the browser; it forgets it when it is closed.

    Lax, so that a link to a matter in a message opens it; what changes anything needs more than the
    cookie anyway.
    """
    response.set_cookie(
        session_cookie(port),
        secret,
        path="/",
        httponly=True,
        samesite="lax",
        secure=connection.scope["scheme"] == "https",
    )


def clear_session(response: Response, connection: HTTPConnection, port: int) -> None:
    """Take the session from the browser."""
    response.delete_cookie(
        session_cookie(port),
        path="/",
        httponly=True,
        samesite="lax",
        secure=connection.scope["scheme"] == "https",
    )
