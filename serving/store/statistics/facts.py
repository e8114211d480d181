"""What statistics count: a few numbers of every matter, kept in memory as arrays.

200,000 matters take about 10 MB. The arrays are read from the store once and then brought up to date
with the matters that have changed since, found by the index over ``updated_at``; so every figure is
a sum over arrays, whatever it is filtered by, and costs neither database anything. A snapshot is
never changed, and says of which moment it is.
"""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import Float, and_, cast, extract, func, select
from sqlalchemy.orm import aliased

from ..base import now
from ..tables.matters import DecisionRow, OutcomeRow, ReturnRow, SubmissionRow, SuggestionRow, TransferRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from sqlalchemy import ColumnElement, Row, Select
    from sqlalchemy.orm import InstrumentedAttribute, Session

    from ..database import Database

CHINA_SECONDS = 8 * 3600
DAY = 86_400
UNKNOWN = -1
NEVER = np.iinfo(np.int64).max
MATTER = np.dtype(
    [
        ("id", np.int64),
        ("day", np.int32),  # received: days since 1970 in China
        ("closed", np.int32),  # the same of closing; UNKNOWN while open
        ("hours", np.float32),  # from receiving to closing
        ("deadline", np.int64),  # seconds since 1970
        ("state", np.int32),
        ("zone", np.int32),
        ("model", np.int32),
        ("topic", np.int32),
        ("lead", np.int32),
        ("suggested", np.int32),
        ("first", np.int32),  # the unit that was decided first
        ("final", np.int32),  # the unit of the last outcome
        ("moves", np.int32),  # returns and transfers
        ("satisfied", np.int8),
    ]
)
RETURN = np.dtype([("id", np.int64), ("day", np.int32), ("unit", np.int32), ("reason", np.int32)])
_FRESH = dt.timedelta(seconds=15)
_OVERLAP = dt.timedelta(minutes=2)  # a transaction may commit that much after the moment it carries
_CHUNK = 400


@dataclass(frozen=True, slots=True)
class Names:
    """Strings as numbers, in the order in which they came up. Only ever added to."""

    names: list[str] = field(default_factory=list)
    codes: dict[str, int] = field(default_factory=dict)

    def code(self, name: str | None) -> int:
        """Return the number of a name, a new one where it has none; UNKNOWN for None."""
        if name is None:
            return UNKNOWN
        code = self.codes.get(name)
        if code is None:
            code = self.codes[name] = len(self.names)
            self.names.append(name)
        return code


@dataclass(frozen=True, slots=True)
class Facts:
    """A snapshot: ``matters`` of dtype MATTER by rising id, ``returns`` of dtype RETURN."""

    at: dt.datetime
    names: Names
    matters: NDArray[Any]
    returns: NDArray[Any]


