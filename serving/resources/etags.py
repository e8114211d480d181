"""ETags of records that have a version: ``"v3"``. A change must name the version that it changes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..http.problems import MissingIfMatchError
from ..store.errors import ChangedMeanwhileError

if TYPE_CHECKING:
    from starlette.requests import Request

_ETAG = re.compile(r'\s*(?:W/)?"v(\d{1,9})"\s*')


def etag_of(version: int) -> str:
    """Return the ETag of a version."""
    return f'"v{version}"'


def version_asked(request: Request, current: int) -> int:
    """Return the version that ``If-Match`` names; ``current`` for ``*``.

    Raises:
        MissingIfMatchError: there is no If-Match.
        ChangedMeanwhileError: it is no ETag of ours.
    """
    given = request.headers.get("if-match")
    if given is None:
        raise MissingIfMatchError
    if given.strip() == "*":
        return current
    match = _ETAG.fullmatch(given)
    if match is None:
        raise ChangedMeanwhileError(current)
    return int(match[1])
