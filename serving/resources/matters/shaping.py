"""Matters as answers: what a row says, how it stands, and what may be done with it now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...desk.matters.agreements import MEDIATION
from ...desk.matters.desk import facts_of
from ...store import states
from ...store.base import now
from . import schemas

if TYPE_CHECKING:
    from typing import Any

    from ...accounts.actor import Actor
    from ...desk.deadlines.rules import Deadlines
    from ...store.tables.matters import SubmissionRow, SuggestionRow

_NOT_OFFERED = frozenset({"undo", "convert"})  # the one has its own operation, the other comes by itself


def show_matter(
    row: SubmissionRow, actor: Actor, deadlines: Deadlines, text: str | None = None
) -> schemas.Matter:
    """Return a matter with what ``actor`` may do with it now.

    Args:
        row: the matter.
        actor: who asks.
        deadlines: the rules, for how it stands.
        text: the beginning of its text, where the whole is not wanted.
    """
    return schemas.Matter.from_record(row, **_beside_the_row(row, actor, deadlines, text))


def show_registered(
    row: SubmissionRow, suggestion: SuggestionRow | None, actor: Actor, deadlines: Deadlines
) -> schemas.Registered:
    """Return a matter that was just taken in, with the suggestion that is kept for it."""
    beside = _beside_the_row(row, actor, deadlines, None)
    return schemas.Registered.from_record(row, suggestion=suggestion, **beside)


def _beside_the_row(
    row: SubmissionRow, actor: Actor, deadlines: Deadlines, text: str | None
) -> dict[str, Any]:
    standing = deadlines.standing(facts_of(row), row.deadline_at, now(), row.closed_at)
    return {
        "text": row.text if text is None else text,
        "standing": standing,
        "overdue": standing == "overdue" and row.closed_at is None,
        "actions": actions(row) if actor.may("matters.write") else [],
    }


def actions(row: SubmissionRow) -> list[states.Step]:
    """Return the steps that may be taken now, as far as the row itself tells."""
    return [
        step
        for step in states.steps_from(row.kind, row.state)
        if step.action not in _NOT_OFFERED and _offered(row, step.action)
    ]


def _offered(row: SubmissionRow, action: str) -> bool:
    if action in ("agree", "fulfil", "unsettle"):
        return row.lane == MEDIATION
    if action == "evaluate":
        return row.satisfied is None
    return action != "reopen" or row.satisfied is False
