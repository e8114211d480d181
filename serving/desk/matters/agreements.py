"""Mediation (协商调解): what was agreed, what each side promised, and which promises were kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import exists, func, select

from fenban.model import mask

from ...store.errors import NotFoundError, RefusedError
from ...store.tables.matters import AgreementRow, FulfilmentRow, PromiseRow

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from ...store.tables.matters import SubmissionRow
    from .desk import Desk

MEDIATION = "协商调解"
ORDINARY = "常规交办"


@dataclass(frozen=True, slots=True)
class Promise:
    """What one side promises to do, and until when."""

    unit: str
    what: str
    due_on: dt.date | None = None


def agree(
    desk: Desk, row: SubmissionRow, text: str, parties: Sequence[str], promises: Sequence[Promise]
) -> AgreementRow:
    """Register an agreement (协商意见书); the matter stays open until its promises are kept.

    Raises:
        RefusedError: the matter is not mediated, or no unit has it.
    """
    if row.lane != MEDIATION:
        raise RefusedError("只有协商调解的办件才登记协商意见书。")
    desk.step(row, "agree", text, promises=len(promises))
    agreement = AgreementRow(
        submission_id=row.id,
        at=desk.at,
        by=desk.by,
        why=mask(text.strip()),
        parties=[mask(party.strip()) for party in parties],
    )
    desk.session.add(agreement)
    desk.session.flush()
    for promise in promises:
        desk.session.add(
            PromiseRow(
                submission_id=row.id,
                at=desk.at,
                by=desk.by,
                why=mask(promise.what.strip()),
                agreement_id=agreement.id,
                unit=mask(promise.unit.strip()),  # a promise may be the complainant's own
                due_on=promise.due_on,
            )
        )
    desk.sign("agree", row, agreement=agreement.id, promises=len(promises))
    return agreement


def fulfil(desk: Desk, row: SubmissionRow, agreement_id: int, promise_id: int, why: str) -> FulfilmentRow:
    """Note that a promise was kept, and how that was seen to.

    Raises:
        NotFoundError: the agreement has no such promise.
        RefusedError: it was kept already.
    """
    promise = desk.session.get(PromiseRow, promise_id)
    if promise is None or (promise.submission_id, promise.agreement_id) != (row.id, agreement_id):
        raise NotFoundError("约定事项")
    kept = exists().where(FulfilmentRow.promise_id == promise_id)
    if desk.session.execute(select(kept)).scalar_one():
        raise RefusedError("这一项已经确认兑现。")
    desk.step(row, "fulfil", why, agreement_id=agreement_id, promise_id=promise_id)
    fulfilment = FulfilmentRow(
        submission_id=row.id, at=desk.at, by=desk.by, why=mask(why.strip()), promise_id=promise_id
    )
    desk.session.add(fulfilment)
    desk.sign("fulfil", row, promise=promise_id)
    return fulfilment


def unsettle(desk: Desk, row: SubmissionRow, why: str) -> None:
    """Note that mediation came to nothing; the matter goes on in the ordinary lane.

    Raises:
        RefusedError: it is not mediated, or something agreed is still open.
    """
    if row.lane != MEDIATION:
        raise RefusedError("这件没有在协商调解。")
    open_ones = open_promises(desk.session, row.id)
    if open_ones:
        raise RefusedError(f"协商意见书还有 {open_ones} 项没有兑现。")
    desk.step(row, "unsettle", why)
    row.lane = ORDINARY
    desk.sign("unsettle", row)


def open_promises(session: Session, submission_id: int) -> int:
    """Return how many promises of a matter were not kept yet."""
    kept = exists().where(FulfilmentRow.promise_id == PromiseRow.id)
    waiting = select(func.count()).where(PromiseRow.submission_id == submission_id, ~kept)
    return session.execute(waiting).scalar_one()


def why_open(session: Session, row: SubmissionRow) -> str | None:
    """Return why a matter may not be closed for the sake of its mediation; None where it may."""
    waiting = open_promises(session, row.id)
    if waiting:
        return f"协商意见书还有 {waiting} 项没有兑现。"
    if row.lane != MEDIATION:
        return None
    agreed = exists().where(AgreementRow.submission_id == row.id)
    if session.execute(select(agreed)).scalar_one():
        return None
    return "协商调解的办件要先登记协商意见书；调解不成的，先注明“调解不成”。"
