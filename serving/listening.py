"""Opening the port before anything is promised."""

from __future__ import annotations

import socket

from fenban.model.errors import InputError


def open_socket(host: str, port: int) -> socket.socket:
    """Return a bound socket.

    Raises:
        InputError: the address is not this machine's or the port is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise InputError(f"cannot listen on {host} port {port}: {error} - choose another --port") from error
    return listener
