"""Taking in a city's own list of departments: what it changes is worked out first and applied later.

Nothing of the present directory is erased: a unit that the list no longer has is ended (停用), one
with a new name takes over from the old one (更名). What a row leaves empty stays as it was.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fenban.model.directory import HOME_PROVINCE, Directory, Function, Predecessor, Unit
from fenban.model.places import Home, shipped_gazetteer
from fenban.serving.desk.directory_changes import Change, changes_between
from fenban.serving.store.directories import fingerprint_of
from fenban.training.labels import take_apart

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fenban.training.directory_table import ListedUnit

EVERYWHERE = "*"
LONGEST_NAME = 200  # characters; columns of the store hold no more
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How a list is meant.

    Attributes:
        on: the day from which it counts.
        complete: whether units that it does not name have ended; else it only adds and changes.
        within: the place it is complete for, so that units elsewhere stay; None: the one city that
            all its places lie in, if there is one; ``EVERYWHERE``: no limit.
        separate: new units that do not take over from the unit they look like.
    """

    on: dt.date
    complete: bool = True
    within: str | None = None
    separate: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Note:
    """Something read into a row that its author should see."""

    row: int
    unit: str
    text: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A directory as it would be after an import, and what leads there.

    ``guessed`` (new name -> old name) are the renamings that the list does not state itself.
    """

    directory: Directory
    fingerprint: str
    changes: tuple[Change, ...]
    notes: tuple[Note, ...]
    guessed: Mapping[str, str]
    within: str | None
    outside: int
    on: dt.date


def propose(current: Directory, listed: list[ListedUnit], options: ImportOptions) -> Proposal:
    """Work out what a list makes of the present directory; nothing is written."""
    completing = _Completing(current, listed)
    rows = [completing.row(row) for row in listed]
    within = _scope(rows, options.within)
    by_name: dict[str, list[ListedUnit]] = {}
    for row in rows:
        by_name.setdefault(row.name, []).append(row)
    gone = [
        unit
        for unit in current.units
        if options.complete
        and unit.name not in by_name
        and unit.valid_on(options.on)
        and _inside(unit, within)
    ]
    stated = _stated_renames(current, by_name)
    guessed = _guessed_renames(current, by_name, gone, stated, options.separate)
    units = _merged(current, by_name, {id(unit) for unit in gone}, stated | guessed, options, within)
    directory = Directory(_functions(current, rows, units), units)
    outside = sum(unit.valid_on(options.on) and not _inside(unit, within) for unit in current.units)
    return Proposal(
        directory,
        fingerprint_of(directory),
        tuple(changes_between(current, directory)),
        tuple(completing.notes),
        guessed,
        within,
        outside if options.complete else 0,
        options.on,
    )


class _Completing:
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


def _scope(rows: Iterable[ListedUnit], asked: str | None) -> str | None:
    if asked is not None:
        return None if asked == EVERYWHERE else asked.strip("/") or None
    cities = {row.jurisdiction.split("/")[0] for row in rows if row.jurisdiction}
    return cities.pop() if len(cities) == 1 else None


def _inside(unit: Unit, within: str | None) -> bool:
    return within is None or f"{unit.jurisdiction or ''}/".startswith(f"{within}/")


def _stated_renames(current: Directory, by_name: Mapping[str, list[ListedUnit]]) -> dict[str, str]:
    """Return new name -> old name where a row gives a former name that the directory has."""
    return _distinct(
        (name, former)
        for name, rows in by_name.items()
        if current.unit(name) is None
        for row in rows
        for former in row.former
        if current.unit(former) and former not in by_name
    )


def _guessed_renames(
    current: Directory,
    by_name: Mapping[str, list[ListedUnit]],
    gone: Iterable[Unit],
    stated: Mapping[str, str],
    separate: frozenset[str],
) -> dict[str, str]:
    """Return new name -> old name where an alias, or function and place, say that they are one office."""
    new = {
        name: rows
        for name, rows in by_name.items()
        if current.unit(name) is None and name not in stated and name not in separate and not rows[0].ended
    }
    left: dict[tuple[str | None, str | None], set[str]] = {}
    for unit in gone:
        if unit.name not in stated.values():
            left.setdefault((unit.function, unit.jurisdiction), set()).add(unit.name)
    names_left = {name for names in left.values() for name in names}
    by_alias = _distinct(
        (name, alias)
        for name, rows in new.items()
        for row in rows
        for alias in row.aliases
        if alias in names_left
    )
    come: dict[tuple[str | None, str | None], set[str]] = {}
    for name, rows in new.items():
        come.setdefault((rows[0].function, rows[0].jurisdiction), set()).add(name)
    alike = (
        (next(iter(names)), next(iter(left[key])))
        for key, names in come.items()
        if len(names) == 1 and len(left.get(key, ())) == 1
    )
    return _distinct([*by_alias.items(), *alike])


def _distinct(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Keep the first pair of each name, new and old alike."""
    found: dict[str, str] = {}
    for new, old in pairs:
        if new not in found and old not in found.values():
            found[new] = old
    return found


