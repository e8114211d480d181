"""Where uploads are read: a few at a time, and not too many waiting."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from . import directory_lists, documents, limits
from .bounded import run_bounded
from .errors import UploadsBusyError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fenban.training import ListedUnit

    from ..desk.directory.files import Unreadable
    from ..desk.matters.documents import Document
    from .limits import Limits

AT_A_TIME = 2
MOST_WAITING = 8
LONGEST_WAIT = 10.0  # seconds that one waits for its turn
_RETRY_AFTER = 5


class ReadingRoom:
    """Reads uploads for one serving process; one of the things in ``Service``."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_A_TIME)
        self._waiting = 0

    async def document(self, content: bytes, name: str) -> Document:
        """Read a document.

        Raises:
            UploadRefusedError: it cannot be read, or not within its limits.
            UploadsBusyError: too many are being read.
        """
        return documents.restore(await self._read(documents.__name__, content, name, limits.DOCUMENT))

    async def directory_list(self, content: bytes, name: str) -> tuple[list[ListedUnit], list[Unreadable]]:
        """Read a list of departments, and the rows of it that cannot be read; raises as ``document``."""
        answer = await self._read(directory_lists.__name__, content, name, limits.DIRECTORY_LIST)
        return await asyncio.to_thread(directory_lists.restore, answer)

    async def _read(self, module: str, content: bytes, name: str, allowed: Limits) -> Any:
        async with self._turn():
            return await run_bounded(module, content, name, allowed)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._turns.locked() and self._waiting >= MOST_WAITING:
            raise UploadsBusyError(_RETRY_AFTER)
        self._waiting += 1
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                await self._turns.acquire()
        except TimeoutError:
            raise UploadsBusyError(_RETRY_AFTER) from None
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._turns.release()
