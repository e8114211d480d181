"""Rows of a city's list completed: what a new unit leaves out is read off its name, and said."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fenban.model import HOME_PROVINCE, Home, shipped_gazetteer
from fenban.training import take_apart

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fenban.model import Directory
    from fenban.training import ListedUnit


@dataclass(frozen=True, slots=True)
class Note:
    """Something read into a row that its author should see."""

    row: int
    unit: str
    text: str


class Completing:
    """Fills in what a list leaves out of new units, and writes functions and places as the directory does."""

    def __init__(self, current: Directory, listed: Iterable[ListedUnit]) -> None:
        self.notes: list[Note] = []
        self._current = current
        self._gazetteer = shipped_gazetteer(HOME_PROVINCE)
        readings = (self._gazetteer.read(f"{row.jurisdiction or ''} {row.name}") for row in listed)
        cities = Counter(path.split("/")[0] for reading in readings for path in reading.paths)
        self._home = Home(HOME_PROVINCE, cities.most_common(1)[0][0] if cities else None)

    def row(self, row: ListedUnit) -> ListedUnit:
        """Return the row completed; a unit the directory has keeps what the row leaves empty."""
        known = self._current.unit(row.name) is not None
        return replace(row, function=self._function(row, known), jurisdiction=self._place(row, known))

    def _function(self, row: ListedUnit, known: bool) -> str | None:
        if row.function is None and known:
            return None
        given = row.function or take_apart(row.name, self._gazetteer, self._home).rest
        found = self._current.function_called(given)
        if row.function is None:
            self._note(row, f"没写职能，按名称认作“{found.name}”" if found else "没写职能，自成一类")
            return found.name if found else row.name
        if found and found.name != given:
            self._note(row, f"职能“{given}”是“{found.name}”的别名，按后者记")
        return found.name if found else given

    def _place(self, row: ListedUnit, known: bool) -> str | None:
        if row.jurisdiction is None:
            place = None if known else take_apart(row.name, self._gazetteer, self._home).jurisdiction
            if place:
                self._note(row, f"没写属地，按名称认作“{place}”")
            return place
        if "/" in row.jurisdiction:
            return row.jurisdiction
        paths = self._gazetteer.read(row.jurisdiction).paths
        near = [path for path in paths if path.split("/")[0] == self._home.city] or list(paths)
        if len(near) != 1 or near[0] == row.jurisdiction:
            return row.jurisdiction
        self._note(row, f"属地“{row.jurisdiction}”按区划记作“{near[0]}”")
        return near[0]

    def _note(self, row: ListedUnit, text: str) -> None:
        self.notes.append(Note(row.row, row.name, text))
