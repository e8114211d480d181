"""The doors: the login, the page behind an invitation, logging out, and the identity provider."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ...accounts import login, users
from ...accounts.errors import AccountError, InvitationError, LockedError
from ...accounts.passwords import SHORTEST
from ...http.accounts import address_of
from ...http.cookies import clear_session, session_cookie, set_session
from ...http.service import Service
from ...store.errors import RefusedError

if TYPE_CHECKING:
    from ...accounts.login import Opened
    from ...http.accounts import Accounts
    from ...store.tables.accounts import UserRow

router = APIRouter(include_in_schema=False)

_LONGEST_FIELD = 1000


def safe_next(wanted: str | None) -> str:
    """Return where to go after the login: a path of this site, never another address."""
    if not wanted or len(wanted) > _LONGEST_FIELD or not wanted.startswith("/"):
        return "/"
    # browsers read //host and /\host as another site, and drop control characters before they look
    if wanted[1:2] in ("/", "\\") or any(ord(sign) < 0x21 for sign in wanted):
        return "/"
    return "/" if wanted.startswith(("/login", "/logout", "/invitation", "/api/", "/oidc/")) else wanted


def _render(request: Request, name: str, status: int = 200, **context: Any) -> HTMLResponse:
    return HTMLResponse(Service.of(request).templates.render(name, **context), status)


def render_login(
    request: Request, wanted: str, name: str = "", error: str = "", status: int = 200
) -> HTMLResponse:
    """Return the login, with what was typed before and why that did not do."""
    with_provider = Service.of(request).accounts.provider is not None
    return _render(
        request, "login.html", status, next=wanted, login_name=name, error=error, with_provider=with_provider
    )


def redirect_logged_in(request: Request, opened: Opened, wanted: str) -> Response:
    """Return the answer that takes a person who has logged in to where they wanted to go."""
    accounts = Service.of(request).accounts
    accounts.identities.forget()
    response = RedirectResponse(wanted, 303)
    set_session(response, request, accounts.port, opened.secret)
    return response


@router.get("/login")
async def login_page(request: Request, next: Annotated[str | None, Query()] = None) -> Response:
    """Show the login."""
    return render_login(request, safe_next(next))


@router.post("/login")
async def log_in(
    request: Request,
    name: Annotated[str, Form(max_length=_LONGEST_FIELD)] = "",
    password: Annotated[str, Form(max_length=_LONGEST_FIELD)] = "",
    next: Annotated[str | None, Form()] = None,
) -> Response:
    """Check name and password; the page again where they are not accepted."""
    accounts = Service.of(request).accounts
    cookie = request.cookies.get(session_cookie(accounts.port), "")
    attempt = login.Attempt(name, password, address_of(request), cookie)
    work = functools.partial(login.log_in, accounts.database, attempt, accounts.lifetime)
    try:
        opened = await accounts.gate.run(work)
    except AccountError as error:
        status = 429 if isinstance(error, LockedError) else 401
        return render_login(request, safe_next(next), name[:60], error.reason, status)
    return redirect_logged_in(request, opened, safe_next(next))


@router.post("/logout")
async def log_out(request: Request) -> Response:
    """End the session; a token stays as it is."""
    accounts = Service.of(request).accounts
    identity = request.scope["identity"]
    response = Response(status_code=204)
    if identity.digest:
        actor = identity.actor
        await run_in_threadpool(login.log_out, accounts.database, identity.digest, actor.name, actor.user_id)
        accounts.identities.forget()
        clear_session(response, request, accounts.port)
    return response


def _find_invited(accounts: Accounts, secret: str) -> UserRow:
    with accounts.database.reading() as session:
        return users.person_invited_by(session, secret)


def _render_invitation(
    request: Request, secret: str, user: UserRow | None, error: str = "", status: int = 200
) -> HTMLResponse:
    return _render(
        request,
        "invitation.html",
        status,
        secret=secret,
        login_name=user.name if user else "",
        display_name=user.display_name if user else "",
        shortest=SHORTEST,
        error=error,
        valid=user is not None,
    )


@router.get("/invitation")
async def invitation_page(
    request: Request, secret: Annotated[str, Query(max_length=_LONGEST_FIELD)] = ""
) -> Response:
    """Show whom the link is for and ask for a password; looking does not use it up."""
    try:
        user = await run_in_threadpool(_find_invited, Service.of(request).accounts, secret)
    except InvitationError as error:
        return _render_invitation(request, "", None, error.reason, 404)
    return _render_invitation(request, secret, user)


@router.post("/invitation")
async def accept_invitation(
    request: Request,
    secret: Annotated[str, Form(max_length=_LONGEST_FIELD)] = "",
    display_name: Annotated[str, Form(max_length=_LONGEST_FIELD)] = "",
    password: Annotated[str, Form(max_length=_LONGEST_FIELD)] = "",
    again: Annotated[str, Form(max_length=_LONGEST_FIELD)] = "",
) -> Response:
    """Set the password, use the link up and begin the first session."""
    accounts = Service.of(request).accounts
    try:
        user = await run_in_threadpool(_find_invited, accounts, secret)
        if password != again:
            return _render_invitation(request, secret, user, "两次输入的密码不一样", 422)
        work = functools.partial(
            login.accept_invitation, accounts.database, secret, display_name, password, accounts.lifetime
        )
        opened = await accounts.gate.run(work)
    except RefusedError as error:
        return _render_invitation(request, secret, user, error.reason, 422)
    except AccountError as error:
        return _render_invitation(request, "", None, error.reason, 404)
    return redirect_logged_in(request, opened, "/")
