"""Reading the rules of deadlines from a TOML file; ``deadlines.toml`` beside this module is the default."""

from __future__ import annotations

import datetime as dt
import functools
import tomllib
from importlib import resources
from typing import TYPE_CHECKING, Any, cast, get_args

from fenban.model import InputError

from .rules import Deadlines, Extension, Period, PeriodUnit, Rule
from .workdays import WorkCalendar

if TYPE_CHECKING:
    from pathlib import Path

CONDITIONS = ("kind", "form", "lane", "urgency", "channel", "reopened")
_PERIODS = ("answer", "decide", "sign", "near")
_RULE_KEYS = frozenset({"name", "reason", "from", "extension", *CONDITIONS, *_PERIODS})
_UNITS: tuple[str, ...] = get_args(PeriodUnit)
_LONGEST = {"hours": 24 * 366, "workhours": 8 * 366, "days": 3660, "workdays": 2500, "months": 120}
_MOST_DAYS = 366 * 5


@functools.cache
def shipped_deadlines() -> Deadlines:
    """Return the rules that ship with the package."""
    content = resources.files("fenban.serving.desk.deadlines").joinpath("deadlines.toml").read_bytes()
    return _deadlines("deadlines.toml", tomllib.loads(content.decode()))


def read_deadlines(path: Path) -> Deadlines:
    """Read a city's rules. A file without ``[[rules]]`` keeps the shipped ones, with its own calendar.

    Raises:
        InputError: the file cannot be read or a key in it is wrong; file and key are named.
    """
    try:
        content = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 text - save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: is not valid TOML: {error}") from error
    return _deadlines(str(path), content)


def _deadlines(file: str, content: dict[str, Any]) -> Deadlines:
    _refuse_unknown(file, "", content, frozenset({"calendar", "rules"}))
    calendar = _calendar(file, content.get("calendar", {}))
    given = content.get("rules")
    if given is None:
        return Deadlines(shipped_deadlines().rules, calendar)
    if not isinstance(given, list) or not given:
        raise InputError(f"{file}: rules: write each rule under [[rules]]")
    rules = tuple(_rule(file, number, entry) for number, entry in enumerate(given, start=1))
    for number, rule in enumerate(rules[:-1], start=1):
        if not rule.conditions:
            raise InputError(
                f"{file}: rules[{number}] ({rule.name}): has no condition, so the rules after it never count"
                " - put it last"
            )
    return Deadlines(rules, calendar)


def _refuse_unknown(file: str, place: str, table: object, known: frozenset[str]) -> None:
    if not isinstance(table, dict):
        raise InputError(f"{file}: {place}: must be a table")
    for key in table:
        if key not in known:
            where = f"{place}.{key}" if place else key
            raise InputError(f"{file}: {where}: unknown key - known are {', '.join(sorted(known))}")


def _calendar(file: str, table: Any) -> WorkCalendar:
    _refuse_unknown(file, "calendar", table, frozenset({"hours", "off", "work"}))
    off, work = (frozenset(_days(file, f"calendar.{key}", table.get(key, []))) for key in ("off", "work"))
    both = sorted(off & work)
    if both:
        raise InputError(f"{file}: calendar: {both[0]} stands in off and in work")
    return (
        WorkCalendar(off, work, _hours(file, table["hours"])) if "hours" in table else WorkCalendar(off, work)
    )


def _days(file: str, place: str, given: object) -> list[dt.date]:
    days = given if isinstance(given, list) else [given]
    if len(days) > _MOST_DAYS:
        raise InputError(f"{file}: {place}: has more than {_MOST_DAYS} days")
    return [_day(file, f"{place}[{number}]", day) for number, day in enumerate(days, start=1)]


def _day(file: str, place: str, given: object) -> dt.date:
    if isinstance(given, dt.date) and not isinstance(given, dt.datetime):
        return given
    try:
        return dt.date.fromisoformat(str(given))
    except ValueError as error:
        raise InputError(f'{file}: {place}: {given!r} is not a day - write "2026-04-20"') from error


def _hours(file: str, given: object) -> tuple[tuple[dt.time, dt.time], ...]:
    problem = InputError(
        f"{file}: calendar.hours: must be pairs of times in order, such as "
        '[["09:00", "12:00"], ["13:00", "18:00"]]'
    )
    if not isinstance(given, list) or not given:
        raise problem
    spans: list[tuple[dt.time, dt.time]] = []
    for pair in given:
        if not isinstance(pair, list) or len(pair) != 2:
            raise problem
        try:
            opens, closes = (dt.time.fromisoformat(str(end)) for end in pair)
        except ValueError as error:
            raise problem from error
        if opens >= closes or (spans and opens < spans[-1][1]) or opens.tzinfo or closes.tzinfo:
            raise problem
        spans.append((opens, closes))
    return tuple(spans)


def _rule(file: str, number: int, table: Any) -> Rule:
    place = f"rules[{number}]"
    _refuse_unknown(file, place, table, _RULE_KEYS)
    for key in ("name", "answer"):
        if key not in table:
            raise InputError(f"{file}: {place}.{key}: is missing")
    name = table["name"]
    if not isinstance(name, str) or not name.strip():
        raise InputError(f"{file}: {place}.name: must be a text in quotes")
    counted_from = table.get("from", "receipt")
    if counted_from not in ("receipt", "decision"):
        raise InputError(f'{file}: {place}.from: must be "receipt" or "decision", not {counted_from!r}')
    periods = {key: _period(file, f"{place}.{key}", table[key]) for key in _PERIODS if key in table}
    extension = table.get("extension")
    return Rule(
        name=name.strip(),
        conditions=_conditions(file, place, table),
        counted_from=counted_from,
        extension=None if extension is None else _extension(file, f"{place}.extension", extension),
        reason=str(table.get("reason", "")),
        **periods,
    )


def _conditions(file: str, place: str, table: dict[str, Any]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for key in CONDITIONS:
        if key not in table:
            continue
        given = table[key] if isinstance(table[key], list) else [table[key]]
        wanted = bool if key == "reopened" else str
        if not given or not all(isinstance(value, wanted) for value in given):
            kind = "true or false" if key == "reopened" else "a text in quotes, or a list of such"
            raise InputError(f"{file}: {place}.{key}: must be {kind}")
        found[key] = frozenset(str(value).lower() if wanted is bool else value for value in given)
    if not found.get("kind", frozenset()) <= {"complaint", "proposal"}:
        raise InputError(f'{file}: {place}.kind: must be "complaint" or "proposal"')
    return found


def _period(file: str, place: str, given: object) -> Period:
    if not isinstance(given, dict) or len(given) != 1 or next(iter(given)) not in _UNITS:
        raise InputError(
            f"{file}: {place}: must be one period, such as {{ workdays = 5 }} ({', '.join(_UNITS)})"
        )
    unit, amount = next(iter(given.items()))
    if isinstance(amount, bool) or not isinstance(amount, int) or not 1 <= amount <= _LONGEST[unit]:
        raise InputError(f"{file}: {place}.{unit}: must be a whole number from 1 to {_LONGEST[unit]}")
    return Period(amount, cast("PeriodUnit", unit))


def _extension(file: str, place: str, given: Any) -> Extension:
    _refuse_unknown(file, place, given, frozenset({"most", "times"}))
    if "most" not in given:
        raise InputError(f"{file}: {place}.most: is missing")
    times = given.get("times", 1)
    if isinstance(times, bool) or not isinstance(times, int) or not 1 <= times <= 20:
        raise InputError(f"{file}: {place}.times: must be a whole number from 1 to 20")
    return Extension(_period(file, f"{place}.most", given["most"]), times)
