"""The steps of a matter that need nothing but a reason, and putting off its deadline (延期)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from ...store.tables.matters import TransitionRow
from . import agreements, merging, outcomes
from .desk import facts_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...store.tables.matters import SubmissionRow
    from .desk import Desk

_CONVERTED_FORM = "社情民意"


def _plain(action: str) -> Callable[[Desk, SubmissionRow, str], None]:
    def take(desk: Desk, row: SubmissionRow, why: str) -> None:
        desk.step(row, action, why)
        desk.sign(action, row)

    return take


def refuse(desk: Desk, row: SubmissionRow, why: str) -> None:
    """Do not take a matter on (不予受理); a proposal that is not (不予立案) goes on as 社情民意.

    The proposal keeps its number and its history, and from then on goes the way of a complaint.
    """
    desk.step(row, "refuse", why)
    if row.kind == "proposal":
        desk.step(row, "convert", former_form=row.form)
        row.version -= 1  # both lines are one step
        row.kind, row.form = "complaint", _CONVERTED_FORM
        row.deadline_at = desk.deadlines.deadline_for(facts_of(row), desk.at)
    desk.sign("refuse", row)


PLAIN: dict[str, Callable[[Desk, SubmissionRow, str], None]] = {
    "accept": _plain("accept"),
    "refuse": refuse,
    "ask": _plain("ask"),
    "register": _plain("register"),
    "sign": _plain("sign"),
    "reopen": outcomes.reopen,
    "unsettle": agreements.unsettle,
    "split": merging.split,
}


def extend(desk: Desk, row: SubmissionRow, until: dt.datetime, why: str) -> TransitionRow:
    """Put off the deadline.

    Raises:
        RefusedError: no unit has the matter, no reason was given, or the rule does not allow it:
            too far, too often, or not at all.
    """
    already = select(func.count()).where(
        TransitionRow.submission_id == row.id, TransitionRow.action == "extend"
    )
    count = desk.session.execute(already).scalar_one()
    before = row.deadline_at
    line = desk.step(
        row,
        "extend",
        why,
        former=before.isoformat() if before else None,
        until=until.astimezone(dt.UTC).isoformat(),
    )
    desk.deadlines.check_extension(facts_of(row), before, until, count)
    row.deadline_at = until
    desk.sign("extend", row, until=until.astimezone(dt.UTC).isoformat())
    return line
