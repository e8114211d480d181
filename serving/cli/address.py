"""The address of the running service, noted in the home for commands that print links to it."""

from __future__ import annotations

import contextlib
import os
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE = "service-address"
_LONGEST = 300  # characters; whatever else lies there is not ours


@contextlib.contextmanager
def note_address(home: Path, address: str) -> Iterator[None]:
    """Note where the service of this home answers, as long as the context lasts.

    Of several services the one that began last is noted, and each takes back only its own note. A
    home that cannot be written to holds none.
    """
    note = home / FILE
    with contextlib.suppress(OSError):
        _replace(note, address)
    try:
        yield
    finally:
        if read_address(home) == address:
            with contextlib.suppress(OSError):
                note.unlink()


def read_address(home: Path) -> str | None:
    """Return the noted address; None where no service of this home runs, or none could note it."""
    try:
        with (home / FILE).open(encoding="utf-8") as note:
            address = note.read(_LONGEST).strip()
    except (OSError, UnicodeDecodeError):
        return None
    return address if address.startswith(("http://", "https://")) and address.isprintable() else None


def _replace(note: Path, address: str) -> None:
    """Write the note whole, readable by its owner alone."""
    temporary = note.with_name(f".{note.name}.{secrets.token_hex(4)}.tmp")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as target:
            target.write(address + "\n")
        temporary.replace(note)
    finally:
        temporary.unlink(missing_ok=True)