class FactsCache:
    """Keeps the facts of a database; safe between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._facts: Facts | None = None

    def current(self) -> Facts:
        """Return facts that are no more than some seconds old; the first call reads all matters.

        While another thread brings them up to date, those from before are returned.

        Raises:
            StoreUnreachableError: the database does not answer.
        """
        held = self._facts
        if held is not None and now() - held.at < _FRESH:
            return held
        if not self._lock.acquire(blocking=held is None):
            return held or self.current()
        try:
            with self._database.reading() as session:
                self._facts = refresh(session, self._facts)
            return self._facts
        finally:
            self._lock.release()


def refresh(session: Session, facts: Facts | None = None) -> Facts:
    """Return the facts as they are now, reading anew what has changed since ``facts``."""
    at = now()
    if facts is None:
        names = Names()
        return Facts(at, names, _load_matters(session, names, None), _load_returns(session, names, None))
    changed_since = SubmissionRow.updated_at >= facts.at - _OVERLAP
    ids = list(session.scalars(select(SubmissionRow.id).where(changed_since)))
    if not ids:
        return Facts(at, facts.names, facts.matters, facts.returns)
    matters = _merge(facts.matters, _load_matters(session, facts.names, ids), ids)
    returns = _merge(facts.returns, _load_returns(session, facts.names, ids), ids)
    return Facts(at, facts.names, matters, returns)


def _merge(old: NDArray[Any], new: NDArray[Any], ids: Sequence[int]) -> NDArray[Any]:
    kept = old[~np.isin(old["id"], np.asarray(ids, dtype=np.int64))]
    merged = np.concatenate([kept, new])
    return merged[np.argsort(merged["id"], kind="stable")]


def _load_rows(
    session: Session, query: Select[*tuple[Any, ...]], column: Any, ids: Sequence[int] | None
) -> Iterator[Row[Any]]:
    """Yield the rows of ``query``, all of them or those of ``ids`` in ``column``."""
    if ids is None:
        yield from session.execute(query.execution_options(yield_per=5000))
        return
    for start in range(0, len(ids), _CHUNK):
        yield from session.execute(query.where(column.in_(ids[start : start + _CHUNK])))


def _load_matters(session: Session, names: Names, ids: Sequence[int] | None) -> NDArray[Any]:
    code = names.code
    firsts = _load_first_decisions(session, ids)
    finals = {
        row.submission_id: code(row.final_unit)
        for row in _load_rows(
            session,
            select(OutcomeRow.submission_id, OutcomeRow.final_unit).order_by(OutcomeRow.id),
            OutcomeRow.submission_id,
            ids,
        )
    }
    moves: dict[int, int] = {}
    for table in (ReturnRow, TransferRow):
        for row in _load_rows(session, select(table.submission_id), table.submission_id, ids):
            moves[row.submission_id] = moves.get(row.submission_id, 0) + 1
    s = SubmissionRow
    query = select(
        s.id, s.state, s.zone, s.topic, s.lead_unit, s.suggested_unit, s.satisfied,
        _seconds(s.received_at).label("received"), _seconds(s.closed_at).label("closed"),
        _seconds(s.deadline_at).label("deadline"),
    ).order_by(s.id)  # fmt: skip
    found = []
    for row in _load_rows(session, query, s.id, ids):
        first, model, suggested = firsts.get(row.id, (None, None, None))
        received, closed = row.received, row.closed
        found.append(
            (
                row.id,
                _day(received),
                UNKNOWN if closed is None else _day(closed),
                np.nan if closed is None else max(closed - received, 0.0) / 3600,
                NEVER if row.deadline is None else int(row.deadline),
                code(row.state),
                code(row.zone),
                code(model),
                code(row.topic),
                code(row.lead_unit),
                code(suggested or row.suggested_unit),
                code(first),
                finals.get(row.id, UNKNOWN),
                moves.get(row.id, 0),
                UNKNOWN if row.satisfied is None else int(row.satisfied),
            )
        )
    return np.array(found, dtype=MATTER)


def _seconds(column: InstrumentedAttribute[Any]) -> ColumnElement[float]:
    """Seconds since 1970, computed by the database: reading 600,000 moments takes longer than all else."""
    return cast(extract("epoch", column), Float)


def _day(seconds: float) -> int:
    return int(seconds + CHINA_SECONDS) // DAY


def _load_first_decisions(
    session: Session, ids: Sequence[int] | None
) -> dict[int, tuple[str, str | None, str | None]]:
    """Return the unit of the first decision not undone, the model, and what it had suggested."""
    undoing = aliased(DecisionRow)
    query = (
        select(
            DecisionRow.submission_id,
            DecisionRow.lead_unit,
            SuggestionRow.model_version,
            SuggestionRow.lead_unit.label("suggested"),
        )
        .outerjoin(undoing, undoing.undoes == DecisionRow.id)
        .outerjoin(SuggestionRow, SuggestionRow.id == DecisionRow.suggestion_id)
        # an expression: SQLite would read all that undo nothing through the index over the column
        .where(and_(func.coalesce(DecisionRow.undoes, 0) == 0, undoing.id.is_(None)))
        .order_by(DecisionRow.id)
    )
    found: dict[int, tuple[str, str | None, str | None]] = {}
    for row in _load_rows(session, query, DecisionRow.submission_id, ids):
        found.setdefault(row.submission_id, (row.lead_unit, row.model_version, row.suggested))
    return found


def _load_returns(session: Session, names: Names, ids: Sequence[int] | None) -> NDArray[Any]:
    query = select(ReturnRow.submission_id, ReturnRow.at, ReturnRow.unit, ReturnRow.reason).order_by(
        ReturnRow.id
    )
    found = [
        (row.submission_id, _day(row.at.timestamp()), names.code(row.unit), names.code(row.reason))
        for row in _load_rows(session, query, ReturnRow.submission_id, ids)
    ]
    made = np.array(found, dtype=RETURN)
    return made[np.argsort(made["id"], kind="stable")]


def select_matters(facts: Facts, ids: NDArray[np.int64]) -> NDArray[Any]:
    """Return the matters of ``ids``, in their order; every id must be there."""
    return facts.matters[np.searchsorted(facts.matters["id"], ids)]
