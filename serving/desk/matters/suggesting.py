"""What the model suggests for a matter: kept beside it, and what the matter takes over from it.

The model reads the masked text. It would read the raw one alike, as it hides personal data from
itself, but the places of words then refer to the text that pages show, and nothing raw is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from fenban.model import Submission

from ...store import states
from ...store.errors import NotFoundError
from ...store.tables.matters import SuggestionRow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from fenban.model import Suggestion

    from ...store.tables.matters import SubmissionRow
    from .desk import Desk


def build_submission(row: SubmissionRow) -> Submission:
    """Return a matter as the model reads it."""
    return Submission(
        text=row.text,
        title=row.title,
        received_at=row.received_at.date(),
        jurisdiction=row.jurisdiction,
        form=row.form,
    )


def keep(desk: Desk, row: SubmissionRow, suggestion: Suggestion) -> SuggestionRow:
    """Keep a suggestion, and let a matter that nobody has decided yet take it over.

    Args:
        desk: the operation.
        row: the matter.
        suggestion: for the masked text.
    """
    leader = next(iter(suggestion.lead_units), None)
    kept = SuggestionRow(
        submission_id=row.id,
        at=desk.at,
        model_version=suggestion.model.get("version", ""),
        zone=suggestion.zone,
        lead_unit=leader.unit if leader else None,
        probability=leader.probability if leader else None,
        body=suggestion.as_dict(),
    )
    desk.session.add(kept)
    row.zone, row.suggested_unit = kept.zone, kept.lead_unit
    if row.lead_unit is None:
        _take_over(row, suggestion)
    desk.session.flush()
    return kept


def _take_over(row: SubmissionRow, suggestion: Suggestion) -> None:
    if suggestion.topics:
        row.topic = suggestion.topics[0].path
    if suggestion.functions:
        row.function = suggestion.functions[0].function
    if row.lane is None and suggestion.lane:
        row.lane = suggestion.lane.name
    form = suggestion.form.name if suggestion.form else None
    # a guess never sends a matter the way of the other kind
    if row.form is None and form and states.kind_of(form) == row.kind:
        row.form = form


def renew(desk: Desk, row: SubmissionRow, suggestion: Suggestion) -> SuggestionRow:
    """Keep another suggestion for a matter, asked for by a person."""
    kept = keep(desk, row, suggestion)
    row.version += 1
    row.updated_at = desk.at
    desk.sign("suggest", row, suggestion=kept.id, model=kept.model_version)
    return kept


def find_latest(session: Session, submission_id: int) -> SuggestionRow | None:
    """Return the last suggestion for a matter."""
    return session.scalars(
        select(SuggestionRow)
        .where(SuggestionRow.submission_id == submission_id)
        .order_by(SuggestionRow.id.desc())
        .limit(1)
    ).first()


def find_chosen(session: Session, submission_id: int, suggestion_id: int | None) -> SuggestionRow | None:
    """Return the suggestion that a decision looked at: the one named, else the last.

    Raises:
        NotFoundError: the one named is not of this matter.
    """
    if suggestion_id is None:
        return find_latest(session, submission_id)
    found = session.get(SuggestionRow, suggestion_id)
    if found is None or found.submission_id != submission_id:
        raise NotFoundError("分办建议")
    return found


def rank_of(suggestion: SuggestionRow | None, unit: str) -> int | None:
    """Return where a suggestion had a unit, from 1; None where it had not."""
    units = suggestion.body["lead_units"] if suggestion else []
    return next((rank for rank, leader in enumerate(units, start=1) if leader["unit"] == unit), None)
