"""From the identity provider's person to a session here, and the two addresses of that way."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from ...accounts import login, users
from ...accounts.actor import local_actor
from ...accounts.errors import AccountError, ProviderError, StrangerError
from ...accounts.oidc import Flow
from ...http.cookies import session_cookie
from ...http.service import Service
from ...store import audit
from ...store.errors import RefusedError
from ...store.tables.accounts import UserRow
from .login_pages import redirect_logged_in, render_login, safe_next

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ...accounts.login import Opened
    from ...accounts.oidc import Person, Provider
    from ...http.accounts import Accounts

router = APIRouter(prefix="/oidc", include_in_schema=False)
CREATED_ROLE = "clerk"
_FLOW_S = 600
_PATH = "/oidc"


def admit(accounts: Accounts, person: Person, cookie: str) -> Opened:
    """Begin the session of whom the provider vouches for.

    A person is found by the provider's subject; the first time by the login name, where no subject
    is known for it yet; else, if so configured, added as a clerk.

    Raises:
        StrangerError: there is no account, or it is disabled.
    """
    with accounts.database.writing() as session:
        user = _find_known(session, person) or _create(session, person, accounts.create_unknown)
        if user is not None and not user.disabled:
            return login.open_session(session, user, accounts.lifetime, cookie, way="oidc")
        audit.record(session, login.NOBODY, "session.refuse", f"user:{user.id if user else '-'}", way="oidc")
    raise StrangerError


def _find_known(session: Session, person: Person) -> UserRow | None:
    user = session.scalar(select(UserRow).where(UserRow.oidc_subject == person.subject))
    if user is not None or not person.name:
        return user
    user = users.find_by_name(session, person.name)
    if user is None or user.oidc_subject is not None:
        return None
    if not user.disabled:
        user.oidc_subject = person.subject
        user.version += 1
        audit.record(session, login.NOBODY, "user.link", f"user:{user.id}")
    return user


def _create(session: Session, person: Person, wanted: bool) -> UserRow | None:
    if not wanted:
        return None
    try:
        user = users.add(session, local_actor("oidc"), person.name, person.display_name[:100], CREATED_ROLE)
    except RefusedError:  # a name that is taken by another subject, or none that may be used here
        return None
    user.oidc_subject = person.subject
    return user


def _require_provider(request: Request) -> Provider:
    provider = Service.of(request).accounts.provider
    if provider is None:
        raise HTTPException(404)
    return provider


def _flow_cookie(request: Request) -> str:
    return f"fenban_oidc_{Service.of(request).accounts.port}"


def _callback(request: Request) -> str:
    host = request.headers.get("host") or request.url.netloc  # what is no address is the provider's to refuse
    return f"{request.scope['scheme']}://{host}{_PATH}/callback"


@router.get("/login")
async def begin(request: Request, next: Annotated[str | None, Query()] = None) -> Response:
    """Send the browser to the provider."""
    provider = _require_provider(request)
    flow = Flow.new(safe_next(next))
    try:
        address = await provider.address(flow, _callback(request))
    except ProviderError as error:
        return render_login(request, flow.wanted, error=error.reason, status=502)
    response = RedirectResponse(address, 303)
    response.set_cookie(
        _flow_cookie(request),
        flow.as_cookie(),
        max_age=_FLOW_S,
        path=_PATH,
        httponly=True,
        samesite="lax",
        secure=request.scope["scheme"] == "https",
    )
    return response


@router.get("/callback")
async def finish(
    request: Request,
    code: Annotated[str, Query(max_length=4000)] = "",
    state: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Take up the provider's answer; it must belong to a login that this very browser began."""
    provider, accounts = _require_provider(request), Service.of(request).accounts
    flow = Flow.from_cookie(request.cookies.get(_flow_cookie(request), ""))
    try:
        if flow is None or not code or not secrets.compare_digest(flow.state.encode(), state.encode()):
            raise ProviderError("no login of this browser")
        person = await provider.person(flow, _callback(request), code)
        cookie = request.cookies.get(session_cookie(accounts.port), "")
        opened = await run_in_threadpool(admit, accounts, person, cookie)
    except AccountError as error:
        status = 403 if isinstance(error, StrangerError) else 401
        response: Response = render_login(request, "/", error=error.reason, status=status)
    else:
        response = redirect_logged_in(request, opened, safe_next(flow.wanted))
    response.delete_cookie(_flow_cookie(request), path=_PATH, httponly=True, samesite="lax")
    return response
