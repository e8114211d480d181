"""Opening the port before anything is promised."""

from __future__ import annotations

import os
import socket

from fenban.model import InputError

_WAITING = 128  # callers that may knock before the model is loaded


def open_socket(host: str, port: int) -> socket.socket:
    """Return a listening socket; whoever calls early waits until the service is ready.

    Raises:
        InputError: the address is not this machine's or the port is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # naming TCP is what lets asyncio switch off the wait that would hold each answer back 40 ms
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":  # on Windows it would let two services share one port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_WAITING)
    except (OSError, OverflowError, UnicodeError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"cannot listen on {host} port {port}: {reason} - {_remedy(error)}") from error
    return listener


def _remedy(error: BaseException) -> str:
    if isinstance(error, socket.gaierror | UnicodeError):
        return "give an address of this machine with --host"
    return "choose another --port (0 takes a free one) or --host"
