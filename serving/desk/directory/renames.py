"""Which new units of a list take over from units it no longer has: as it states, or as they look."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fenban.model import Directory, Unit
    from fenban.training import ListedUnit


def find_stated_renames(current: Directory, by_name: Mapping[str, list[ListedUnit]]) -> dict[str, str]:
    """Return new name -> old name where a row gives a former name that the directory has."""
    return _drop_ambiguous(
        (name, former)
        for name, rows in by_name.items()
        if current.unit(name) is None
        for row in rows
        for former in row.former
        if current.unit(former) and former not in by_name
    )


def guess_renames(
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
    by_alias = _drop_ambiguous(
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
    return _drop_ambiguous([*by_alias.items(), *alike])


def _drop_ambiguous(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Keep the first pair of each name, new and old alike."""
    found: dict[str, str] = {}
    for new, old in pairs:
        if new not in found and old not in found.values():
            found[new] = old
    return found
