"""Verifying: the chain of the audit, line by line, and the history that was written with each line."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, inspect, select
from sqlalchemy.exc import DBAPIError

from .audit import FIRST, SEAL_ACTION, AuditRow, Checkpoint, hash_of
from .sealing import HISTORY, Seal, digest_of, summary_of
from .tables.seals import SealRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Row, Table
    from sqlalchemy.orm import Session

PAGE = 2000
_NOT_READ = (ValueError, TypeError, RecursionError, DBAPIError)  # content that is none, or too deep
_FLAWS = {
    "missing": "line {} is missing",
    "misplaced": "line {} does not follow the line before it",
    "altered": "line {} was altered",
    "unreadable": "line {} cannot be read",
    "forged": "line {} stands before the first line",
    "seals": "the seals of line {} were altered",
    "row": "{row} is not as line {} says",
    "stray": "{row} is under no line of the audit",
    "lost": "{row} from before the seals: there are more or fewer rows than there were",
    "head": "the noted head is not in the chain",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verifying found.

    Attributes:
        lines: number of the last line that holds.
        head: its hash.
        broken_at: the first line that does not hold; None where all that were read do, and where a row
            is to blame that no line speaks of.
        flaw: what is wrong there: missing, misplaced, altered, unreadable, forged (a number before the
            first), seals (of the line), row (a row of history is not what it was), stray (a row that no
            line speaks of), lost (rows from before the seals), or head (the noted head is gone).
        more: whether lines were left unread.
        row: the table and the id of the row that is to blame, such as ``decisions:12``.
        unsealed: how many rows of history are from before there were seals; known once all was read.
    """

    lines: int
    head: str
    broken_at: int | None = None
    flaw: str | None = None
    more: bool = False
    row: str | None = None
    unsealed: int = 0

    @property
    def reason(self) -> str | None:
        """What is wrong, in words."""
        return _FLAWS[self.flaw].format(self.broken_at, row=self.row) if self.flaw else None


def verify(session: Session, head: str | None = None) -> Verdict:
    """Follow the whole chain from its beginning, and look at every row of history.

    Args:
        session: a reading session.
        head: the hash of a line noted earlier, elsewhere; it must still be in the chain.
    """
    verdict = Verdict(0, FIRST, more=True)
    while verdict.more:
        verdict = verify_after(session, Checkpoint(verdict.lines, verdict.head))
    if verdict.flaw is None and head not in (None, FIRST) and _line_of(session, head) is None:
        return Verdict(verdict.lines, verdict.head, verdict.lines + 1, "head", unsealed=verdict.unsealed)
    return verdict


def _line_of(session: Session, digest: str | None) -> int | None:
    return session.scalar(select(AuditRow.seq).where(AuditRow.hash == digest).limit(1))


def verify_after(session: Session, checkpoint: Checkpoint | None = None, limit: int | None = None) -> Verdict:
    """Follow the chain for ``limit`` lines after a line that was seen to hold, and still must.

    With the last line the rows are counted that no line speaks of.
    """
    seq, previous = (checkpoint.seq, checkpoint.hash) if checkpoint else (0, FIRST)
    limit = limit or PAGE
    if seq and session.scalar(select(AuditRow.hash).where(AuditRow.seq == seq)) != previous:
        return Verdict(max(seq - 1, 0), previous, seq, "head")
    forged = session.scalar(select(func.min(AuditRow.seq)).where(AuditRow.seq < 1))
    if forged is not None:
        return Verdict(0, FIRST, forged, "forged")
    has_seals = _has_seals(session)
    lines, unreadable = _lines_after(session, seq, limit + 1, has_seals)
    history = _history_flaws(session, lines[:limit]) if has_seals else {}
    for line in lines[:limit]:
        flaw, row = _flaw(line, seq + 1, previous), None
        if flaw is None and line.seq in history:
            flaw, row = history[line.seq]
        if flaw:
            return Verdict(seq, previous, seq + 1, flaw, row=row)
        seq, previous = line.seq, line.hash
    if len(lines) > limit:
        return Verdict(seq, previous, more=True)
    if unreadable:
        return Verdict(seq, previous, seq + 1, "unreadable")
    return _counted(session, seq, previous, has_seals)


def _has_seals(session: Session) -> bool:
    """Whether the schema has seals; a copy of a store of 0.1 that may not be written has none."""
    return inspect(session.connection()).has_table(SealRow.__tablename__)


def _lines_after(session: Session, seq: int, limit: int, has_seals: bool) -> tuple[list[Row[Any]], bool]:
    """Return lines up to the first that cannot be read, and whether there is one."""
    # columns, not objects: four times faster over a million lines
    columns = [column for column in AuditRow.__table__.columns if has_seals or column.name != "rows"]
    query = select(*columns).where(AuditRow.seq > seq).order_by(AuditRow.seq)
    try:
        return list(session.execute(query.limit(limit))), False
    except _NOT_READ as error:
        _raise_if_not_of_content(error)
    found: list[Row[Any]] = []
    for number in session.scalars(
        select(AuditRow.seq).where(AuditRow.seq > seq).order_by(AuditRow.seq).limit(limit)
    ).all():
        try:
            found += session.execute(select(*columns).where(AuditRow.seq == number)).all()
        except _NOT_READ as error:
            _raise_if_not_of_content(error)
            return found, True
    return found, False


