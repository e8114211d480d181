"""A directory proposed from label columns that are nothing but names, for a person to confirm.

For every unit: its function, its place, other spellings of its name, and the unit into which it
might be merged. Nothing is merged: labels stay as they were written, and ``fenban train
--directory`` reads functions and places and passes the proposals over.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from fenban.model import TrainingError

from .labels import find_majority_functions, home_of
from .office_names import KIN, SAME, SHORTENED, OfficeName, likeness, office_names
from .unit_texts import UnitTexts

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from fenban.model import Case, Gazetteer

_ALIKE = 0.3  # cosine of texts from which a shortened name is believed
_HARDLY_ALIKE = 0.2  # below, no other name than the very same is believed
_VERY_ALIKE = 0.5  # where the names share no more than a stem
_FEWEST_ALIKE = 5  # cases of each unit, likewise
_PROPOSED = 0.4  # confidence from which a merge is worth a person's time


@dataclass(frozen=True, slots=True)
class ProposedMerge:
    """A unit that may be the same office, and what speaks for it."""

    into: str
    confidence: float
    reason: str


@dataclass(frozen=True, slots=True)
class ProposedUnit:
    """One unit of the proposed directory; confidences from 0 to 1."""

    name: str
    function: str
    jurisdiction: str | None
    aliases: tuple[str, ...]
    cases: int
    confidence: float
    reason: str
    merge: ProposedMerge | None = None


@dataclass(frozen=True, slots=True)
class _Named:
    """All units of the cases, taken apart; indices are those of the texts."""

    home: str | None
    names: list[str]
    offices: list[OfficeName]
    counts: list[int]
    texts: UnitTexts
    written: dict[str, str]
    days: dict[str, tuple[dt.date, dt.date]]


def infer_directory(cases: Sequence[Case], gazetteer: Gazetteer) -> list[ProposedUnit]:
    """Propose one row for every unit that the cases name, ordered by function and place.

    Raises:
        TrainingError: the cases name no unit.
    """
    counts = Counter(case.lead_unit for case in cases if case.lead_unit)
    if not counts:
        raise TrainingError("no case names a unit - name the column in a MAP.toml and pass it with --columns")
    names = sorted(counts)
    home = home_of(names, gazetteer)
    offices = office_names(names, gazetteer, home)
    named = _Named(
        home.city,
        names,
        [offices[name] for name in names],
        [counts[name] for name in names],
        UnitTexts.of(cases, names),
        find_majority_functions(cases),
        _find_days(cases),
    )
    groups, reasons = _group_kinds(named)
    rows = [row for kind, members in groups.items() for row in _propose_rows(named, kind, members, reasons)]
    merges = _propose_merges(named, {row.name: row.function for row in rows})
    found = [_add_merge(row, merges.get(row.name)) for row in rows]
    return sorted(found, key=lambda row: (row.function, row.jurisdiction or "", row.name))


def _add_merge(row: ProposedUnit, merge: ProposedMerge | None) -> ProposedUnit:
    return ProposedUnit(
        row.name, row.function, row.jurisdiction, row.aliases, row.cases, row.confidence, row.reason, merge
    )


def _find_days(cases: Iterable[Case]) -> dict[str, tuple[dt.date, dt.date]]:
    days: dict[str, tuple[dt.date, dt.date]] = {}
    for case in cases:
        day = case.submission.received_at
        if case.lead_unit and day:
            first, last = days.get(case.lead_unit, (day, day))
            days[case.lead_unit] = (min(first, day), max(last, day))
    return days


def _group_kinds(named: _Named) -> tuple[dict[str, list[int]], dict[str, str]]:
    """Group the units by kind of office; return the groups by name, and why spellings were put together."""
    by_office: dict[str, list[int]] = defaultdict(list)
    for i, name in enumerate(named.names):
        by_office[named.written.get(name, named.offices[i].office)].append(i)
    cases = {office: sum(named.counts[i] for i in members) for office, members in by_office.items()}
    order = sorted(by_office, key=lambda office: (-cases[office], office))
    if named.written:
        return {office: by_office[office] for office in order}, {}
    head: dict[str, str] = {}
    reasons: dict[str, str] = {}
    for i, office in enumerate(order):
        for larger in order[:i]:
            if larger in head:
                continue
            why = _explain_one_kind(named, by_office[office], by_office[larger], office, larger)
            if why:
                head[office], reasons[office] = larger, why
                break
    groups: dict[str, list[int]] = defaultdict(list)
    for office in order:
        groups[head.get(office, office)] += by_office[office]
    return dict(groups), reasons


def _explain_one_kind(named: _Named, ones: list[int], others: list[int], one: str, other: str) -> str:
    sure, why = likeness(one, other)
    alike = named.texts.likeness(ones, others) if sure >= SHORTENED else None
    if sure >= SHORTENED and alike is not None and alike >= _ALIKE:
        return f"{why}，文字相似度 {alike:.2f}"
    return ""


def _propose_rows(
    named: _Named, kind: str, members: list[int], reasons: dict[str, str]
) -> list[ProposedUnit]:
    spellings = {named.offices[i].office for i in members}
    taken = set(named.names)
    rows = []
    for i in members:
        name, office = named.names[i], named.offices[i]
        confidence, reason = _judge(named, i, kind, members, reasons)
        stem = name.removesuffix(office.office) if name.endswith(office.office) else ""
        aliases = [stem + other for other in sorted(spellings) if stem and other != office.office]
        rows.append(
            ProposedUnit(
                name,
                kind,
                office.jurisdiction,
                tuple(alias for alias in aliases if alias not in taken),
                named.counts[i],
                confidence,
                f"{reason}；{office.reason}",
            )
        )
    return rows


def _judge(
    named: _Named, i: int, kind: str, members: list[int], reasons: dict[str, str]
) -> tuple[float, str]:
    office = named.offices[i].office
    if named.names[i] in named.written:
        return 0.95, "职能是办件里写明的"
    if office in reasons:
        return 0.7, reasons[office]
    if named.offices[i].section:
        return 0.8, f"{len(members)} 个单位同属“{kind}”"
    same = sum(named.offices[j].office == office for j in members)
    if same > 1:
        return 0.9, f"{same} 个单位名称去掉属地后同为“{office}”"
    if len(members) > 1:
        return 0.8, f"与另外 {len(members) - 1} 个单位同类，取件数最多的写法“{kind}”"
    return 0.5, "没有同类单位，自成一类"


def _propose_merges(named: _Named, functions: dict[str, str]) -> dict[str, ProposedMerge]:
    """Propose for units at one place the larger one that may be the same office."""
    by_place: dict[str | None, list[int]] = defaultdict(list)
    for i, office in enumerate(named.offices):
        by_place[office.jurisdiction or named.home].append(i)  # 供电公司 is most likely the city's
    found: dict[str, ProposedMerge] = {}
    for members in by_place.values():
        for i, j in combinations(members, 2):
            small, large = sorted((i, j), key=lambda k: (named.counts[k], named.names[k]))
            merge = _propose_merge(named, small, large, functions)
            known = found.get(named.names[small])
            if merge and (known is None or merge.confidence > known.confidence):
                found[named.names[small]] = merge
    return found


def _propose_merge(named: _Named, small: int, large: int, functions: dict[str, str]) -> ProposedMerge | None:
    one, other = named.names[small], named.names[large]
    if named.offices[small].section or named.offices[large].section or _is_part_of(one, other):
        return None  # parts of one office, not spellings of it
    sure, why = likeness(named.offices[small].office, named.offices[large].office)
    if sure < SHORTENED and functions[one] == functions[other]:
        sure, why = max(sure, KIN), why or f"同为“{functions[one]}”"
    if not sure:
        return None
    alike = named.texts.likeness([small], [large])
    few = named.counts[small] < _FEWEST_ALIKE
    if sure <= KIN and (few or alike is None or alike < _VERY_ALIKE):
        return None
    if sure < SAME and alike is not None and alike < _HARDLY_ALIKE:
        return None
    confidence = round(sure * (0.5 + 0.5 * max(alike or 0.0, 0.0)), 2)
    if confidence < _PROPOSED:
        return None
    texts = "件数太少，无法比较文字" if alike is None else f"文字相似度 {alike:.2f}"
    counted = f"件数 {named.counts[small]} 与 {named.counts[large]}"
    return ProposedMerge(
        other, confidence, "；".join([why, texts, counted, *_compare_times(named, one, other)])
    )


def _is_part_of(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _compare_times(named: _Named, one: str, other: str) -> list[str]:
    if one not in named.days or other not in named.days:
        return []
    (first, last), (begins, ends) = named.days[one], named.days[other]
    if last < begins or ends < first:
        return ["时间上前后相接，可能是更名"]
    return [f"{max(first, begins)} 至 {min(last, ends)} 同时在用"]
