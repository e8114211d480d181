"""The application: operations, console page, static files, and what every response carries."""

from __future__ import annotations

import asyncio
import functools
import importlib.metadata
import logging
import mimetypes
import re
import time
import traceback
import uuid
from contextlib import asynccontextmanager
from importlib import resources
from typing import TYPE_CHECKING, Any

from anyio import to_thread
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.staticfiles import StaticFiles

from fenban.model import Submission

from .console import pages as console
from .desk.likeness import rarities
from .http.access import Access
from .http.cookies import session_cookie
from .http.problems import BodyLimit, Problem, problem, register
from .http.service import Service
from .resources.accounts import login_pages as doors
from .resources.accounts import provider_login, session, tokens, users
from .resources.audit import audit
from .resources.directory import directory, units
from .resources.figures import return_risk, statistics
from .resources.finding import clusters, search, similar
from .resources.health import health
from .resources.matters import agreements, decisions, documents, handling, history, steps, submissions
from .resources.suggestions import suggestions
from .store.database import THREADS
from .store.errors import StoreError
from .store.schema import migrate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from fenban.model import Router

    from .settings import ServiceSettings
    from .store.statistics.facts import FactsCache

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # with no-referrer a browser would send "Origin: null" along with our own forms
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_HTTPS_ONLY = "max-age=31536000"  # a year; sent over HTTPS alone, as RFC 6797 asks
_NEVER_STORED = "no-store"
_REVALIDATED = "no-cache"  # names of static files carry no hash: ask each time, mostly answered with 304
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_FRAMES = 6  # innermost lines of code that a failure is logged with
_CONSOLE = "fenban.serving.console"
RESOURCES = (
    suggestions,
    health,
    submissions,
    decisions,
    steps,
    handling,
    agreements,
    history,
    similar,
    clusters,
    return_risk,
    search,
    statistics,
    audit,
    units,
    directory,
    documents,
    session,
    users,
    tokens,
)
_TAGS = [
    {"name": "分办建议", "description": "判断诉求应由谁办理。"},
    {"name": "办件", "description": "登记、派遣和办理诉求与提案，直到办结和评价。"},
    {"name": "检索", "description": "在全部办件中全文检索。"},
    {"name": "统计", "description": "首派准确率、改派、退单、热点和办理情况。"},
    {"name": "审计", "description": "谁在什么时候做了什么；核对审计是否完好。"},
    {"name": "重复与热点", "description": "可能重复的办件、多人反映的热点、单位的退单风险。"},
    {"name": "名录", "description": "模型认识的主题和单位。"},
    {"name": "模型", "description": "所用模型的情况。"},
    {"name": "账户", "description": "登录、账户和访问令牌。"},
    {"name": "运行状态", "description": "供监控和部署使用，不需要令牌。"},
]
_DESCRIPTION = (
    "读懂市民诉求和委员提案，给出主办、协办单位及其概率与依据。\n\n"
    "除运行状态和本说明外，都需要登录，或者访问令牌：`Authorization: Bearer 令牌`。"
    "出错时一律返回 `application/problem+json`（RFC 9457）。"
)
_WARMING_TEXT = "解放路路口的路灯坏了，晚上看不清路，请尽快维修。"

_STOPPING = "服务正在停止，这次请求没有做完，请稍后再试。"

logger = logging.getLogger(__name__)


class Frame:
    """Middleware: request id, security headers, one log line, and the last resort for errors.

    Nothing that a caller wrote is logged: neither query nor body, nor the message of an exception,
    which may quote them; its type and the lines of code it passed are.
    """

    def __init__(self, app: ASGIApp, *, believes_a_proxy: bool = True) -> None:
        self._app = app
        self._may_warn = not believes_a_proxy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and decorate the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if self._may_warn and "x-forwarded-for" in headers:
            self._may_warn = False  # once is enough
            logger.warning(
                "a proxy at %s says where requests come from and is not believed: all people behind it share"
                " one address, and its lock after failed logins - name it with --proxy",
                scope["client"][0] if scope.get("client") else "an unknown address",
            )
        given = headers.get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        scope["request_id"] = request_id
        status = 0
        began = time.perf_counter()

        async def framed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _decorate(MutableHeaders(scope=message), request_id, scope["scheme"] == "https")
            await send(message)

        try:
            await self._app(scope, receive, framed)
        except asyncio.CancelledError:  # the service stops, and this request took longer than it waits
            logger.warning("request %s was broken off: the service stops", request_id)
            if not status:
                await problem(503, request_id=request_id, detail=_STOPPING)(scope, receive, framed)
        except Exception as error:
            logger.error("request %s failed: %s", request_id, _without_values(error))
            if status:
                raise ConnectionAbortedError("the answer broke off") from None
            await problem(500, request_id=request_id)(scope, receive, framed)
        finally:
            route = getattr(scope.get("route"), "path", "-")
            spent = (time.perf_counter() - began) * 1e3
            logger.info("%s %s %s %d %.1f ms", request_id, scope["method"], route, status, spent)


