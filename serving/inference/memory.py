"""Keeping the memory of a service with many threads small."""

from __future__ import annotations

import ctypes
import sys

_M_ARENA_MAX = -8  # mallopt(3)
_ARENAS = 2


def give_back() -> bool:
    """Return to the system what was freed, as after a training; return whether that can be asked for."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        return bool(ctypes.CDLL(None).malloc_trim(0))
    except (AttributeError, OSError):
        return False


def share_arenas() -> bool:
    """Let all threads allocate from two arenas; return whether the C library has such a setting.

    glibc gives up to eight arenas a core to threads, and what one of them freed is not used by
    the others: a service of sixteen threads held a third more memory than it needed. Call it before
    threads begin.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        return bool(ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS))
    except (AttributeError, OSError):  # another C library, such as musl
        return False
