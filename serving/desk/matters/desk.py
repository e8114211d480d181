"""What every operation on matters needs: a writing session, who acts, when, and by which rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fenban.model import mask

from ...store import audit, states
from ...store.base import CHINA, now
from ...store.errors import ChangedMeanwhileError, NotFoundError, RefusedError
from ...store.tables.matters import SubmissionRow, TransitionRow
from ..deadlines.rules import Facts
from ..directory.successions import find_current_name

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy.orm import Session

    from fenban.model import Directory

    from ..deadlines.rules import Deadlines

FIRST_NOTE = "intake"  # the line with which a timeline begins


class UnknownUnitError(RefusedError):
    """The directory has no such unit."""

    def __init__(self, name: str) -> None:
        super().__init__(f"名录中没有“{name}”，请用名录中的全称。")


@dataclass(frozen=True, slots=True)
class Desk:
    """One operation at the desk.

    Attributes:
        session: a writing session; the caller commits.
        by: label of the actor, as history says it.
        deadlines: the city's rules.
        directory: the units there are; an empty one is not asked.
        at: when it happens; every line of the operation carries this moment.
    """

    session: Session
    by: str
    deadlines: Deadlines
    directory: Directory
    at: dt.datetime = field(default_factory=now)

    def matter(self, submission_id: int, version: int | None = None) -> SubmissionRow:
        """Return a matter to change; nobody else changes it until the transaction ends.

        Args:
            submission_id: its id.
            version: which version the caller has seen; None changes any.

        Raises:
            NotFoundError: there is none.
            ChangedMeanwhileError: it has another version by now.
        """
        row = self.session.get(SubmissionRow, submission_id, with_for_update=True, populate_existing=True)
        if row is None:
            raise NotFoundError("办件")
        if version is not None and row.version != version:
            raise ChangedMeanwhileError(row.version)
        return row

    def step(
        self, row: SubmissionRow, action: str, why: str = "", *, to: str | None = None, **detail: Any
    ) -> TransitionRow:
        """Take a step with a matter and write its line of the timeline.

        Args:
            row: the matter, as the desk's ``matter`` gave it; its version rises.
            action: of ``states``.
            why: the reason, as typed; it is masked here.
            to: the state it comes to, for steps that leave the state open.
            detail: facts of the line without personal data.

        Raises:
            RefusedError: the step is not allowed as things stand, or needs a reason.
        """
        found = states.step_for(row.kind, action, row.state)
        if found is None:
            label = states.label_of(row.kind, action)
            raise RefusedError(f"“{row.state}”的办件不能“{label}”。")
        if found.needs_reason and not why.strip():
            raise RefusedError(f"“{found.label}”要写明理由。")
        line = self.note(row, action, why, to=found.to or to, **detail)
        row.version += 1
        row.updated_at = self.at
        return line

    def note(
        self, row: SubmissionRow, action: str, why: str = "", *, to: str | None = None, **detail: Any
    ) -> TransitionRow:
        """Write a line of the timeline, and put the matter into the state ``to`` where one is given."""
        line = TransitionRow(
            submission_id=row.id,
            at=self.at,
            by=self.by,
            why=mask(why.strip()),
            action=action,
            from_state=None if action == FIRST_NOTE else row.state,
            to_state=to or row.state,
            detail=detail or None,
        )
        self.session.add(line)
        row.state = line.to_state
        row.closed_at = (row.closed_at or self.at) if row.state in states.CLOSED else None
        self.session.flush()
        return line

    def sign(self, action: str, row: SubmissionRow, **detail: Any) -> None:
        """Write the line of the audit; the last thing an operation does."""
        self.session.flush()
        audit.record(self.session, self.by, f"submission.{action}", f"submission:{row.id}", **detail)

    def unit(self, name: str) -> str:
        """Return the name of a unit as the directory has it on this day; aliases are understood.

        A unit that was renamed or merged is the one that took over.

        Raises:
            UnknownUnitError: the directory has units, but not this one.
            EndedUnitError: the unit has ended and nobody took over.
        """
        name = name.strip()
        if not self.directory.units:
            return mask(name)  # no list of names to hold it against: it may be anything
        if self.directory.unit(name):
            return find_current_name(self.directory, name, self.at.astimezone(CHINA).date())
        called = [unit.name for unit in self.directory.units if name in unit.aliases]
        if len(called) != 1:
            raise UnknownUnitError(name)
        return called[0]

    def function_of(self, unit: str) -> str | None:
        """Return the function of a unit, where the directory says it."""
        found = self.directory.unit(unit)
        return found.function if found else None


def facts_of(row: SubmissionRow, *, reopened: bool = False) -> Facts:
    """Return what the rules of deadlines look at."""
    return Facts(kind=row.kind, form=row.form, lane=row.lane, channel=row.channel, reopened=reopened)
