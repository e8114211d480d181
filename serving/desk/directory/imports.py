"""Taking in a city's own list of departments: what it changes is worked out first and applied later.

Nothing of the present directory is erased: a unit that the list no longer has is ended (停用), one
with a new name takes over from the old one (更名). What a row leaves empty stays as it was.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fenban.model import Directory, Function, Predecessor, Unit

from ...store.directories import fingerprint_of
from .changes import Change, find_changes
from .renames import find_stated_renames, guess_renames
from .rows import Completing, Note

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fenban.training import ListedUnit

EVERYWHERE = "*"
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
    completing = Completing(current, listed)
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
    stated = find_stated_renames(current, by_name)
    guessed = guess_renames(current, by_name, gone, stated, options.separate)
    units = _merged(current, by_name, {id(unit) for unit in gone}, stated | guessed, options, within)
    directory = Directory(_functions(current, rows, units), units)
    outside = sum(unit.valid_on(options.on) and not _inside(unit, within) for unit in current.units)
    return Proposal(
        directory,
        fingerprint_of(directory),
        tuple(find_changes(current, directory)),
        tuple(completing.notes),
        guessed,
        within,
        outside if options.complete else 0,
        options.on,
    )


def _scope(rows: Iterable[ListedUnit], asked: str | None) -> str | None:
    if asked is not None:
        return None if asked == EVERYWHERE else asked.strip("/") or None
    cities = {row.jurisdiction.split("/")[0] for row in rows if row.jurisdiction}
    return cities.pop() if len(cities) == 1 else None


def _inside(unit: Unit, within: str | None) -> bool:
    return within is None or f"{unit.jurisdiction or ''}/".startswith(f"{within}/")


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
