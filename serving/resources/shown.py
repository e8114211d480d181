"""How records become answers: a pydantic model reads the attributes of rows and of frozen dataclasses."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, PlainSerializer, WithJsonSchema


def _in_utc(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat()


# pydantic alone would write Z for +00:00; callers have seen the latter since the first version
InstantText = Annotated[dt.datetime, PlainSerializer(_in_utc, return_type=str, when_used="json")]
Instant = Annotated[
    InstantText, WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization")
]


class Shown(BaseModel):
    """Base of what is answered: read from the attributes of a record, then validated and written as JSON."""

    model_config = ConfigDict(from_attributes=True)

    @classmethod
    def from_record(cls, record: object, **more: Any) -> Self:
        """Return the answer about a record; ``more`` is what the record does not say itself."""
        said = {name: getattr(record, name) for name in cls.model_fields if name not in more}
        return cls.model_validate({**said, **more})
