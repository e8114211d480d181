"""Kinds of fields that the JSON of several resources shares: texts, moments, ids, pages."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
import re
from typing import Annotated, Any, LiteralString

from fastapi import Path, Query
from pydantic import AfterValidator, Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator
from pydantic_core import PydanticCustomError

from fenban.model import mask
from fenban.training import as_date

from ..http.problems import FieldError, InvalidFieldsError
from ..store.base import CHINA, now
from .suggestions.schemas import UnicodeText

_LARGEST_ID = 2**31 - 1
_EARLIEST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_LATEST = dt.datetime(2100, 12, 31, tzinfo=dt.UTC)
_NEAR: LiteralString = "应在 2000 年至 2100 年之间"
_HOW: LiteralString = "应为时间，例如 2025-03-18T09:30:00+08:00 或 2025-03-18"
_ISO = re.compile(r"\s*\d{4}-")
_DAY = dt.timedelta(days=1)
_FURTHEST = dt.timedelta(days=5 * 366)


def _refuse_nul(value: str) -> str:
    if "\x00" in value:
        raise PydanticCustomError("string_unicode", "含有无效的字符")
    return value


def _refuse_blank(value: str) -> str:
    if not value.strip():
        raise PydanticCustomError("empty", "不能为空")
    return value


def _read_moment(value: object, parse: ValidatorFunctionWrapHandler) -> dt.datetime:
    """Understand ISO 8601, and the dates that people write; a time without a zone is China's."""
    if isinstance(value, str) and (day := as_date(value)) and "年" in value:
        return beginning_of(day)
    # pydantic takes a bare number for seconds since 1970
    if not isinstance(value, dt.datetime) and not (isinstance(value, str) and _ISO.match(value)):
        raise PydanticCustomError("moment", _HOW)
    try:
        found: dt.datetime = parse(value)
    except ValidationError as error:
        raise PydanticCustomError("moment", _HOW) from error
    return found if found.tzinfo else found.replace(tzinfo=CHINA)


def _check_past(value: dt.datetime) -> dt.datetime:
    if not _EARLIEST <= value <= now() + _DAY:
        raise PydanticCustomError("moment", "应在 2000 年之后，且不晚于现在")
    return value


def _check_future(value: dt.datetime) -> dt.datetime:
    if not now() < value <= now() + _FURTHEST:
        raise PydanticCustomError("moment", "应晚于现在，且在五年之内")
    return value


def _check_near_day(value: dt.date) -> dt.date:
    if not _EARLIEST.year <= value.year <= _LATEST.year:
        raise PydanticCustomError("moment", _NEAR)
    return value


def _check_near_moment(value: dt.datetime) -> dt.datetime:
    if not _EARLIEST <= value <= _LATEST:  # at the edges of the calendar there is no moment in UTC
        raise PydanticCustomError("moment", _NEAR)
    return value


PlainText = Annotated[UnicodeText, AfterValidator(_refuse_nul)]
SaidText = Annotated[PlainText, AfterValidator(_refuse_blank)]
Name = Annotated[SaidText, Field(max_length=200)]
# typed by people where a vocabulary would do; what is personal in it goes before it is stored or logged
MaskedText = Annotated[PlainText, AfterValidator(mask)]
MaskedName = Annotated[SaidText, AfterValidator(mask), Field(max_length=200)]
Id = Annotated[int, Field(ge=1, le=_LARGEST_ID)]
PathId = Annotated[int, Path(ge=1, le=_LARGEST_ID, description="编号（id）")]
Moment = Annotated[dt.datetime, WrapValidator(_read_moment)]
NearMoment = Annotated[Moment, AfterValidator(_check_near_moment)]
PastMoment = Annotated[Moment, AfterValidator(_check_past)]
FutureMoment = Annotated[Moment, AfterValidator(_check_future)]
NearDay = Annotated[dt.date, AfterValidator(_check_near_day)]
Limit = Annotated[int, Query(ge=1, le=200, description="每页个数")]
Cursor = Annotated[str | None, Query(max_length=300, description="上一页给出的 next；不填从头开始")]


def beginning_of(day: dt.date) -> dt.datetime:
    """Return the moment at which a day begins in China."""
    return dt.datetime.combine(day, dt.time(), CHINA)


def cursor_of(*values: Any) -> str:
    """Return values, as JSON knows them, as an opaque text."""
    return base64.urlsafe_b64encode(json.dumps(values, separators=(",", ":")).encode()).decode().rstrip("=")


def values_of(cursor: str) -> list[Any]:
    """Return what ``cursor_of`` was given.

    Raises:
        InvalidFieldsError: it is no cursor.
    """
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, UnicodeError) as error:
        raise refused_cursor() from error
    if not isinstance(found, list):
        raise refused_cursor()
    return found


def row_in_cursor(value: Any) -> int:
    """Return the id, or the number of rows, that a cursor holds.

    Raises:
        InvalidFieldsError: it is none; JSON's true would pass for 1.
    """
    if type(value) is not int or not 0 < value <= _LARGEST_ID:
        raise refused_cursor()
    return value


def row_after(cursor: str | None) -> int | None:
    """Return the id in a cursor that holds nothing else; None without a cursor.

    Raises:
        InvalidFieldsError: it is no such cursor.
    """
    if cursor is None:
        return None
    values = values_of(cursor)
    if len(values) != 1:
        raise refused_cursor()
    return row_in_cursor(values[0])


def refused_cursor() -> InvalidFieldsError:
    """Return the error of a cursor that is none of ours."""
    return InvalidFieldsError([FieldError(field="cursor", message="应为上一页给出的 next")])