def _merged(
    current: Directory,
    by_name: Mapping[str, list[ListedUnit]],
    gone: set[int],
    renames: Mapping[str, str],
    options: ImportOptions,
    within: str | None,
) -> list[Unit]:
    on = options.on
    entries: dict[str, list[Unit]] = {}
    for unit in current.units:
        entries.setdefault(unit.name, []).append(unit)
    heirs = {old: new for new, old in renames.items()}
    units: list[Unit] = []
    for name, old in entries.items():
        if name in by_name:
            matched, rest = _updated(old, by_name[name], on, within)
            units += matched
            units += [_ended(u, on) if options.complete and _inside(u, within) else u for u in rest]
        elif name in heirs:
            rows = by_name[heirs[name]]
            begins = rows[0].valid_from or on
            units += [_ended(unit, begins) for unit in old]
            units += _renamed([unit for unit in old if unit.valid_on(begins)] or old, rows, begins, on)
        else:
            units += [_ended(unit, on) if id(unit) in gone else unit for unit in old]
    for name, rows in by_name.items():
        if name not in entries and name not in renames:
            units += [_taken_in(Unit(name), row, on) for row in rows]
    return units


def _ended(unit: Unit, on: dt.date) -> Unit:
    return replace(unit, valid_until=on - _DAY) if unit.valid_on(on) else unit


def _updated(
    old: list[Unit], rows: list[ListedUnit], on: dt.date, within: str | None
) -> tuple[list[Unit], list[Unit]]:
    """Return the entries of a unit that its rows speak of, as they are after, and the others.

    A row speaks of every entry with its function and place, as far as it names them; one that fits
    none changes an entry of the list's place that no row speaks of, or adds one.
    """
    spoken: dict[int, ListedUnit] = {}
    homeless: list[ListedUnit] = []
    for row in rows:
        fits = [unit for unit in old if _speaks_of(row, unit)]
        spoken.update((id(unit), row) for unit in fits)
        if not fits:
            homeless.append(row)
    free = [unit for unit in old if id(unit) not in spoken]
    added: list[Unit] = []
    for row in homeless:
        near = [unit for unit in free if _inside(unit, within)]
        alike = [unit for unit in near if row.function in (None, unit.function)]
        alike += [unit for unit in near if row.jurisdiction in (None, unit.jurisdiction)]
        if not alike and len(old) == len(rows) == 1:
            alike = old
        if alike:
            spoken[id(alike[0])] = row
            free = [unit for unit in free if unit is not alike[0]]
        else:
            added.append(_taken_in(replace(old[0], valid_until=None), row, on))
    matched = [_taken_in(unit, spoken[id(unit)], on) for unit in old if id(unit) in spoken]
    return matched + added, free


def _speaks_of(row: ListedUnit, unit: Unit) -> bool:
    return row.function in (None, unit.function) and row.jurisdiction in (None, unit.jurisdiction)


def _renamed(old: list[Unit], rows: list[ListedUnit], begins: dt.date, on: dt.date) -> list[Unit]:
    former = Predecessor(old[0].name, begins.isoformat(), "更名")
    return [
        replace(
            unit,
            name=rows[0].name,
            valid_from=begins,
            predecessors=(*(p for p in unit.predecessors if p.name != former.name), former),
        )
        for unit in _updated([replace(unit, valid_until=None) for unit in old], rows, on, None)[0]
    ]


def _taken_in(unit: Unit, row: ListedUnit, on: dt.date) -> Unit:
    """Return an entry with what a row says; a row that names no end opens it again."""
    until = row.valid_until or (on - _DAY if row.ended else None)
    if row.ended and row.valid_until is None and unit.valid_until and unit.valid_until < on:
        until = unit.valid_until
    begins = row.valid_from or unit.valid_from
    known = {former.name for former in unit.predecessors}
    day = begins.isoformat() if begins else None
    return replace(
        unit,
        function=row.function or unit.function,
        jurisdiction=row.jurisdiction or unit.jurisdiction,
        aliases=row.aliases or unit.aliases,
        superior=row.superior or unit.superior,
        valid_from=begins,
        valid_until=until,
        predecessors=unit.predecessors
        + tuple(Predecessor(name, day, "更名") for name in row.former if name not in known),
    )


def _functions(current: Directory, rows: Iterable[ListedUnit], units: Iterable[Unit]) -> list[Function]:
    """Return the functions: those there were, with the duties the list gives, and those it brings."""
    duties: dict[str, list[str]] = {}
    for row in rows:
        unit = current.unit(row.name)
        function = row.function or (unit.function if unit else None)
        if function:
            found = duties.setdefault(function, [])
            found += [duty for duty in row.duties if duty not in found]
    functions = {
        name: replace(function, duties=tuple(duties.get(name) or function.duties))
        for name, function in current.functions.items()
    }
    for unit in units:
        if unit.function and unit.function not in functions:
            functions[unit.function] = Function(unit.function, duties=tuple(duties.get(unit.function, ())))
    return list(functions.values())
