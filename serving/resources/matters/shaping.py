"""Matters as JSON: the one place where rows become what the API answers."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from ...desk.matters.agreements import MEDIATION
from ...desk.matters.desk import facts_of
from ...store import states
from ...store.base import now

if TYPE_CHECKING:
    from ...accounts.actor import Actor
    from ...desk.deadlines.rules import Deadlines
    from ...store.tables.matters import SubmissionRow, SuggestionRow

_SAME = (
    "id",
    "number",
    "version",
    "kind",
    "state",
    "form",
    "lane",
    "channel",
    "title",
    "jurisdiction",
    "zone",
    "suggested_unit",
    "topic",
    "function",
    "lead_unit",
    "other_lead_unit",
    "co_units",
    "merged_into",
    "satisfied",
    "created_by",
)
_MOMENTS = ("received_at", "deadline_at", "closed_at", "created_at", "updated_at")
_NOT_OFFERED = frozenset({"undo", "convert"})  # the one has its own operation, the other comes by itself


def matter(row: SubmissionRow, actor: Actor, deadlines: Deadlines, text: str | None = None) -> dict[str, Any]:
    """Return a matter as JSON values, with what ``actor`` may do with it now.

    Args:
        row: the matter.
        actor: who asks.
        deadlines: the rules, for how it stands.
        text: the beginning of its text, where the whole is not wanted.
    """
    found = {name: getattr(row, name) for name in _SAME}
    found |= {name: _written(getattr(row, name)) for name in _MOMENTS}
    found["text"] = row.text if text is None else text
    standing = deadlines.standing(facts_of(row), row.deadline_at, now(), row.closed_at)
    found["standing"] = standing
    found["overdue"] = standing == "overdue" and row.closed_at is None
    found["actions"] = actions(row) if actor.may("matters.write") else []
    return found


def actions(row: SubmissionRow) -> list[dict[str, Any]]:
    """Return the steps that may be taken now, as far as the row itself tells."""
    return [
        {"action": step.action, "label": step.label, "needs_reason": step.needs_reason}
        for step in states.allowed(row.kind, row.state)
        if step.action not in _NOT_OFFERED and _offered(row, step.action)
    ]


def _offered(row: SubmissionRow, action: str) -> bool:
    if action in ("agree", "fulfil", "unsettle"):
        return row.lane == MEDIATION
    if action == "evaluate":
        return row.satisfied is None
    return action != "reopen" or row.satisfied is False


def suggestion(row: SuggestionRow) -> dict[str, Any]:
    """Return a suggestion that was kept, as JSON values."""
    return {
        "id": row.id,
        "at": row.at.isoformat(),
        "model_version": row.model_version,
        "zone": row.zone,
        "suggestion": row.body,
    }


def _written(moment: dt.datetime | None) -> str | None:
    return moment.astimezone(dt.UTC).isoformat() if moment else None
