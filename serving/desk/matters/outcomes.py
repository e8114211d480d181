"""What came of a matter (办结, 答复), what the person says of it (评价), and doing it again (重办)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fenban.model import mask

from ...store.errors import RefusedError
from ...store.tables.matters import EvaluationRow, OutcomeRow
from . import agreements, merging
from .desk import facts_of

if TYPE_CHECKING:
    from ...store.tables.matters import SubmissionRow
    from .desk import Desk


def resolve(desk: Desk, row: SubmissionRow, reply: str, *, resolved: bool) -> OutcomeRow:
    """Close a matter with the reply to the person; those merged into it are closed with it.

    Args:
        desk: the operation.
        row: the matter.
        reply: what the person is told.
        resolved: whether the matter is solved, as against explained or promised.

    Raises:
        RefusedError: no unit has it; mediation without an agreement or with open promises.
    """
    waiting = agreements.why_open(desk.session, row)
    if waiting:
        raise RefusedError(waiting)
    desk.step(row, "resolve", reply, unit=row.lead_unit, resolved=resolved)
    assert row.lead_unit is not None
    outcome = OutcomeRow(
        submission_id=row.id,
        at=desk.at,
        by=desk.by,
        why=mask(reply.strip()),
        final_unit=row.lead_unit,
        resolved=resolved,
    )
    desk.session.add(outcome)
    merging.follow(desk, row)
    desk.sign("resolve", row, unit=row.lead_unit, resolved=resolved)
    return outcome


def evaluate(
    desk: Desk, row: SubmissionRow, *, satisfied: bool, score: int | None, why: str
) -> EvaluationRow:
    """Note what the person says of the result, once each time the matter was closed.

    Raises:
        RefusedError: it is not closed, or was evaluated already.
    """
    if row.satisfied is not None:
        raise RefusedError("这次办理已经评价过。")
    desk.step(row, "evaluate", why, satisfied=satisfied, score=score)
    row.satisfied = satisfied
    evaluation = EvaluationRow(
        submission_id=row.id, at=desk.at, by=desk.by, why=mask(why.strip()), satisfied=satisfied, score=score
    )
    desk.session.add(evaluation)
    merging.follow(desk, row)
    desk.sign("evaluate", row, satisfied=satisfied, score=score)
    return evaluation


def reopen(desk: Desk, row: SubmissionRow, why: str) -> None:
    """Have a matter done again because the person is not satisfied; its deadline counts anew.

    Raises:
        RefusedError: it is not closed, was not called unsatisfactory, or no reason was given.
    """
    if row.satisfied is not False:
        raise RefusedError("先登记“不满意”的评价，才能重办。")
    desk.step(row, "reopen", why)
    row.satisfied = None
    row.deadline_at = desk.deadlines.deadline_for(facts_of(row, reopened=True), desk.at)
    merging.follow(desk, row)
    desk.sign("reopen", row)
