"""Taking a matter in (受理), and what is added to its text afterwards (补充)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fenban.model import Submission, mask

from ...store import states
from ...store.base import CHINA
from ...store.numbers import take_next_number
from ...store.search import index as search
from ...store.tables.matters import SubmissionRow, SubmissionTextRow
from ..likeness import duplicates
from . import suggesting
from .desk import FIRST_NOTE, facts_of

if TYPE_CHECKING:
    import datetime as dt

    from fenban.model import Suggestion

    from ...store.states import Kind
    from ...store.tables.matters import SuggestionRow
    from ..likeness.meaning import Vector
    from .desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What came in, unmasked.

    Attributes:
        accept: whether it is taken on at once: to 待派遣, or to 审查 for a proposal.
        masked: the same as the model reads it and as it is kept, masked once.
    """

    text: str
    received_at: dt.datetime
    title: str = ""
    form: str | None = None
    channel: str | None = None
    jurisdiction: str | None = None
    submitter: str | None = None
    contact: str | None = None
    kind: Kind | None = None
    lane: str | None = None
    accept: bool = True
    masked: Submission = field(init=False, repr=False)

    def __post_init__(self) -> None:
        masked = Submission(
            text=mask(self.text),
            title=mask(self.title),
            received_at=self.received_at.date(),
            jurisdiction=self.jurisdiction,
            form=self.form,
        )
        object.__setattr__(self, "masked", masked)


def take_in(
    desk: Desk, arrival: Arrival, suggestion: Suggestion | None, vector: Vector | None = None
) -> tuple[SubmissionRow, SuggestionRow | None]:
    """Register a matter: the text masked, the raw one apart, with what the model suggests for it.

    Args:
        desk: the operation.
        arrival: what came in.
        suggestion: for ``arrival.masked``; None where the model did not answer.
        vector: of ``arrival.masked``, see ``meaning.Meaning``.
    """
    kind = arrival.kind or states.kind_of(arrival.form)
    row = SubmissionRow(
        number=take_next_number(desk.session, desk.at),
        kind=kind,
        state=states.FIRST[kind],
        form=arrival.form,
        lane=arrival.lane,
        channel=arrival.channel,
        title=arrival.masked.title,
        text=arrival.masked.text,
        jurisdiction=arrival.jurisdiction,
        received_at=arrival.received_at,
        co_units=[],
        created_by=desk.by,
        created_at=desk.at,
        updated_at=desk.at,
    )
    desk.session.add(row)
    desk.session.flush()
    desk.session.add(
        SubmissionTextRow(
            submission_id=row.id,
            text=arrival.text,
            title=arrival.title,
            submitter=arrival.submitter,
            contact=arrival.contact,
        )
    )
    kept = suggesting.keep(desk, row, suggestion) if suggestion else None
    row.deadline_at = desk.deadlines.deadline_for(facts_of(row), row.received_at)
    search.index_matter(desk.session, row)
    duplicates.remember(desk.session, row, vector)
    desk.note(row, FIRST_NOTE)
    if arrival.accept:
        desk.step(row, "accept")
        row.version = 1  # both lines are the one step of registering
    desk.sign("register", row, number=row.number, kind=kind, accepted=arrival.accept)
    return row, kept


def add_supplement(row: SubmissionRow, text: str, day: dt.datetime) -> str:
    """Return the text of a matter with what was added to it, masked."""
    return f"{row.text}\n{_heading(day)}{mask(text.strip())}"


def _heading(day: dt.datetime) -> str:
    return f"（{day.astimezone(CHINA):%Y-%m-%d}补充）"


def supplement(
    desk: Desk,
    row: SubmissionRow,
    text: str,
    suggestion: Suggestion | None,
    why: str = "",
    vector: Vector | None = None,
) -> SuggestionRow | None:
    """Add to the text of a matter what the person has told since.

    Args:
        desk: the operation.
        row: the matter.
        text: what is added, unmasked.
        suggestion: for the whole text; None where the model did not answer.
        why: the reason, if any.
        vector: of the whole text; without one, the one from before stays.

    Raises:
        RefusedError: nothing was asked for.
    """
    row.text = add_supplement(row, text, desk.at)
    raw = desk.session.get(SubmissionTextRow, row.id)
    if raw is not None:  # else the personal data were purged already
        raw.text = f"{raw.text}\n{_heading(desk.at)}{text.strip()}"
    search.index_matter(desk.session, row)
    duplicates.remember(desk.session, row, vector)
    desk.step(row, "supplement", why, characters=len(text))
    kept = suggesting.keep(desk, row, suggestion) if suggestion else None
    desk.sign("supplement", row)
    return kept