def _decorate(headers: MutableHeaders, request_id: str, encrypted: bool) -> None:
    for name, value in SECURITY_HEADERS.items():
        headers[name] = value
    if encrypted:
        headers["Strict-Transport-Security"] = _HTTPS_ONLY
    headers["X-Request-Id"] = request_id
    headers.setdefault("Cache-Control", _NEVER_STORED)


def _without_values(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    places = " < ".join(
        f"{frame.name} ({frame.filename}:{frame.lineno})" for frame in frames[: -_FRAMES - 1 : -1]
    )
    return f"{type(error).__name__} in {places}"


class ConsoleFiles(StaticFiles):
    """Static files that browsers keep and ask after."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return the file, or 304 where the browser has it."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = _REVALIDATED
        return response


def create_app(router: Router, settings: ServiceSettings) -> FastAPI:
    """Return the service for a loaded model; it is ready once its lifespan has begun.

    The store is opened here, brought to the present schema as the lifespan begins, and closed as it ends.

    Args:
        router: the model. It is warmed up before the first request.
        settings: limits, address and the store.

    Raises:
        InputError: the store's URL is of a kind whose driver is not installed.
        MissingExtraError: there is an identity provider and the extra ``oidc`` is not installed.
    """
    version = importlib.metadata.version("fenban")
    templates = console.console_templates(version=version, model_version=router.version)
    service = Service.build(router, settings, templates)
    app = FastAPI(
        title="分办 fenban",
        summary="诉求分办建议服务",
        description=_DESCRIPTION,
        version=version,
        openapi_tags=_TAGS,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
        middleware=[
            Middleware(Frame, believes_a_proxy=bool(settings.proxy)),
            Middleware(Access, identities=service.accounts.identities, port=settings.port),
            Middleware(BodyLimit, limit=settings.max_body),
        ],
    )
    app.state.service = service
    register(app)
    for resource in RESOURCES:
        app.include_router(resource.router)
    app.include_router(doors.router)
    app.include_router(provider_login.router)
    _add_console(app)
    app.openapi = functools.partial(_openapi, app, settings)  # type: ignore[method-assign]
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    to_thread.current_default_thread_limiter().total_tokens = THREADS
    await asyncio.to_thread(migrate, service.database)
    await asyncio.to_thread(service.router.suggest, [Submission(_WARMING_TEXT)])
    await asyncio.to_thread(rarities.load_shipped)
    reading = asyncio.create_task(asyncio.to_thread(_read_facts, service.facts))
    try:
        async with service.batcher:
            yield
    finally:
        await reading
        await asyncio.to_thread(service.database.close)


def _read_facts(facts: FactsCache) -> None:
    """Read all matters once for the statistics, so that the first who asks need not wait for it."""
    try:
        facts.current()
    except StoreError as error:  # whoever asks for statistics will be told
        logger.warning("statistics were not read: %s", error)


def _add_console(app: FastAPI) -> None:
    mimetypes.add_type("text/javascript", ".js")  # some Windows registries say text/plain
    mimetypes.add_type("image/svg+xml", ".svg")
    app.include_router(console.router)
    static = ConsoleFiles(directory=str(resources.files(_CONSOLE) / "static"), check_dir=False)
    app.mount("/static", static, name="static")


def _openapi(app: FastAPI, settings: ServiceSettings) -> dict[str, Any]:
    """Return the description of the API, with this deployment's limits in it."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            description=app.description,
            routes=app.routes,
            tags=app.openapi_tags,
        )
        parts = schema["components"]
        errors = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        parts["schemas"] |= {**errors.pop("$defs"), "Problem": errors}
        parts["securitySchemes"] = {
            "token": {
                "type": "http",
                "scheme": "bearer",
                "description": "在账户页或用命令 fenban tokens create 取得的令牌",
            },
            "session": {
                "type": "apiKey",
                "in": "cookie",
                "name": session_cookie(settings.port),
                "description": "浏览器会话，登录后建立；改动数据的请求还要带 X-CSRF-Token",
            },
        }
        for name, form in parts["schemas"].items():
            if name.startswith("Body_"):  # made by FastAPI of an operation's form fields
                form["description"] = "表单（multipart/form-data），其中有文件。"
        parts["schemas"]["SuggestionRequest"]["properties"]["items"]["maxItems"] = settings.max_items
        parts["schemas"]["SubmissionItem"]["properties"]["text"]["maxLength"] = settings.max_text
        app.openapi_schema = schema
    return app.openapi_schema
