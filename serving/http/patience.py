"""How long a caller may take to send a request: half sent, it would hold its connection for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

HEAD_S = 20.0  # seconds from the connection, or from the first byte after an answer, to the end of the head
BODY_S = 120.0  # seconds from the head to the end of the body: 8 MB at half a megabit a second


class PatientProtocol(H11Protocol):
    """Uvicorn's protocol, which itself limits only the quiet after an answer.

    Whoever is cut off gets no answer: there is no request yet that could have one. An operation that
    reads the body is told that its caller has gone.
    """

    _waiting: asyncio.TimerHandle | None = None
    _for_body = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the head of a first request."""
        super().connection_made(transport)
        self._wait(for_body=False)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what has come, then wait for what is missing."""
        super().data_received(data)
        self._await_the_rest()

    def on_response_complete(self) -> None:
        """Go on to what came behind the request that was answered; quiet is left to the keep-alive."""
        super().on_response_complete()
        if self.conn.their_state is h11.SEND_BODY:
            self._await_the_rest()

    def _await_the_rest(self) -> None:
        state = self.conn.their_state
        if state is h11.SEND_BODY:
            if self._waiting is None or not self._for_body:
                self._wait(for_body=True)
        elif state is h11.IDLE:
            if self._waiting is None or self._for_body:
                self._wait(for_body=False)
        else:
            self._stop_waiting()

    def _wait(self, *, for_body: bool) -> None:
        self._stop_waiting()
        self._for_body = for_body
        self._waiting = self.loop.call_later(BODY_S if for_body else HEAD_S, self._cut_off)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _cut_off(self) -> None:
        self._waiting = None
        if not self.transport.is_closing():
            self.transport.abort()
