"""A request that stays half sent is cut off; one that is slow but comes is answered."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from fenban.serving.http import patience

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

BODY = b"x" * 8
HEAD = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 8\r\n\r\n"


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answer with the body, once it is whole."""
    if scope["type"] != "http":
        return
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message["body"]
        if not message["more_body"]:
            break
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(patience, "HEAD_S", 0.4)
    monkeypatch.setattr(patience, "BODY_S", 0.8)
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(echo, http=patience.PatientProtocol, lifespan="off", log_level="critical")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join(timeout=10)
    listener.close()


def ends_within(connection: socket.socket, seconds: float) -> bool:
    """Whether the other side closes the connection within a time, having sent nothing."""
    connection.settimeout(seconds)
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False


def received(connection: socket.socket) -> bytes:
    """Everything up to the end of one answer."""
    found = b""
    while not found.endswith(BODY):
        found += connection.recv(1000)
    return found


@pytest.mark.parametrize("sent", [b"", b"POST / HT", HEAD[:-2], HEAD, HEAD + BODY[:5]])
def test_what_stays_half_sent_is_cut_off(port: int, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(sent)
        assert ends_within(connection, 3)


def test_a_byte_now_and_then_does_not_keep_a_connection_open(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        began = time.monotonic()
        with contextlib.suppress(OSError):
            while time.monotonic() - began < 5:
                connection.sendall(b"G")
                time.sleep(0.1)
        assert time.monotonic() - began < 3


def test_a_slow_request_that_comes_in_time_is_answered(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.settimeout(5)
        for _ in range(2):  # the second one on the same connection
            connection.sendall(HEAD)
            time.sleep(0.5)  # longer than a head may take: it is the body that is awaited
            connection.sendall(BODY)
            assert received(connection).endswith(BODY)


def test_an_idle_connection_is_left_to_the_keep_alive(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.settimeout(5)
        connection.sendall(HEAD + BODY)
        assert received(connection).endswith(BODY)
        assert not ends_within(connection, 1.2)
