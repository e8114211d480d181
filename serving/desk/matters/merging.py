"""Merging matters (并案): one is dealt with in another, the main one, and follows what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from fenban.model import mask

from ...store import states
from ...store.errors import RefusedError
from ...store.tables.matters import MergeRow, SubmissionRow, TransitionRow
from .agreements import open_promises

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .desk import Desk


def load_both(desk: Desk, submission_id: int, into: int) -> tuple[SubmissionRow, SubmissionRow]:
    """Return a matter and the main one of ``into``, to be merged.

    Both are locked in the order of their ids, so that two who merge the one into the other do not
    wait for each other.

    Raises:
        NotFoundError: one of them is not there.
    """
    seen = desk.session.get(SubmissionRow, into)
    main_id = seen.merged_into or into if seen else into
    rows = {one: desk.matter(one) for one in sorted({submission_id, main_id})}
    return rows[submission_id], rows[main_id]


def merge(desk: Desk, row: SubmissionRow, main: SubmissionRow, why: str = "") -> MergeRow:
    """Merge a matter into another; those merged into it before go along.

    Args:
        desk: the operation.
        row: the matter that ends here.
        main: the one in which it is dealt with; see ``load_both``.
        why: the reason, if any.

    Raises:
        RefusedError: they are the same, of different kinds, closed, or ``row`` holds open promises.
    """
    if main.id == row.id:
        raise RefusedError("不能并入自己。")
    if main.kind != row.kind:
        raise RefusedError("诉求和提案不能并案。")
    if main.state in states.CLOSED:
        raise RefusedError(f"主件已是“{main.state}”，不能并入。")
    if open_promises(desk.session, row.id):
        raise RefusedError("这件的协商意见书还没有全部兑现，不能并入别的件。")
    merged = _merge_one(desk, row, main, why)
    for follower in _list_followers(desk, row.id):
        _move_on(desk, follower, main)
    desk.sign("merge", row, into=main.id)
    return merged


def _merge_one(desk: Desk, row: SubmissionRow, main: SubmissionRow, why: str) -> MergeRow:
    desk.step(row, "merge", why, into=main.id, number=main.number)
    row.merged_into = main.id
    desk.note(main, "absorb", why, submission=row.id, number=row.number)
    merged = MergeRow(submission_id=row.id, at=desk.at, by=desk.by, why=mask(why.strip()), into_id=main.id)
    desk.session.add(merged)
    return merged


def _move_on(desk: Desk, follower: SubmissionRow, main: SubmissionRow) -> None:
    follower.merged_into = main.id
    follower.version += 1
    follower.updated_at = desk.at
    desk.note(follower, "follow", into=main.id, number=main.number)
    desk.note(main, "absorb", submission=follower.id, number=follower.number)
    desk.session.add(MergeRow(submission_id=follower.id, at=desk.at, by=desk.by, into_id=main.id))


def split(desk: Desk, row: SubmissionRow, why: str) -> None:
    """Take a matter out of the one it was merged into by mistake: it is as it was before.

    Raises:
        RefusedError: it is not merged, or no reason was given.
    """
    lines = select(TransitionRow).where(
        TransitionRow.submission_id == row.id, TransitionRow.action == "merge"
    )
    merged = desk.session.scalars(lines.order_by(TransitionRow.id.desc()).limit(1)).first()
    main_id = row.merged_into
    desk.step(row, "split", why, to=merged.from_state if merged else None, into=main_id)
    row.merged_into = None
    main = desk.session.get(SubmissionRow, main_id)
    if main is not None:
        desk.note(main, "release", why, submission=row.id, number=row.number)
    desk.sign("split", row, into=main_id)


def follow(desk: Desk, main: SubmissionRow) -> None:
    """Write into every matter merged into ``main`` what has become of it."""
    for follower in _list_followers(desk, main.id):
        facts: dict[str, Any] = {"state": main.state, "satisfied": main.satisfied}
        desk.note(follower, "follow", into=main.id, number=main.number, **facts)
        follower.satisfied = main.satisfied
        follower.version += 1
        follower.updated_at = desk.at


def _list_followers(desk: Desk, main_id: int) -> Sequence[SubmissionRow]:
    query = select(SubmissionRow).where(SubmissionRow.merged_into == main_id).order_by(SubmissionRow.id)
    return desk.session.scalars(query.with_for_update().execution_options(populate_existing=True)).all()
