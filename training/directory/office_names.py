"""Comparing the names of offices: the same kind of office under several spellings.

Operators write 城管局, 城市管理局 and 城市管理行政执法局 for one kind of office. Names alone do not prove
it (国资局 is not 国土资源局), so a likeness of names is only ever half of a reason; see
``training/directory/inference.py`` for the other half.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from fenban.model import shipped_directory, simplify

from .labels import take_apart

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fenban.model import Gazetteer, Home

SAME, KNOWN, SHORTENED, KIN = 0.95, 0.9, 0.8, 0.6  # how sure a likeness of names makes
_FEWEST_SIBLINGS = 2
_PLACE_LIKE = re.compile(r"^(?P<place>[\u4e00-\u9fff]{1,3}[区县镇乡])(?P<office>[\u4e00-\u9fff]{2,})$")
# 勞動局就業安全科 is part of the 勞動局; a 公安局交警支队 stands on its own
_SECTION = re.compile(
    r"^(?:政府)?(?P<office>.{1,10}?[局处所])(?P<section>.{1,10}(?:[科课组室股厂]|(?<![支大总])队))$"
)
_GENERIC = re.compile(
    r"(?:股份|集团|有限|责任|公司|管理|监督|执法|行政|服务|建设|发展|中心|办公室|指挥部|委员会|事务|"
    r"专席|工程|维修|政府|国家|[局委办处所站队科部院厂会])+$"
)
_SHORTEST_STEM = 2


@dataclass(frozen=True, slots=True)
class OfficeName:
    """A unit's name taken apart: what kind of office, where, and why it is believed.

    A ``section`` is one of several parts of its office.
    """

    office: str
    jurisdiction: str | None
    reason: str
    section: bool = False


def office_names(names: Iterable[str], gazetteer: Gazetteer, home: Home) -> dict[str, OfficeName]:
    """Take all names apart; what no gazetteer lists is a place where it is written like one, repeatedly."""
    parts = {name: take_apart(name, gazetteer, home) for name in names}
    unplaced = {name: part.rest for name, part in parts.items() if part.jurisdiction in (None, home.city)}
    written = {name: match for name, rest in unplaced.items() if (match := _PLACE_LIKE.match(simplify(rest)))}
    places = Counter(match["place"] for match in written.values())
    kinds = Counter(match["office"] for match in written.values())
    sections = {name: match for name, part in parts.items() if (match := _SECTION.match(part.rest))}
    heads = Counter(match["office"] for match in sections.values())
    found = {}
    for name, part in parts.items():
        like, section = written.get(name), sections.get(name)
        if like and min(places[like["place"]], kinds[like["office"]]) >= _FEWEST_SIBLINGS:
            where = f"{home.city}/{like['place']}" if home.city else like["place"]
            reason = f"按写法推断属地“{like['place']}”，区划表中没有"
            found[name] = OfficeName(_as_written(like["office"], name), where, reason)
        elif section and heads[section["office"]] >= _FEWEST_SIBLINGS:
            office = _as_written(section["office"], name)
            found[name] = OfficeName(office, part.jurisdiction, f"是“{office}”的内设机构", section=True)
        else:
            reason = _reason(name, part.jurisdiction, home)
            found[name] = OfficeName(_as_written(part.rest, name), part.jurisdiction, reason)
    return found


def _as_written(part: str, name: str) -> str:
    """Return a part of the folded name in the script in which the name is written."""
    start = simplify(name).find(part)
    written = name[start : start + len(part)]
    return written if start >= 0 and simplify(written) == part else part


def _reason(name: str, where: str | None, home: Home) -> str:
    if where is None:
        return "名称里没有属地"
    of_city = name.startswith("市") and where == home.city
    return "“市”指所在城市" if of_city else f"名称以属地“{where.rsplit('/', 1)[-1]}”开头"


@cache
def _known_kinds() -> Mapping[str, str]:
    """Names of offices by the function they stand for; not those of offices that came before it."""
    known: dict[str, str] = {}
    for function in shipped_directory().functions.values():
        former = {predecessor.name for predecessor in function.predecessors}
        for name in (function.name, *function.aliases):
            if name not in former:
                known.setdefault(name, function.name)
    return known


def likeness(one: str, other: str) -> tuple[float, str]:
    """Return how sure two names make that one kind of office is meant (0 to 1), and why."""
    one, other = simplify(one), simplify(other)
    if one == other:
        return SAME, "名称相同"
    known = _known_kinds()
    # of one rank: a 劳动监察大队 belongs to a 人社局 and is an office of its own
    if known.get(one) and known.get(one) == known.get(other) and one[-1] == other[-1]:
        return KNOWN, "通用名录里是同一职能"
    short, long = sorted((one, other), key=lambda name: (len(name), name))
    if is_short_for(short, long):
        return SHORTENED, f"“{short}”像是“{long}”的简称"
    stem = _shared_stem(short, long)
    return (KIN, f"名称都有“{stem}”") if stem else (0.0, "")


def is_short_for(short: str, long: str) -> bool:
    """Whether ``short`` picks characters of ``long`` in their order, the last one included.

    Its first one must come early: 环保局 is short for 生态环境保护局, 民政局 is not for 市民政务局.
    """
    if long == short + "事处":
        return True
    if len(short) < 3 or len(short) >= len(long) or short[-1] != long[-1]:
        return False
    rest = iter(long)
    return all(character in rest for character in short) and long.index(short[0]) <= len(long) // 3


def _shared_stem(one: str, other: str) -> str:
    """Return the distinctive part that begins one name and stands in the other."""
    for name, in_name in ((one, other), (other, one)):
        stem = _GENERIC.sub("", name)
        if len(stem) >= _SHORTEST_STEM and stem in in_name:
            return stem
    return ""
