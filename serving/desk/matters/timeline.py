"""What has happened to a matter, in order: its timeline, and the lines of each kind."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import select

from ...store.errors import NotFoundError
from ...store.states import label_of
from ...store.tables.matters import (
    AgreementRow,
    FulfilmentRow,
    Line,
    PromiseRow,
    SubmissionRow,
    SuggestionRow,
    TransitionRow,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

LineT = TypeVar("LineT", bound=Line)
_HIDDEN = frozenset({"before"})  # what undoing needs; no line for people


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the timeline as people read it; ``label`` is what they call the action."""

    id: int
    at: dt.datetime
    by: str
    action: str
    label: str
    from_state: str | None
    to_state: str
    why: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Extension:
    """The deadline was put off from ``former`` (None: there was none) to ``until``."""

    id: int
    at: dt.datetime
    by: str
    why: str
    former: dt.datetime | None
    until: dt.datetime


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise of an agreement, and the line that says how it was kept."""

    id: int
    unit: str
    what: str
    due_on: dt.date | None
    fulfilment: FulfilmentRow | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """An agreement with its promises."""

    id: int
    at: dt.datetime
    by: str
    text: str
    parties: list[str]
    promises: list[Promise]


def load_matter(session: Session, submission_id: int) -> SubmissionRow:
    """Return a matter to look at.

    Raises:
        NotFoundError: there is none.
    """
    row = session.get(SubmissionRow, submission_id)
    if row is None:
        raise NotFoundError("办件")
    return row


def load_lines(session: Session, table: type[LineT], submission_id: int) -> Sequence[LineT]:
    """Return a matter's lines of one kind, the first one first."""
    return session.scalars(select(table).where(table.submission_id == submission_id).order_by(table.id)).all()


def load_suggestions(session: Session, submission_id: int) -> Sequence[SuggestionRow]:
    """Return a matter's suggestions, the first one first."""
    return session.scalars(
        select(SuggestionRow).where(SuggestionRow.submission_id == submission_id).order_by(SuggestionRow.id)
    ).all()


def load_timeline(session: Session, row: SubmissionRow) -> list[Entry]:
    """Return all that has happened to a matter, the first first.

    Every operation writes one line of the timeline for each matter it changes, with what it did in
    ``detail``; so this is the whole history.
    """
    return [describe_step(row.kind, step) for step in load_lines(session, TransitionRow, row.id)]


def load_last_step(session: Session, submission_id: int, action: str) -> TransitionRow:
    """Return the last line of an action that was taken with a matter."""
    query = select(TransitionRow).where(
        TransitionRow.submission_id == submission_id, TransitionRow.action == action
    )
    return session.scalars(query.order_by(TransitionRow.id.desc()).limit(1)).one()


def describe_step(kind: str, step: TransitionRow) -> Entry:
    """Return a line of the timeline of a matter of ``kind``."""
    return Entry(
        id=step.id,
        at=step.at,
        by=step.by,
        action=step.action,
        label=label_of(kind, step.action, step.from_state),
        from_state=step.from_state,
        to_state=step.to_state,
        why=step.why,
        detail={name: value for name, value in (step.detail or {}).items() if name not in _HIDDEN},
    )


def describe_extension(row: TransitionRow) -> Extension:
    """Return what a line ``extend`` of the timeline says."""
    detail = row.detail or {}
    former, until = detail.get("former"), detail["until"]
    return Extension(
        id=row.id,
        at=row.at,
        by=row.by,
        why=row.why,
        former=dt.datetime.fromisoformat(former) if former else None,
        until=dt.datetime.fromisoformat(until),
    )


def load_extensions(session: Session, submission_id: int) -> list[Extension]:
    """Return how often and until when a matter's deadline was put off."""
    return [
        describe_extension(row)
        for row in load_lines(session, TransitionRow, submission_id)
        if row.action == "extend"
    ]


def load_agreements(session: Session, submission_id: int) -> list[Agreement]:
    """Return the agreements of a matter with their promises, each with its fulfilment or None."""
    kept = {row.promise_id: row for row in load_lines(session, FulfilmentRow, submission_id)}
    promises: dict[int, list[Promise]] = {}
    for row in load_lines(session, PromiseRow, submission_id):
        promise = Promise(row.id, row.unit, row.why, row.due_on, kept.get(row.id))
        promises.setdefault(row.agreement_id, []).append(promise)
    return [
        Agreement(row.id, row.at, row.by, row.why, row.parties, promises.get(row.id, []))
        for row in load_lines(session, AgreementRow, submission_id)
    ]
