"""What the label columns say: units, their functions and places.

Labels stay as they were written. Where a table names units but not their functions, the function
is what remains of a unit's name once the place is taken off (美兰区城管局 -> 城管局) - if names are
built that way at all, which shows in several units sharing one remainder.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fenban.model import TOPIC_SEPARATOR, Case, Directory, Function, Home, Unit, simplify

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fenban.model import Gazetteer

_TOWN_OFFICE = re.compile(
    r"^(?P<place>[\u4e00-\u9fff]{2,7}?(?:街道|镇|乡)?)"
    r"(?P<office>街道办事处|街道办|办事处|镇政府|镇人民政府|乡政府|人民政府|政府|区公所)$"
)
# 市公安局 is of the city; 市政管理局, 市场服务中心, 市民热线 and 省外单位 begin with words of their own
_OWN_WORD = r"(?!政(?![府务法协])|场|容|民(?![政防族宗])|域|外|级|内)"
_GENERIC_PREFIX = re.compile(rf"^(?:市区|省|市|区|县){_OWN_WORD}(?=[\u4e00-\u9fff]{{2}})")
_GOVERNMENT = re.compile(r"^(?:人民)?政府(?=[\u4e00-\u9fff]+(?:[局处科课组队委所]|委员会)$)")
_STREET_OFFICES = ("街道办事处", "街道办", "办事处")
_CITY_WORD = re.compile(r"政(?![府务法协])|场|容|民(?![政防族宗])")
_OF_THE_CITY = re.compile(rf"^市{_OWN_WORD}(?=[\u4e00-\u9fff]{{2}})")
_HOME_SHARE = 0.6  # of the units whose city is written from which it is everybody's


@dataclass(frozen=True, slots=True)
class UnitName:
    """A unit's name taken apart."""

    rest: str
    jurisdiction: str | None
    local_names: tuple[str, ...] = ()


def home_of(names: Iterable[str], gazetteer: Gazetteer) -> Home:
    """Return the province and the city that most units name, where their names leave no doubt."""
    provinces: Counter[str] = Counter()
    cities: Counter[str] = Counter()
    for name in names:
        reading = gazetteer.read(simplify(name.strip()))
        named = {place.path.split("/")[0] for place in reading.places}
        if len(reading.provinces) == 1:
            provinces.update(reading.provinces)
        if len(named) == 1:
            cities.update(named)
    return Home(_find_majority(provinces), _find_majority(cities))


def _find_majority(counts: Counter[str]) -> str | None:
    best = min(counts, key=lambda name: (-counts[name], name), default=None)
    return best if best and counts[best] >= _HOME_SHARE * counts.total() else None


def take_apart(name: str, gazetteer: Gazetteer, home: Home | None = None) -> UnitName:
    """Split a unit's name into the place it is for and the kind of office it is.

    ``home`` tells which namesake is meant, and which city a name such as 市公安局 speaks of.
    """
    folded = simplify(name.strip())
    place, rest = gazetteer.leading(folded, home)
    path = place.path if place else None
    if path is None and home and home.city and _OF_THE_CITY.match(rest):
        path = home.city
    if place and place.path.endswith("市") and _CITY_WORD.match(rest):
        rest = f"市{rest}"  # 柳州市政管理处 is 柳州's 市政管理处
    rest = _GOVERNMENT.sub("", rest)
    town = _TOWN_OFFICE.match(rest)
    if town:
        stem = re.sub(r"(?:街道|镇|乡)$", "", town["place"])
        street = town["office"] in _STREET_OFFICES
        kind = town["place"].removeprefix(stem) or ("街道" if street else town["office"][:1].strip("人政区"))
        where = f"{path}/{stem}{kind}" if path else f"{stem}{kind}"
        office = f"{kind}政府" if kind in ("镇", "乡") else town["office"]
        office = "街道办事处" if kind == "街道" and office == "办事处" else office
        return UnitName(office, where, tuple(dict.fromkeys((stem + kind, town["place"], stem))))
    return UnitName(_GENERIC_PREFIX.sub("", rest), path)


def infer_functions_from_names(units: Iterable[str], gazetteer: Gazetteer) -> dict[str, str]:
    """Infer the function of each unit from its name, where the names allow it at all."""
    names = list(units)
    home = home_of(names, gazetteer)
    rests = {unit: take_apart(unit, gazetteer, home).rest for unit in names}
    shared = Counter(rests.values())
    several = sum(1 for unit in rests if shared[rests[unit]] > 1)
    return rests if several >= max(4, len(rests) // 10) else {}


def fill_in_functions_by_name(
    cases: Sequence[Case], directory: Directory | None, gazetteer: Gazetteer
) -> list[Case]:
    """Fill in the functions that the cases leave out, from the directory or from the units' names."""
    inferred: dict[str, str] = {}
    if not any(case.function for case in cases):
        unknown = {case.lead_unit for case in cases if case.lead_unit}
        if directory is not None:
            known = {name: directory.unit(name) for name in unknown}
            inferred = {name: unit.function for name, unit in known.items() if unit and unit.function}
        else:
            inferred = infer_functions_from_names(sorted(unknown), gazetteer)
    elif directory is None:
        inferred = find_majority_functions(cases)
    return [
        replace(case, function=inferred[case.lead_unit])
        if case.function is None and case.lead_unit in inferred
        else case
        for case in cases
    ]


def find_majority_functions(cases: Iterable[Case]) -> dict[str, str]:
    """Return for each unit the function that most of its cases name."""
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for case in cases:
        if case.lead_unit and case.function:
            votes[case.lead_unit][case.function] += 1
    return {unit: min(count, key=lambda f: (-count[f], f)) for unit, count in votes.items()}


def infer_from_labels(
    cases: Sequence[Case], gazetteer: Gazetteer
) -> tuple[Directory, tuple[tuple[str, str], ...]]:
    """Return the directory that the label columns themselves describe, and its own small places."""
    functions = find_majority_functions(cases)
    named = sorted({case.lead_unit for case in cases if case.lead_unit})
    home = home_of(named, gazetteer)
    units, local = [], {}
    for name in named:
        parts = take_apart(name, gazetteer, home)
        units.append(Unit(name, functions.get(name), parts.jurisdiction))
        for place in parts.local_names:
            if len(place) >= 3 and parts.jurisdiction:
                local[place] = parts.jurisdiction
    names = sorted({case.function for case in cases if case.function})
    return Directory([Function(name) for name in names], units), tuple(sorted(local.items()))


def home_province(directory: Directory, gazetteer: Gazetteer) -> str | None:
    """Return the province where most units lie, or None where no unit's place is known."""
    provinces: Counter[str] = Counter()
    for unit in directory.units:
        if unit.jurisdiction:
            provinces.update(gazetteer.read(unit.jurisdiction.replace("/", "")).provinces)
    return provinces.most_common(1)[0][0] if provinces else None


def split_topic(path: str) -> tuple[str, str]:
    """Return the first level and the whole path (two levels at most) of a topic."""
    levels = path.split(TOPIC_SEPARATOR)[:2]
    return levels[0], TOPIC_SEPARATOR.join(levels)