def _raise_if_not_of_content(error: Exception) -> None:
    if isinstance(error, DBAPIError) and "decode" not in str(error.orig).lower():
        raise error


def _flaw(line: Row[Any], expected_seq: int, previous: str) -> str | None:
    if line.seq != expected_seq:
        return "missing"
    if line.previous != previous:
        return "misplaced"
    try:
        return None if line.hash == hash_of(line) else "altered"
    except (ValueError, TypeError, RecursionError):  # what was put there is nothing that a line may hold
        return "altered"


def _history_flaws(session: Session, lines: Sequence[Row[Any]]) -> dict[int, tuple[str, str | None]]:
    """Return, by the line's number, what is wrong with the seals of these lines and the rows under them."""
    if not lines:
        return {}
    between = SealRow.seq.between(lines[0].seq, lines[-1].seq)
    seals: dict[int, list[Row[Any]]] = defaultdict(list)
    for seal in session.execute(select(*SealRow.__table__.columns).where(between)):
        seals[seal.seq].append(seal)
    found: dict[int, tuple[str, str | None]] = {}
    for line in lines:
        if summary_of(Seal(one.table_name, one.row_id, one.digest) for one in seals[line.seq]) != line.rows:
            found[line.seq] = ("seals", None)
    for seal in _broken(session, [seal for some in seals.values() for seal in some]):
        found.setdefault(seal.seq, ("row", f"{seal.table_name}:{seal.row_id}"))
    return found


def _broken(session: Session, seals: Sequence[Row[Any]]) -> list[Row[Any]]:
    """Return the seals whose row is gone or says something else, in the order of the lines."""
    by_table: dict[str, dict[int, Row[Any]]] = defaultdict(dict)
    broken = []
    for seal in seals:
        if seal.table_name in HISTORY:
            by_table[seal.table_name][seal.row_id] = seal
        else:
            broken.append(seal)
    for name, wanted in by_table.items():
        digests = _digests(session, HISTORY[name].__table__, sorted(wanted))  # type: ignore[arg-type]
        broken += [seal for row_id, seal in wanted.items() if digests.get(row_id) != seal.digest]
    return sorted(broken, key=lambda seal: (seal.seq, seal.table_name, seal.row_id))


def _digests(session: Session, table: Table, ids: list[int]) -> dict[int, str]:
    """Return the SHA-256 of rows as they stand; rows that cannot be read have none."""
    found: dict[int, str] = {}
    for start in range(0, len(ids), 500):
        some = ids[start : start + 500]
        try:
            rows = session.execute(select(table).where(table.c.id.in_(some))).all()
            found |= {row.id: digest_of(table, row._mapping) for row in rows}
        except _NOT_READ as error:
            _raise_if_not_of_content(error)
            if len(ids) > 1:
                for one in some:
                    found |= _digests(session, table, [one])
    return found


def _counted(session: Session, seq: int, head: str, has_seals: bool) -> Verdict:
    """Return the verdict over a chain that holds: whether any row of history is under no line."""
    before = _before(session)
    unsealed = 0
    for name, kind in HISTORY.items():
        table = kind.__table__
        rows = session.scalar(select(func.count()).select_from(table)) or 0
        if not has_seals:
            unsealed += rows
            continue
        last, counted = before.get(name, (0, 0))
        old = table.c.id.between(1, last)
        of_old = session.scalar(select(func.count()).select_from(table).where(old)) or 0
        if of_old != counted:
            return Verdict(seq, head, flaw="lost", row=name)
        sealed = session.scalar(select(func.count()).where(SealRow.table_name == name)) or 0
        if rows - of_old != sealed:
            return Verdict(seq, head, flaw="stray", row=f"{name}:{_stray(session, kind.__table__, ~old)}")  # type: ignore[arg-type]
        unsealed += of_old
    return Verdict(seq, head, unsealed=unsealed)


def _before(session: Session) -> dict[str, tuple[int, int]]:
    """Return, by table, the last id and the number of the rows from before there were seals.

    The line that says so was written with the first seals; one that comes later says nothing.
    """
    line = session.execute(
        select(AuditRow.seq, AuditRow.detail)
        .where(AuditRow.action == SEAL_ACTION)
        .order_by(AuditRow.seq)
        .limit(1)
    ).first()
    if line is None or line.seq > (session.scalar(select(func.min(SealRow.seq))) or line.seq):
        return {}
    return {name: (int(last), int(count)) for name, (last, count) in line.detail["before"].items()}


def _stray(session: Session, table: Table, among: ColumnElement[bool]) -> int | None:
    seal = select(SealRow.row_id).where(SealRow.table_name == table.name, SealRow.row_id == table.c.id)
    found: int | None = session.scalar(select(func.min(table.c.id)).where(among, ~seal.exists()))
    return found
