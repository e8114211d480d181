"""What a person must notice at once: danger, matters outside any department's duties, unreadable texts."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..reading.text import HIDDEN
from .danger import DangerReading, read_danger
from .scope import find_outside_duties

DANGER = "danger"
OUT_OF_SCOPE = "out_of_scope"
UNREADABLE = "unreadable"
SIGNAL_NAMES = {
    DANGER: "可能危及人身安全，请先核实",
    OUT_OF_SCOPE: "可能不属于政府部门职责",
    UNREADABLE: "文字太少，无法判断",
}
MISSING_PLACE = "place"
MISSING_NAMES = {MISSING_PLACE: "缺地点"}
_TWO_CHARACTERS = re.compile(r"\w\W*\w")
_CALLS = {"暴力": "110", "自伤": "110、120", "走失": "110", "伤病": "120"}
_OTHERWISE_CALL = "119、110"
_LONGEST_QUOTE = 24


@dataclass(frozen=True, slots=True)
class Signals:
    """Codes for machines, hints in words for the clerk, and why it is a danger, if it is one."""

    flags: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    danger: str | None = None


def signals_of(text: str, learnt_danger: float | None = None) -> Signals:
    """Return what a folded text signals; ``learnt_danger`` is the model's P(danger), if it knows it."""
    if not _TWO_CHARACTERS.search(text):
        return Signals((UNREADABLE,))
    flags: list[str] = []
    hints: list[str] = []
    reading = read_danger(text, learnt_danger)
    danger = _explain_danger(text, reading) if reading.danger else None
    if danger:
        flags.append(DANGER)
        calls = _CALLS.get(reading.signs[0].kind, _OTHERWISE_CALL) if reading.signs else _OTHERWISE_CALL
        hints.append(f"{danger}；险情正在发生的，请来电人立即拨打{calls}")
    outside = find_outside_duties(text)
    if outside:
        flags.append(OUT_OF_SCOPE)
        hints += [f"文中提到“{_quote(text, o.start, o.end)}”：{o.belongs}" for o in outside]
    return Signals(tuple(flags), tuple(hints), danger)


def _explain_danger(text: str, reading: DangerReading) -> str:
    if not reading.signs:
        return "与以往危及人身的办件相近"
    first = max(reading.signs, key=lambda sign: (sign.certain, -sign.start))
    return f"文中提到“{_quote(text, first.start, first.end)}”，可能危及人身（{first.kind}）"


def _quote(text: str, start: int, end: int) -> str:
    piece = text[start:end].replace(HIDDEN, "*").replace("\n", " ")
    return piece if len(piece) <= _LONGEST_QUOTE else piece[:_LONGEST_QUOTE] + "…"
