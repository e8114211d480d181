"""The port is taken before anything is promised, or the command says why it cannot be."""

from __future__ import annotations

import contextlib
import socket

import pytest

from fenban.model.errors import InputError
from fenban.serving.cli.operating.serve import _address
from fenban.serving.http.listening import open_socket


def test_a_free_port_is_listened_on_at_once() -> None:
    with contextlib.closing(open_socket("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert port > 0
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            pass


def test_a_taken_port_is_refused_also_by_one_of_ours() -> None:
    with contextlib.closing(open_socket("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(InputError, match=f"127.0.0.1 port {port}: .*choose another --port"):
            open_socket("127.0.0.1", port)
    with contextlib.closing(open_socket("127.0.0.1", port)):
        pass  # free again


@pytest.mark.parametrize(
    ("host", "port", "expected"),
    [
        ("127.0.0.1", 70_000, "--port"),
        ("127.0.0.1", -1, "--port"),
        ("203.0.113.9", 0, "--host"),
        ("no such host", 0, "--host"),
        ("a" * 70 + ".invalid", 0, "--host"),
    ],
)
def test_an_address_that_is_none_of_ours_is_refused(host: str, port: int, expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        open_socket(host, port)


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),
        ("::", "http://[::1]:80"),
        ("fe80::1", "http://[fe80::1]:80"),
        ("intake.local", "http://intake.local:80"),
    ],
)
def test_the_address_shown_is_one_that_a_browser_opens(host: str, shown: str) -> None:
    assert _address(host, 80) == shown


def test_the_socket_says_that_it_is_tcp() -> None:
    """Otherwise asyncio leaves Nagle's wait on, and every answer takes 40 ms longer."""
    with open_socket("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP
