"""A unit sends a matter back (退单), or it goes on to another unit (转办)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fenban.model import mask

from ...store import states
from ...store.errors import RefusedError
from ...store.tables.matters import ReturnRow, TransferRow

if TYPE_CHECKING:
    from ...store.tables.matters import SubmissionRow
    from .desk import Desk


def send_back(desk: Desk, row: SubmissionRow, reason: str, why: str) -> ReturnRow:
    """Take a matter back from its unit, which will not deal with it; it waits for another decision.

    Args:
        desk: the operation.
        row: the matter.
        reason: one of ``states.RETURN_REASONS``.
        why: what the unit wrote.

    Raises:
        RefusedError: no unit has it, the reason is not one, or nothing was written.
    """
    if reason not in states.RETURN_REASONS:
        raise RefusedError(f"退单原因应为：{'、'.join(states.RETURN_REASONS)}。")
    unit = row.lead_unit
    desk.step(row, "return", why, unit=unit, reason=reason)
    assert unit is not None
    returned = ReturnRow(
        submission_id=row.id,
        at=desk.at,
        by=desk.by,
        why=mask(why.strip()),
        unit=unit,
        function=row.function,
        topic=row.topic,
        reason=reason,
    )
    desk.session.add(returned)
    desk.sign("return", row, unit=unit, reason=reason)
    return returned


def transfer(desk: Desk, row: SubmissionRow, to_unit: str, why: str) -> TransferRow:
    """Hand a matter from the unit that has it to another.

    Raises:
        RefusedError: no unit has it, the other is unknown or the same, or no reason was given.
    """
    unit, target = row.lead_unit, desk.unit(to_unit)
    if target == unit:
        raise RefusedError("已经由这个单位办理。")
    desk.step(row, "transfer", why, from_unit=unit, to_unit=target)
    assert unit is not None
    row.lead_unit = target
    row.function = desk.function_of(target) or row.function
    row.co_units = [name for name in row.co_units if name != target]
    transferred = TransferRow(
        submission_id=row.id,
        at=desk.at,
        by=desk.by,
        why=mask(why.strip()),
        from_unit=unit,
        to_unit=target,
    )
    desk.session.add(transferred)
    desk.sign("transfer", row, from_unit=unit, to_unit=target)
    return transferred
