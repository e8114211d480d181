"""Lists of departments, as the bounded process reads them and as the service takes the answer."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from fenban.training import ListedUnit

from ..desk.directory.files import Unreadable, UnreadableListError, read_uploaded
from .errors import UploadRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

_DAYS = ("valid_from", "valid_until")
_SEVERAL = ("aliases", "duties", "former")


def read(content: bytes, name: str) -> dict[str, Any]:
    """Read a list; the answer is JSON, its days written out.

    Raises:
        UploadRefusedError: it cannot be read at all.
    """
    try:
        listed, unreadable = read_uploaded(content, name)
    except UnreadableListError as error:
        raise UploadRefusedError(error.reason) from error
    return {"listed": [_record(unit) for unit in listed], "unreadable": [asdict(row) for row in unreadable]}


def _record(unit: ListedUnit) -> dict[str, Any]:
    record = asdict(unit)
    for field in _DAYS:
        day = record[field]
        record[field] = day.isoformat() if day else None
    return record


def restore(answer: Any) -> tuple[list[ListedUnit], list[Unreadable]]:
    """Return the units and the rows that were left out."""
    units = [_unit(record) for record in answer["listed"]]
    return units, [Unreadable(**row) for row in answer["unreadable"]]


def _unit(record: Mapping[str, Any]) -> ListedUnit:
    days = {field: dt.date.fromisoformat(record[field]) if record[field] else None for field in _DAYS}
    return ListedUnit(**{**record, **days, **{field: tuple(record[field]) for field in _SEVERAL}})
