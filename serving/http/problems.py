"""Errors as the API tells them: problem+json (RFC 9457), in Chinese, without the caller's text."""

# ruff: noqa: D400, D415 - the docstrings of the models are the Chinese text of the OpenAPI document

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from fenban.model import FenbanError, InputError

from ..accounts.errors import CrowdedError, ForbiddenError, InvitationError, LockedError, LoginError
from ..inference.batching import NotReadyError, OverloadedError
from ..store.errors import (
    ChangedMeanwhileError,
    NotFoundError,
    RefusedError,
    ReusedKeyError,
    StoreBusyError,
    StoreDamagedError,
    StoreError,
    StoreFullError,
    StoreReadOnlyError,
    StoreUnreachableError,
)
from ..store.failures import store_error_of
from ..store.search.query import UnreadableQueryError
from ..uploads.errors import UploadsBusyError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
_LONGEST_FIELD = 80
_MOST_ERRORS = 20


class FieldError(BaseModel):
    """有问题的一个字段。"""

    field: str = Field(description="字段的位置", examples=["items[2].text"])
    message: str = Field(description="问题", examples=["缺少这一项"])


class Problem(BaseModel):
    """出错时的说明（RFC 9457）。"""

    type: str = Field(description="错误的种类", examples=["urn:fenban:problem:invalid"])
    title: str = Field(description="一句话说明", examples=["请求内容有误"])
    status: int = Field(description="HTTP 状态码", examples=[422])
    detail: str = Field(description="怎么办", examples=["items[2].text：缺少这一项"])
    request_id: str | None = Field(None, description="请求编号，与响应头 X-Request-Id 相同，便于查日志")
    errors: list[FieldError] | None = Field(None, description="有问题的字段，仅 422")
    version: int | None = Field(None, description="办件现在的版本，仅 412：重新读取后再改")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of error: the end of its URN, its title and what a caller can do."""

    name: str
    title: str
    detail: str


KINDS: dict[int, Kind] = {
    400: Kind("bad-request", "请求无法识别", "请求正文不是有效的 UTF-8 JSON，或者表单残缺。"),
    401: Kind("unauthorized", "需要登录", "请登录，或在 Authorization 请求头中带上访问令牌：Bearer 令牌。"),
    403: Kind("forbidden", "没有权限", "您的账户或令牌没有所需的权限，请向管理员申请。"),
    404: Kind("not-found", "没有这个地址", "请检查路径；全部接口见 /openapi.json。"),
    405: Kind("method-not-allowed", "不支持这种请求方法", "允许的方法见响应头 Allow。"),
    409: Kind("refused", "现在不能这样办", "办件的状态不允许这一步，请刷新后再看。"),
    412: Kind("changed-meanwhile", "已被别人改动", "您打开之后别人改过，请刷新后再办。"),
    413: Kind("too-large", "请求太大", "请分几次提交。"),
    415: Kind("unsupported-media-type", "不支持这种正文格式", "请使用 Content-Type: application/json。"),
    422: Kind("invalid", "请求内容有误", "请按 errors 中的说明修改。"),
    428: Kind("if-match-required", "缺少版本", "请在 If-Match 请求头中带上办件的 ETag，以免覆盖别人的改动。"),
    429: Kind("overloaded", "正在处理的文本太多", "请稍后再试，等待秒数见响应头 Retry-After。"),
    500: Kind("internal", "服务内部出错", "请把请求编号告诉管理员，以便查日志。"),
    503: Kind("not-ready", "服务尚未就绪", "正在启动或停止，请稍后再试。"),
}

CROSS_SITE = Kind(
    "cross-site", "拒绝跨站请求", "用浏览器会话提交时，请求必须来自本站页面，并带上 X-CSRF-Token 请求头。"
)

NO_RECORD = Kind("no-such-record", "没有这条记录", "请检查编号。")
STORE_BUSY = Kind("store-busy", "数据库正忙", "同时写入的人太多，请稍后再试。")
STORE_UNREACHABLE = Kind("store-unreachable", "数据库没有应答", "请稍后再试；仍不行请找管理员。")
STORE_FULL = Kind("store-full", "磁盘已满", StoreFullError.reason)
STORE_READ_ONLY = Kind("store-read-only", "数据库不能写入", StoreReadOnlyError.reason)
STORE_DAMAGED = Kind("store-damaged", "数据库文件出错", StoreDamagedError.reason)
UPLOADS_BUSY = Kind("uploads-busy", "正在读的文件太多", "请过几秒再试，等待秒数见响应头 Retry-After。")
UNREADABLE_QUERY = Kind("unreadable-query", "这样没法检索", "请换几个字词再试。")
REUSED_KEY = Kind("reused-key", "请求编号已用过", "同一个 Idempotency-Key 已用于内容不同的请求，请换一个。")
LOGIN_REFUSED = Kind("login-refused", "没有登录上", "登录名或密码不对。")
LOGIN_LOCKED = Kind("login-locked", "暂时不能登录", "请过一会儿再试。")


class MissingIfMatchError(FenbanError):
    """A change of an existing record must say which version it changes."""

    def __init__(self) -> None:
        super().__init__("If-Match is missing")


# The one table from domain errors to statuses: the first class that fits decides. Where the status
# alone does not say what is wrong, the error has a kind of its own.
STATUSES: tuple[tuple[type[FenbanError], int], ...] = (
    (NotFoundError, 404),
    (RefusedError, 409),
    (ChangedMeanwhileError, 412),
    (ReusedKeyError, 422),
    (UnreadableQueryError, 422),
    (MissingIfMatchError, 428),
    (StoreError, 503),
    (UploadsBusyError, 503),
    (OverloadedError, 429),
    (NotReadyError, 503),
    (InputError, 400),
    (ForbiddenError, 403),
    (LockedError, 429),
    (LoginError, 401),
    (CrowdedError, 503),
    (InvitationError, 404),
    (FenbanError, 500),
)
OWN_KINDS: tuple[tuple[type[FenbanError], Kind], ...] = (
    (NotFoundError, NO_RECORD),
    (ReusedKeyError, REUSED_KEY),
    (UnreadableQueryError, UNREADABLE_QUERY),
    (StoreBusyError, STORE_BUSY),
    (StoreUnreachableError, STORE_UNREACHABLE),
    (UploadsBusyError, UPLOADS_BUSY),
    (StoreFullError, STORE_FULL),
    (StoreReadOnlyError, STORE_READ_ONLY),
    (StoreDamagedError, STORE_DAMAGED),
    (LockedError, LOGIN_LOCKED),
    (LoginError, LOGIN_REFUSED),
    (CrowdedError, LOGIN_LOCKED),
    (InvitationError, NO_RECORD),
)

_MESSAGES = {
    "missing": "缺少这一项",
    "extra_forbidden": "没有这个字段",
    "string_type": "应为文字",
    "string_unicode": "含有无效的 Unicode 字符",
    "string_too_long": "不能超过 {max_length} 个字符",
    "too_short": "至少要有 {min_length} 件",
    "too_long": "超过上限 {max_length}",
    "list_type": "应为数组",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_from_float": "应为整数",
    "float_type": "应为数字",
    "float_parsing": "应为数字",
    "finite_number": "应为有限的数字",
    "greater_than_equal": "不能小于 {ge}",
    "less_than_equal": "不能大于 {le}",
    "model_type": "应为 JSON 对象",
    "model_attributes_type": "应为 JSON 对象",
    "dict_type": "应为 JSON 对象",
    "json_invalid": "不是有效的 JSON",
}
_OWN_MESSAGES = frozenset({"day", "empty", "moment"})  # our own validators say it, in Chinese and literally


class BodyTooLargeError(HTTPException):
    """The body has more bytes than allowed, whatever its Content-Length said."""

    def __init__(self) -> None:
        super().__init__(413)


class InvalidFieldsError(FenbanError):
    """Fields that break a limit of this deployment."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("fields break a limit")
        self.errors = errors


