"""What differs between two versions of the directory, in the words of those who look through it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from fenban.model import Directory, Unit

ChangeKind = Literal[
    "added",
    "ended",
    "renamed",
    "restored",
    "function",
    "jurisdiction",
    "aliases",
    "superior",
    "dates",
    "duties",
]
CHANGE_NAMES: dict[ChangeKind, str] = {
    "added": "新增",
    "ended": "停用",
    "renamed": "更名",
    "restored": "恢复",
    "function": "职能变更",
    "jurisdiction": "属地变更",
    "superior": "上级变更",
    "aliases": "别名变更",
    "dates": "日期变更",
    "duties": "职责变更",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. ``unit`` is named as it is afterwards; for ``duties`` it is the function."""

    kind: ChangeKind
    unit: str
    was: str = ""
    now: str = ""


def find_changes(before: Directory, after: Directory) -> list[Change]:
    """Return what changed, in the order of ``CHANGE_NAMES`` and there in the order of ``after``."""
    old, new = _group_by_name(before), _group_by_name(after)
    renamed: dict[str, str] = {}
    found: list[Change] = []
    for name, units in new.items():
        if name in old:
            continue
        former = next((p.name for unit in units for p in unit.predecessors if p.name in old), None)
        if former is None:
            found += [Change("added", name, now=describe(unit)) for unit in units]
        else:
            renamed[former] = name
            found.append(Change("renamed", name, former, name))
            found += _find_differences(old[former], units, skip=("dates", "ended"))
    for name, units in old.items():
        if name in new:
            found += _find_differences(units, new[name], skip=("ended",) if name in renamed else ())
        elif name not in renamed:
            found += [Change("ended", name, was=describe(unit)) for unit in units]
    found += _compare_duties(before, after)
    order = {kind: position for position, kind in enumerate(CHANGE_NAMES)}
    return sorted(found, key=lambda change: order[change.kind])


def describe(unit: Unit) -> str:
    """Return what a unit does and where, in one line."""
    return " · ".join(part for part in (unit.function, unit.jurisdiction) if part)


def _group_by_name(directory: Directory) -> dict[str, list[Unit]]:
    found: dict[str, list[Unit]] = {}
    for unit in directory.units:
        found.setdefault(unit.name, []).append(unit)
    return found


def _find_differences(old: list[Unit], new: list[Unit], skip: Iterable[ChangeKind]) -> list[Change]:
    """Compare the entries of one unit, which has one for each of its functions and places."""
    found: list[Change] = []
    for was, now in pair_units(old, new):
        if now is None:
            found.append(Change("ended", was.name if was else "", was=describe(was) if was else ""))
        elif was is None:
            found.append(Change("added", now.name, now=describe(now)))
        else:
            found += [change for change in _compare(was, now) if change.kind not in skip]
    return found


def pair_units(old: list[Unit], new: list[Unit]) -> list[tuple[Unit | None, Unit | None]]:
    """Pair the entries of a unit before and after: by function and place, by function, by place, in order."""
    left, come = list(old), list(new)
    pairs: list[tuple[Unit | None, Unit | None]] = []
    for key in _KEYS:
        waiting: dict[object, list[Unit]] = {}
        for unit in left:
            waiting.setdefault(key(unit), []).append(unit)
        still: list[Unit] = []
        for unit in come:
            if waiting.get(key(unit)):
                pairs.append((waiting[key(unit)].pop(0), unit))
            else:
                still.append(unit)
        come = still
        taken = {id(was) for was, _ in pairs}
        left = [unit for unit in left if id(unit) not in taken]
    return pairs + list(itertools.zip_longest(left, come))


_KEYS: tuple[Callable[[Unit], object], ...] = (
    lambda unit: (unit.function, unit.jurisdiction),
    lambda unit: unit.function,
    lambda unit: unit.jurisdiction,
)


def _compare(was: Unit, now: Unit) -> Iterator[Change]:
    plain: tuple[tuple[ChangeKind, str, str], ...] = (
        ("function", was.function or "", now.function or ""),
        ("jurisdiction", was.jurisdiction or "", now.jurisdiction or ""),
        ("superior", was.superior or "", now.superior or ""),
        ("aliases", "、".join(was.aliases), "、".join(now.aliases)),
        ("dates", _day(was.valid_from), _day(now.valid_from)),
    )
    for field, old, new in plain:
        if old != new:
            yield Change(field, now.name, old, new)
    if was.valid_until == now.valid_until:
        return
    if was.valid_until is None:
        yield Change("ended", now.name, describe(now), _day(now.valid_until))
    else:
        kind: ChangeKind = "dates" if now.valid_until else "restored"
        yield Change(kind, now.name, _day(was.valid_until), _day(now.valid_until))


def _day(day: object) -> str:
    return str(day) if day else ""


def _compare_duties(before: Directory, after: Directory) -> Iterator[Change]:
    for name, function in after.functions.items():
        old = before.functions.get(name)
        if old and old.duties != function.duties:
            yield Change("duties", name, "；".join(old.duties), "；".join(function.duties))
