"""The directory of departments (单位名录): functions, units, their places and their history."""

from __future__ import annotations

import datetime as dt
import functools
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from . import shipped
from .errors import DirectoryError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HOME_PROVINCE = "广西壮族自治区"
_AUTONOMOUS_COUNTY = re.compile(r"(?:壮族|瑶族|苗族|侗族|各族|仫佬族|毛南族)自治县$")
_INHERITED = frozenset({"更名", "合并"})
_LEVEL_OF_ENDING = {"区": "district", "县": "county", "市": "county"}


@dataclass(frozen=True, slots=True)
class Predecessor:
    """A former name or office: ``change`` is one of 更名 合并 拆分 职责划转."""

    name: str
    until: str | None
    change: str


@dataclass(frozen=True, slots=True)
class Function:
    """A kind of department (职能) with its duties, whatever the place."""

    name: str
    short: str = ""
    kind: str = ""
    aliases: tuple[str, ...] = ()
    duties: tuple[str, ...] = ()
    predecessors: tuple[Predecessor, ...] = ()
    since: str | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    """An addressee (单位): a function at a place. ``jurisdiction`` is a path of places.

    ``superior`` is the unit above it, ``predecessors`` are the units it goes back to.
    """

    name: str
    function: str | None = None
    jurisdiction: str | None = None
    aliases: tuple[str, ...] = ()
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None
    superior: str | None = None
    predecessors: tuple[Predecessor, ...] = ()

    def valid_on(self, day: dt.date) -> bool:
        """Whether the unit exists on ``day``."""
        starts = self.valid_from is None or self.valid_from <= day
        return starts and (self.valid_until is None or day <= self.valid_until)


class Directory:
    """All units and functions. Look-ups by name, by alias and by function and place."""

    def __init__(self, functions: Iterable[Function], units: Iterable[Unit]) -> None:
        self.functions: dict[str, Function] = {function.name: function for function in functions}
        self.units: tuple[Unit, ...] = tuple(units)
        self._by_name: dict[str, Unit] = {}
        self._at: dict[tuple[str | None, str | None], list[Unit]] = {}
        for unit in self.units:
            if unit.function is not None and unit.function not in self.functions:
                raise DirectoryError(f"unit {unit.name}: function {unit.function} is not in the directory")
            self._by_name.setdefault(unit.name, unit)
            self._at.setdefault((unit.function, unit.jurisdiction), []).append(unit)
        self._function_names = self._names_of_functions()
        self._heirs = {
            former.name: unit
            for unit in reversed(self.units)
            for former in unit.predecessors
            if former.change in _INHERITED
        }

    def _names_of_functions(self) -> dict[str, str]:
        names: dict[str, str] = {name: name for name in self.functions}
        for function in self.functions.values():
            for alias in function.aliases:
                names.setdefault(alias, function.name)
        return names

    def unit(self, name: str) -> Unit | None:
        """Return the unit of this very name."""
        return self._by_name.get(name)

    def successor(self, name: str, day: dt.date) -> Unit | None:
        """Return the unit that took over from ``name`` by 更名 or 合并 and exists on ``day``.

        None where ``name`` itself still exists, or nobody took over.
        """
        here = self._by_name.get(name)
        if here is not None and here.valid_on(day):
            return None
        passed = {name}
        heir = self._heirs.get(name)
        while heir is not None and not heir.valid_on(day) and heir.name not in passed:
            passed.add(heir.name)
            heir = self._heirs.get(heir.name)
        return heir if heir is not None and heir.valid_on(day) else None

    def function_called(self, name: str) -> Function | None:
        """Return the function of this name or alias."""
        found = self._function_names.get(name)
        return self.functions[found] if found else None

    def unit_for(self, function: str, jurisdiction: str | None) -> Unit | None:
        """Return the innermost unit of ``function`` at or above the path ``jurisdiction``."""
        parts = (jurisdiction or "").split("/")
        for depth in range(len(parts), -1, -1):
            units = self._at.get((function, "/".join(parts[:depth]) or None))
            if units:
                return units[0]
        return None

    def records(self) -> dict[str, list[dict[str, Any]]]:
        """Return the directory as plain JSON values, the form of the snapshot in a model folder."""
        return {
            "functions": [asdict(function) for function in self.functions.values()],
            "units": [_plain(asdict(unit)) for unit in self.units],
        }

    @classmethod
    def from_records(cls, records: Mapping[str, list[dict[str, Any]]]) -> Directory:
        """Rebuild a directory from ``records()``."""
        return cls(
            [_function_from(record) for record in records["functions"]],
            [_unit_from(record) for record in records["units"]],
        )