def problem(
    status: int,
    *,
    request_id: str | None = None,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
    kind: Kind | None = None,
    detail: str | None = None,
    **more: Any,
) -> Response:
    """Return the response that tells an error of ``status``; ``kind`` and ``detail`` say it closer.

    ``more`` are further members of the problem.
    """
    kind = kind or KINDS.get(status, KINDS[500 if status >= 500 else 400])
    content: dict[str, Any] = {
        "type": f"urn:fenban:problem:{kind.name}",
        "title": kind.title,
        "status": status,
        "detail": detail or kind.detail,
        **more,
    }
    if request_id:
        content["request_id"] = request_id
    if errors:
        content["detail"] = "；".join(f"{e.field}：{e.message}" for e in errors[:3])
        content["errors"] = [e.model_dump() for e in errors[:_MOST_ERRORS]]
    body = json.dumps(content, ensure_ascii=False).encode("utf-8", "backslashreplace")
    return Response(body, status, headers, MEDIA_TYPE)


def status_of(error: FenbanError) -> int:
    """Return the HTTP status of a domain error."""
    return next(status for kind, status in STATUSES if isinstance(error, kind))


def field_errors(error: RequestValidationError) -> list[FieldError]:
    """Return the fields that were refused, with messages that never repeat their content."""
    return [FieldError(field=_field(e["type"], e["loc"]), message=_message(e)) for e in error.errors()]


