"""Reading an uploaded file while its sender waits: when the sender leaves, the reading is stopped."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from starlette.exceptions import HTTPException

from ..http.problems import FieldError, InvalidFieldsError
from ..uploads.errors import UploadRefusedError

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from starlette.requests import Request


T = TypeVar("T")

_CLIENT_GONE = 499  # nobody is there to read it; it names the case in the log


async def read_while_connected(request: Request, reading: Coroutine[Any, Any, T]) -> T:
    """Wait for a reading, or stop it when the client goes away.

    Raises:
        InvalidFieldsError: the file cannot be read; the field is ``file``.
        UploadsBusyError: too many are being read.
        HTTPException: 499, the client has gone.
    """
    work = asyncio.create_task(reading)
    gone = asyncio.create_task(_disconnected(request))
    try:
        await asyncio.wait((work, gone), return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            raise HTTPException(_CLIENT_GONE)
        return work.result()
    except UploadRefusedError as error:
        raise InvalidFieldsError([FieldError(field="file", message=error.reason)]) from error
    finally:
        work.cancel()
        gone.cancel()
        await asyncio.wait((work, gone))  # the process is dead before the answer is given


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