def _plain(record: dict[str, Any]) -> dict[str, Any]:
    for key in ("valid_from", "valid_until"):
        record[key] = record[key].isoformat() if record[key] else None
    return {key: value for key, value in record.items() if value not in (None, ())}


def _function_from(record: Mapping[str, Any]) -> Function:
    return Function(
        name=record.get("name") or record["function"],
        short=record.get("short") or "",
        kind=record.get("kind") or "",
        aliases=tuple(record.get("aliases") or ()),
        duties=tuple(record.get("duties") or ()),
        predecessors=tuple(Predecessor(**former) for former in record.get("predecessors") or ()),
        since=record.get("since"),
    )


def _date(value: str | None) -> dt.date | None:
    return dt.date.fromisoformat(value) if value else None


def _unit_from(record: Mapping[str, Any]) -> Unit:
    return Unit(
        name=record["name"],
        function=record.get("function"),
        jurisdiction=record.get("jurisdiction"),
        aliases=tuple(record.get("aliases") or ()),
        valid_from=_date(record.get("valid_from")),
        valid_until=_date(record.get("valid_until")),
        superior=record.get("superior"),
        predecessors=tuple(Predecessor(**former) for former in record.get("predecessors") or ()),
    )


def _short(place: str) -> str:
    autonomous = _AUTONOMOUS_COUNTY.search(place)
    if autonomous:
        return place[: autonomous.start()]
    return place[:-1] if len(place) > 2 else place


def _level(path: str) -> str:
    depth = path.count("/")
    if depth == 0:
        return "city"
    if depth == 1:
        return _LEVEL_OF_ENDING.get(path[-1], "county")
    return "town"


def _unit_names(patterns: Mapping[str, str], path: str) -> str | None:
    pattern = patterns.get(_level(path))
    if pattern is None:
        return None
    place = path.rsplit("/", 1)[-1]
    names = {"place": place, "city": path.split("/", 1)[0], "short_place": _short(place)}
    return pattern.format(**names)


def _expand(
    records: list[dict[str, Any]], own: Mapping[tuple[str, str], list[str]], paths: list[str]
) -> list[Unit]:
    units: list[Unit] = []
    for record in records:
        function, patterns = record["function"], record["levels"]
        for path in paths:
            if function in _TOWN_FUNCTIONS and not path.endswith(_TOWN_FUNCTIONS[function]):
                continue
            names = own.get((function, path))
            if names is None:
                name = _unit_names(patterns, path)
                names = [] if name is None else [_qualified(name, path)]
            units += [Unit(name, function, path) for name in names]
    return units


_TOWN_FUNCTIONS = {"街道办事处": ("街道",), "乡镇人民政府": ("镇", "乡")}


def _qualified(name: str, path: str) -> str:
    """Spell out the city of a district's unit and the county of a town's: namesakes stay apart."""
    parts = path.split("/")
    if _level(path) == "district" and not name.startswith(parts[0]):
        return parts[0] + name
    return parts[0] + parts[1] + name if len(parts) == 3 else name


@functools.lru_cache(maxsize=1)
def shipped_directory() -> Directory:
    """Return the directory of Guangxi's departments that ships with the package."""
    records = shipped.json_lines("directory/functions.jsonl")
    paths = [
        row["path"].partition("/")[2]
        for row in shipped.table("places/divisions.csv")
        if row["path"].startswith(HOME_PROVINCE + "/")
    ]
    own: dict[tuple[str, str], list[str]] = {}
    for row in shipped.json_lines("directory/own_names.jsonl"):
        where = _full_path(row["jurisdiction"], paths)
        names = own.setdefault((row["function"], where), [])
        names += [row["unit"]] if row["unit"] else []
    return Directory([_function_from(record) for record in records], _expand(records, own, paths))


def _full_path(place: str, paths: list[str]) -> str:
    """Complete a place given by its last name alone, e.g. 凭祥市 to 崇左市/凭祥市."""
    if place in paths:
        return place
    ending = "/" + place
    return next((path for path in paths if path.endswith(ending)), place)
