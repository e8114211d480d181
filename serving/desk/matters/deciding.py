"""Deciding who deals with a matter (派遣, 改派, 交办), and undoing a decision just made."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from fenban.model import mask

from ...store import states
from ...store.errors import NotFoundError, RefusedError
from ...store.tables.matters import DecisionRow, TransitionRow
from . import suggesting
from .desk import facts_of

if TYPE_CHECKING:
    from ...store.tables.matters import SubmissionRow, SuggestionRow
    from .desk import Desk

UNDO_WITHIN = dt.timedelta(seconds=10)
CROSS_BORDER = "跨区域协同"
_BEFORE = ("lead_unit", "other_lead_unit", "co_units", "function", "topic", "lane", "form")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What was decided. What is None stays as it is; ``function`` follows from the unit."""

    lead_unit: str
    co_units: tuple[str, ...] = ()
    other_lead_unit: str | None = None
    function: str | None = None
    topic: str | None = None
    lane: str | None = None
    form: str | None = None
    why: str = ""
    suggestion_id: int | None = None


def decide(desk: Desk, row: SubmissionRow, choice: Choice) -> DecisionRow:
    """Decide who deals with a matter.

    Raises:
        RefusedError: not from this state; an unknown unit; a matter across a border (跨区域协同)
            without the lead unit of the other side; a form that goes another way.
        NotFoundError: the suggestion is not of this matter.
    """
    before = _before(row)
    lead, other = desk.unit(choice.lead_unit), _other(desk, choice)
    lane = choice.lane or row.lane
    if lane == CROSS_BORDER and other is None:
        raise RefusedError("跨区域协同的办件要写明另一方的主办单位；不需要对方办理的，请改为其他通道。")
    if choice.form and states.kind_of(choice.form) != row.kind:
        raise RefusedError(f"“{choice.form}”的办理流程不同，不能在派遣时改成这种形式。")
    suggestion = suggesting.find_chosen(desk.session, row.id, choice.suggestion_id)
    row.lead_unit, row.other_lead_unit = lead, other
    co_units = dict.fromkeys(desk.unit(name) for name in choice.co_units)
    row.co_units = [name for name in co_units if name != lead]
    row.function = choice.function or desk.function_of(lead) or row.function
    row.topic, row.lane, row.form = choice.topic or row.topic, lane, choice.form or row.form
    decision = _line(desk, row, suggestion, choice.why)
    shown = {name: getattr(row, name) for name in _BEFORE}
    facts = {"decision_id": decision.id, "rank": decision.rank, **shown, "before": before}
    desk.step(row, "decide", choice.why, **facts)
    _set_deadline(desk, row)
    desk.sign("decide", row, decision=decision.id, lead_unit=lead, co_units=row.co_units, rank=decision.rank)
    return decision


def _other(desk: Desk, choice: Choice) -> str | None:
    if not choice.other_lead_unit:
        return None
    other = choice.other_lead_unit.strip()  # the other side's units are in the other side's directory
    if other == desk.unit(choice.lead_unit):
        raise RefusedError("双方的主办单位不能是同一个单位。")
    return other


def _before(row: SubmissionRow) -> dict[str, Any]:
    deadline = row.deadline_at.isoformat() if row.deadline_at else None
    return {"deadline_at": deadline, **{name: getattr(row, name) for name in _BEFORE}}


def _line(desk: Desk, row: SubmissionRow, suggestion: SuggestionRow | None, why: str) -> DecisionRow:
    assert row.lead_unit is not None
    decision = DecisionRow(
        submission_id=row.id,
        at=desk.at,
        by=desk.by,
        why=mask(why.strip()),
        suggestion_id=suggestion.id if suggestion else None,
        lead_unit=row.lead_unit,
        other_lead_unit=row.other_lead_unit,
        co_units=row.co_units,
        function=row.function,
        topic=row.topic,
        rank=suggesting.rank_of(suggestion, row.lead_unit),
    )
    desk.session.add(decision)
    desk.session.flush()
    return decision


def _set_deadline(desk: Desk, row: SubmissionRow) -> None:
    """Count the deadline anew by the form and lane decided on, unless a person has moved it since."""
    moved = select(TransitionRow.id).where(
        TransitionRow.submission_id == row.id, TransitionRow.action.in_(("extend", "reopen"))
    )
    if desk.session.execute(moved.limit(1)).first():
        return
    # compared here: SQLite would read every decision there is through the index over what undoes nothing
    made = select(DecisionRow.id, DecisionRow.at, DecisionRow.undoes).where(
        DecisionRow.submission_id == row.id
    )
    lines = desk.session.execute(made).all()
    undone = {line.undoes for line in lines}
    decided_at = min(line.at for line in lines if line.undoes is None and line.id not in undone)
    row.deadline_at = desk.deadlines.deadline_for(facts_of(row), row.received_at, decided_at)


def undo(desk: Desk, row: SubmissionRow, decision_id: int) -> DecisionRow:
    """Undo a decision just made: as a further line, with the matter as it was before.

    Raises:
        NotFoundError: the matter has no such decision.
        RefusedError: not the last step, not one's own, undone already or more than ten seconds ago.
    """
    decision = desk.session.get(DecisionRow, decision_id)
    if decision is None or decision.submission_id != row.id or decision.undoes is not None:
        raise NotFoundError("分办决定")
    if decision.by != desk.by:
        raise RefusedError("只能撤销自己的决定。")
    if desk.at - decision.at > UNDO_WITHIN:
        raise RefusedError("已超过 10 秒，不能撤销；需要改办的请转办。")
    made = _last_line(desk, row)
    detail = (made.detail or {}) if made.action == "decide" else {}
    if detail.get("decision_id") != decision_id:
        raise RefusedError("这个决定之后又有新的办理记录，不能撤销。")
    undoing = DecisionRow(
        submission_id=row.id,
        at=desk.at,
        by=desk.by,
        undoes=decision.id,
        suggestion_id=decision.suggestion_id,
        lead_unit=decision.lead_unit,
        other_lead_unit=decision.other_lead_unit,
        co_units=decision.co_units,
        function=decision.function,
        topic=decision.topic,
        rank=decision.rank,
    )
    desk.session.add(undoing)
    _restore(row, detail["before"])
    desk.step(row, "undo", to=made.from_state, decision_id=decision.id, lead_unit=decision.lead_unit)
    desk.sign("undo", row, decision=decision.id)
    return undoing


def _last_line(desk: Desk, row: SubmissionRow) -> TransitionRow:
    lines = select(TransitionRow).where(
        TransitionRow.submission_id == row.id, TransitionRow.action.not_in(states.NOTES)
    )
    return desk.session.scalars(lines.order_by(TransitionRow.id.desc()).limit(1)).one()


def _restore(row: SubmissionRow, before: dict[str, Any]) -> None:
    for name in _BEFORE:
        setattr(row, name, before[name])
    row.deadline_at = dt.datetime.fromisoformat(before["deadline_at"]) if before["deadline_at"] else None
