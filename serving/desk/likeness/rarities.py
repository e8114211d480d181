"""How rare each word is among a city's matters: counted over its latest ones and the starter cases."""

from __future__ import annotations

import datetime as dt
import functools
import threading
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from fenban.model import Fingerprint, Rarity, take_fingerprint
from fenban.training import starter_cases

from ...store.base import now
from ...store.tables.likeness import FingerprintRow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

LATEST = 5000  # matters that are counted
_FRESH = dt.timedelta(minutes=10)
_GROWN = 500  # new matters after which it is counted anew


@dataclass(frozen=True, slots=True)
class _Counted:
    rarity: Rarity
    newest: int
    at: dt.datetime


_counted: weakref.WeakKeyDictionary[Any, _Counted] = weakref.WeakKeyDictionary()  # by pool of connections
_lock = threading.Lock()


def load_current(session: Session) -> Rarity:
    """Return how rare words are; counted anew (a tenth of a second) after 500 matters or ten minutes.

    Meanwhile other threads go on with the counts from before.
    """
    pool = session.get_bind().engine.pool
    held = _counted.get(pool)
    newest = session.scalar(select(func.max(FingerprintRow.submission_id))) or 0
    if held and (newest == held.newest or (newest - held.newest < _GROWN and now() - held.at < _FRESH)):
        return held.rarity
    if not _lock.acquire(blocking=held is None):
        return held.rarity if held else load_current(session)
    try:
        held = _counted[pool] = _Counted(_count(session), newest, now())
    finally:
        _lock.release()
    return held.rarity


def _count(session: Session) -> Rarity:
    latest = select(FingerprintRow.hashes).order_by(FingerprintRow.submission_id.desc()).limit(LATEST)
    found = [Fingerprint.from_bytes(hashes) for hashes in session.scalars(latest)]
    return Rarity.of((*load_shipped(), *found))


@functools.lru_cache(maxsize=1)
def load_shipped() -> tuple[Fingerprint, ...]:
    """Return the fingerprints of the starter cases: the words of complaints anywhere."""
    return tuple(take_fingerprint(case.submission.text, case.submission.title) for case in starter_cases())
