"""What has happened to a matter, in order: its timeline, and the lines of each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import select

from ...store.errors import NotFoundError
from ...store.states import label_of
from ...store.tables.matters import (
    AgreementRow,
    DecisionRow,
    EvaluationRow,
    FulfilmentRow,
    Line,
    MergeRow,
    OutcomeRow,
    PromiseRow,
    ReturnRow,
    SubmissionRow,
    SuggestionRow,
    TransferRow,
    TransitionRow,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

LineT = TypeVar("LineT", bound=Line)
_HIDDEN = frozenset({"before"})  # what undoing needs; no line for people


def matter(session: Session, submission_id: int) -> SubmissionRow:
    """Return a matter to look at.

    Raises:
        NotFoundError: there is none.
    """
    row = session.get(SubmissionRow, submission_id)
    if row is None:
        raise NotFoundError("办件")
    return row


def lines(session: Session, table: type[LineT], submission_id: int) -> Sequence[LineT]:
    """Return a matter's lines of one kind, the first one first."""
    return session.scalars(select(table).where(table.submission_id == submission_id).order_by(table.id)).all()


def suggestions(session: Session, submission_id: int) -> Sequence[SuggestionRow]:
    """Return a matter's suggestions, the first one first."""
    return session.scalars(
        select(SuggestionRow).where(SuggestionRow.submission_id == submission_id).order_by(SuggestionRow.id)
    ).all()


def timeline(session: Session, row: SubmissionRow) -> list[dict[str, Any]]:
    """Return all that has happened to a matter, the first first.

    Every operation writes one line of the timeline for each matter it changes, with what it did in
    ``detail``; so this is the whole history.
    """
    return [entry(row.kind, step) for step in lines(session, TransitionRow, row.id)]


def last(session: Session, submission_id: int, action: str) -> TransitionRow:
    """Return the last line of an action that was taken with a matter."""
    query = select(TransitionRow).where(
        TransitionRow.submission_id == submission_id, TransitionRow.action == action
    )
    return session.scalars(query.order_by(TransitionRow.id.desc()).limit(1)).one()


def entry(kind: str, step: TransitionRow) -> dict[str, Any]:
    """Return a line of the timeline of a matter of ``kind`` as JSON values."""
    detail = step.detail or {}
    return {
        "id": step.id,
        "at": step.at.isoformat(),
        "by": step.by,
        "action": step.action,
        "label": label_of(kind, step.action, step.from_state),
        "from_state": step.from_state,
        "to_state": step.to_state,
        "why": step.why,
        "detail": {name: value for name, value in detail.items() if name not in _HIDDEN},
    }


def decision(row: DecisionRow) -> dict[str, Any]:
    """Return a decision as JSON values."""
    return {
        **line(row),
        "suggestion_id": row.suggestion_id,
        "undoes": row.undoes,
        "lead_unit": row.lead_unit,
        "other_lead_unit": row.other_lead_unit,
        "co_units": row.co_units,
        "function": row.function,
        "topic": row.topic,
        "rank": row.rank,
    }


def returned(row: ReturnRow) -> dict[str, Any]:
    """Return a return (退单) as JSON values."""
    return {
        **line(row),
        "unit": row.unit,
        "function": row.function,
        "topic": row.topic,
        "reason": row.reason,
    }


def transferred(row: TransferRow) -> dict[str, Any]:
    """Return a transfer as JSON values."""
    return {**line(row), "from_unit": row.from_unit, "to_unit": row.to_unit}


def merged(row: MergeRow) -> dict[str, Any]:
    """Return a merge as JSON values."""
    return {**line(row), "into": row.into_id}


def outcome(row: OutcomeRow) -> dict[str, Any]:
    """Return an outcome as JSON values; ``reply`` is masked."""
    shared = line(row)
    reply = shared.pop("why")
    return {**shared, "reply": reply, "final_unit": row.final_unit, "resolved": row.resolved}


def evaluation(row: EvaluationRow) -> dict[str, Any]:
    """Return an evaluation as JSON values."""
    return {**line(row), "satisfied": row.satisfied, "score": row.score}


def extension(row: TransitionRow) -> dict[str, Any]:
    """Return an extension of the deadline as JSON values."""
    detail = row.detail or {}
    return {**line(row), "former": detail.get("former"), "until": detail.get("until")}


def extensions(session: Session, submission_id: int) -> list[dict[str, Any]]:
    """Return how often and until when a matter's deadline was put off."""
    return [extension(row) for row in lines(session, TransitionRow, submission_id) if row.action == "extend"]


def agreements(session: Session, submission_id: int) -> list[dict[str, Any]]:
    """Return the agreements of a matter with their promises, each with its fulfilment or None."""
    kept = {row.promise_id: line(row) for row in lines(session, FulfilmentRow, submission_id)}
    promises: dict[int, list[dict[str, Any]]] = {}
    for promise in lines(session, PromiseRow, submission_id):
        promises.setdefault(promise.agreement_id, []).append(
            {
                "id": promise.id,
                "unit": promise.unit,
                "what": promise.why,
                "due_on": promise.due_on.isoformat() if promise.due_on else None,
                "fulfilment": kept.get(promise.id),
            }
        )
    found = []
    for row in lines(session, AgreementRow, submission_id):
        shared = line(row)
        text = shared.pop("why")
        found.append({**shared, "text": text, "parties": row.parties, "promises": promises.get(row.id, [])})
    return found


def line(row: Line) -> dict[str, Any]:
    """Return what all lines have as JSON values."""
    return {"id": row.id, "at": row.at.isoformat(), "by": row.by, "why": row.why}
