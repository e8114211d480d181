"""Searching the directory that counts: by name, former name, alias, function and place."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

    from fenban.model import Directory, Unit

    from ...store.directories import Effective, LiveDirectory


class UnitIndex:
    """A directory as rows that can be searched."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self._rows = [(_searchable(unit), unit) for unit in directory.units]

    def find(
        self,
        q: str | None,
        function: str | None,
        jurisdiction: str | None,
        on: dt.date | None = None,
    ) -> list[Unit]:
        """Return the units that contain every word of ``q``, have the function and lie at or below the place.

        Args:
            q: words, separated by blanks.
            function: its name or an alias of it.
            jurisdiction: a path of places.
            on: only units that exist on this day; None: all there ever were.

        Units named as ``q`` come first, then those whose name begins so, else in the directory's order.
        """
        found = self.directory.function_called(function) if function else None
        wanted = found.name if found else function
        words = (q or "").casefold().split()
        hits = [
            unit
            for text, unit in self._rows
            if all(word in text for word in words)
            and (not wanted or unit.function == wanted)
            and (not jurisdiction or f"{unit.jurisdiction or ''}/".startswith(f"{jurisdiction}/"))
            and (on is None or unit.valid_on(on))
        ]
        said = " ".join(words)
        if said:
            hits.sort(
                key=lambda unit: (unit.name.casefold() != said, not unit.name.casefold().startswith(said))
            )
        return hits


def _searchable(unit: Unit) -> str:
    former = (predecessor.name for predecessor in unit.predecessors)
    parts = (unit.name, *unit.aliases, unit.function or "", unit.jurisdiction or "", *former)
    return "\n".join(parts).casefold()


class LiveUnits:
    """The index of the directory that counts, made anew when another version comes in."""

    def __init__(self, live: LiveDirectory) -> None:
        self._live = live
        self._lock = threading.Lock()
        self._held: tuple[Effective, UnitIndex] | None = None

    def get(self) -> UnitIndex:
        """Return it.

        Raises:
            StoreUnreachableError: the database does not answer.
        """
        effective = self._live.get()
        with self._lock:
            if self._held is None or self._held[0] is not effective:
                self._held = (effective, UnitIndex(effective.directory))
            return self._held[1]
