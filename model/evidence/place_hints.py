"""What a card says of the place in words: between whom it stays open, and what is known of a road.

The sentences are Chinese because the clerk reads them; the codes beside them are for programs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..signs.signals import MISSING_NAMES, MISSING_PLACE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..case import RankedUnit
    from ..reading.local_places import TaughtPlace

_IN_THE_RUN = 0.15  # of what the likeliest candidate has: below, nobody need be told
_EVEN = 0.8
_NEARLY_EVEN = 0.5


def place_hints(
    missing: Sequence[str], units: Sequence[RankedUnit], taught: Sequence[TaughtPlace]
) -> tuple[str, ...]:
    """Return the sentences for one suggestion.

    ``missing`` are its codes, ``units`` its ranked lead units, ``taught`` the places of the names in
    the text (none where the text names a division itself: then it needs no such help).
    """
    open_between = [name_candidates(units)] if MISSING_PLACE in missing and units else []
    return (*open_between, *_name_known_places(units, taught))


def name_candidates(units: Sequence[RankedUnit]) -> str:
    """Say between which offices of the likeliest function the place decides, and how they stand."""
    lead = units[0]
    rivals = [u for u in units if u.function == lead.function and u.jurisdiction]
    rivals = [u for u in rivals if u.probability >= _IN_THE_RUN * lead.probability]
    missing = MISSING_NAMES[MISSING_PLACE]
    if len(rivals) < 2:
        return f"{missing}：补上地点才能确定是不是{lead.unit}"
    names = "、".join(unit.unit for unit in rivals)
    return f"{missing}：{names}{_compare_shares([unit.probability for unit in rivals])}"


def _compare_shares(shares: Sequence[float]) -> str:
    """Return how the first stands to the others; ``shares`` fall."""
    two = len(shares) == 2
    if shares[-1] >= _EVEN * shares[0]:
        return "各半" if two else "可能性相近"
    if shares[1] >= _NEARLY_EVEN * shares[0]:
        return "，前者略多" if two else "，前两家较多"
    return "，前者较多"


def _name_known_places(units: Sequence[RankedUnit], taught: Sequence[TaughtPlace]) -> list[str]:
    """Name the road or estate that most cases speak for, where the first unit lies where they lay."""
    where = units[0].jurisdiction if units else None
    agreeing = [t for t in taught if where and "/" in t.path and _on_one_line(t.path, where)]
    best = max(agreeing, key=lambda t: (t.there, t.name), default=None)
    if best is None:
        return []
    place = best.path.rsplit("/", 1)[-1]
    return [f"“{best.name}”多在{place}：以往 {best.cases} 件中 {best.there} 件"]


def _on_one_line(one: str, other: str) -> bool:
    """Whether one of the two paths lies at or in the other, below the city."""
    return "/" in other and (f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/"))
