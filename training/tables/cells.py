"""What the cells of a case's row mean: text, dates, counts, lists of units, topic paths."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
import unicodedata
from typing import TYPE_CHECKING

from fenban.model import TOPIC_SEPARATOR

from .columns import TOPIC_LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterable

_DATE = re.compile(
    r"(\d{4})\s*(?:[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{1,2})|年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日?)"
    r"(?:[T\s]*\d{1,2}\s*[:时点].*|T?\d{6}Z?|\s*(?:[(星周上下]|AM|PM).*|\s*Z?)",
    re.IGNORECASE | re.DOTALL,
)
_COMPACT_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})(?:[T\s]?\d{4}(?:\d{2})?Z?|[T\s]+\d{1,2}:.*)?")
_EXCEL_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_EXCEL_EPOCH = dt.date(1899, 12, 30)
_YEARS = range(1900, 2101)
_COUNT = re.compile(r"(\d{1,9})(?:\.0+)?\s*次?")
_BETWEEN_UNITS = re.compile(r"[、，,;；|\s]+")


def as_text(value: object) -> str:
    """Return a cell as stripped text, "" for nothing; a list becomes one text joined by 、."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    if isinstance(value, str):
        return value.replace("\0", "").strip()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list | tuple):
        return "、".join(text for item in value if (text := as_text(item)))
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)


def as_label(value: object) -> str | None:
    """Return a label exactly as it was written but for blanks around it; None for nothing."""
    return as_text(value) or None


def as_date(value: object) -> dt.date | None:
    """Return the day of a date in any usual writing (see the tests), None where it is none."""
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    text = unicodedata.normalize("NFKC", as_text(value))
    match = _DATE.fullmatch(text) or _COMPACT_DATE.fullmatch(text)
    if match:
        year, month, day = (int(part) for part in match.groups() if part is not None)
        return _build_day(year, month, day)
    if _EXCEL_SERIAL.fullmatch(text):
        return _EXCEL_EPOCH + dt.timedelta(days=int(float(text)))
    return None


def _build_day(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day) if year in _YEARS else None
    except ValueError:
        return None


def as_count(value: object) -> int | None:
    """Return a whole number of times (``3``, ``3.0``, ``3次``), None where it is none."""
    match = _COUNT.fullmatch(unicodedata.normalize("NFKC", as_text(value)))
    return int(match.group(1)) if match else None


def as_units(value: object) -> tuple[str, ...]:
    """Split a cell naming several units at 、，,;；| and blanks; each is kept once, in order."""
    items = value if isinstance(value, list | tuple) else [value]
    parts = (part for item in items for part in _BETWEEN_UNITS.split(as_text(item)))
    return tuple(dict.fromkeys(part for part in parts if part))


def as_topic(levels: Iterable[object]) -> str | None:
    """Join the cells of a topic's columns to a path of at most two levels.

    One cell may hold the path itself (``交通运输/公共交通/线路``). A second level without a first
    is no path.
    """
    cells = list(levels)
    if len(cells) == 1 and isinstance(cells[0], list | tuple):
        cells = list(cells[0])
    texts = [as_text(cell) for cell in cells]
    if not texts or not texts[0]:
        return None
    parts = (part.strip() for text in texts for part in text.split(TOPIC_SEPARATOR))
    return TOPIC_SEPARATOR.join([part for part in parts if part][:TOPIC_LEVELS]) or None