def _field(kind: str, place: Sequence[str | int]) -> str:
    steps = [] if kind == "json_invalid" else place[1:]
    name = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return name.lstrip(".")[:_LONGEST_FIELD] or str(place[0])


def _message(error: Mapping[str, Any]) -> str:
    if error["type"] in _OWN_MESSAGES:
        return str(error["msg"])
    template = _MESSAGES.get(error["type"], "取值不符合要求")
    if error["type"] == "json_invalid":
        return f"{template}（第 {int(error['loc'][-1]) + 1} 个字符处）"
    return template.format_map(error.get("ctx") or {})


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI of the errors of an operation; 500 is always among them."""
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    found: dict[int | str, dict[str, Any]] = {}
    for status in sorted({*statuses, 500}):
        kind = KINDS[status]
        example = {
            "type": f"urn:fenban:problem:{kind.name}",
            "title": kind.title,
            "status": status,
            "detail": kind.detail,
        }
        found[status] = {"description": kind.title, "content": {MEDIA_TYPE: {**schema, "example": example}}}
    if 429 in found:
        found[429]["headers"] = {
            "Retry-After": {"description": "过多少秒再试", "schema": {"type": "integer", "minimum": 1}}
        }
    return found


def register(app: FastAPI) -> None:
    """Let ``app`` tell every error it knows as a problem."""
    app.add_exception_handler(FenbanError, _domain_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(OSError, _system_error)


async def _domain_error(request: Request, error: Exception) -> Response:
    mine = request.scope.get("request_id")
    if isinstance(error, InvalidFieldsError):
        return problem(422, request_id=mine, errors=error.errors)
    assert isinstance(error, FenbanError)
    status = status_of(error)
    kind = next((kind for type_, kind in OWN_KINDS if isinstance(error, type_)), None)
    return problem(
        status, request_id=mine, headers=_retry_after(error), kind=kind, detail=_detail(error), **_more(error)
    )


async def _system_error(request: Request, error: Exception) -> Response:
    """Name a full or read-only disk, on which uploads lie while they are read; the rest is a defect."""
    found = store_error_of(error)
    if found is None:
        raise error
    logger.error("%s", found)
    return await _domain_error(request, found)


def _retry_after(error: FenbanError) -> dict[str, str] | None:
    seconds = 1 if isinstance(error, StoreBusyError) else getattr(error, "retry_after", None)
    return {"Retry-After": str(seconds)} if seconds else None


def _detail(error: FenbanError) -> str | None:
    if isinstance(error, NotFoundError):
        return f"没有这个{error.what}，请检查编号。"
    return getattr(error, "reason", None)


def _more(error: FenbanError) -> dict[str, Any]:
    return {"version": error.version} if isinstance(error, ChangedMeanwhileError) else {}


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem(error.status_code, request_id=request.scope.get("request_id"), headers=error.headers)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return problem(422, request_id=request.scope.get("request_id"), errors=field_errors(error))


class BodyLimit:
    """Middleware: refuses a body above ``limit`` bytes, by its header or while it streams in."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with a ``receive`` that counts."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not declared.isdigit() or int(declared) > self._limit:
            await problem(413, request_id=scope.get("request_id"))(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._limit:
                raise BodyTooLargeError
            return message

        await self._app(scope, counted, send)
