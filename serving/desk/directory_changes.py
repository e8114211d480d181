"""What differs between two versions of the directory, in the words of those who look through it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fenban.model.directory import Directory, Unit

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


def changes_between(before: Directory, after: Directory) -> list[Change]:
    """Return what changed, in the order of ``CHANGE_NAMES`` and there in the order of ``after``."""
    old, new = _by_name(before), _by_name(after)
    renamed: dict[str, str] = {}
    found: list[Change] = []
    for name, units in new.items():
        if name in old:
            continue
        former = next((p.name for unit in units for p in unit.predecessors if p.name in old), None)
        if former is None:
            found += [Change("added", name, now=described(unit)) for unit in units]
        else:
            renamed[former] = name
            found.append(Change("renamed", name, former, name))
            found += _differences(old[former], units, skip=("dates", "ended"))
    for name, units in old.items():
        if name in new:
            found += _differences(units, new[name], skip=("ended",) if name in renamed else ())
        elif name not in renamed:
            found += [Change("ended", name, was=described(unit)) for unit in units]
    found += _duties(before, after)
    order = {kind: position for position, kind in enumerate(CHANGE_NAMES)}
    return sorted(found, key=lambda change: order[change.kind])


def described(unit: Unit) -> str:
    """Return what a unit does and where, in one line."""
    return " · ".join(part for part in (unit.function, unit.jurisdiction) if part)


def _by_name(directory: Directory) -> dict[str, list[Unit]]:
    found: dict[str, list[Unit]] = {}
    for unit in directory.units:
        found.setdefault(unit.name, []).append(unit)
    return found


def _differences(old: list[Unit], new: list[Unit], skip: Iterable[ChangeKind]) -> list[Change]:
    """Compare the entries of one unit, which has one for each of its functions."""
    functions = {unit.function for unit in new}
    kept = [unit for unit in old if unit.function in functions]
    pairs = [(unit, next(other for other in new if other.function == unit.function)) for unit in kept]
    taken = {unit.function for unit in kept}
    left = [unit for unit in old if unit.function not in functions]
    come = [unit for unit in new if unit.function not in taken]
    found: list[Change] = []
    for was, now in itertools.zip_longest(left, come):
        name = (now or was).name
        found.append(
            Change("function", name, was.function or "" if was else "", now.function or "" if now else "")
        )
        pairs += [(was, now)] if was and now else []
    for was, now in pairs:
        found += [change for change in _compared(was, now) if change.kind not in skip]
    return found


def _compared(was: Unit, now: Unit) -> Iterator[Change]:
    plain: tuple[tuple[ChangeKind, str, str], ...] = (
        ("jurisdiction", was.jurisdiction or "", now.jurisdiction or ""),
        ("superior", was.superior or "", now.superior or ""),
        ("aliases", "、".join(was.aliases), "、".join(now.aliases)),
        ("dates", _day(was.valid_from), _day(now.valid_from)),
    )
    for kind, old, new in plain:
        if old != new:
            yield Change(kind, now.name, old, new)
    if was.valid_until != now.valid_until:
        until: ChangeKind = "dates"
        if was.valid_until is None:
            until = "ended"
        elif now.valid_until is None:
            until = "restored"
        yield Change(until, now.name, _day(was.valid_until), _day(now.valid_until))


def _day(day: object) -> str:
    return str(day) if day else ""


def _duties(before: Directory, after: Directory) -> Iterator[Change]:
    for name, function in after.functions.items():
        old = before.functions.get(name)
        if old and old.duties != function.duties:
            yield Change("duties", name, "；".join(old.duties), "；".join(function.duties))
