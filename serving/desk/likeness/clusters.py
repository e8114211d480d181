"""Hot issues (热点): what many people have sent in during the last weeks, and what grows.

Grouping some thousands of matters takes seconds, so it is never done while somebody waits: a thread
does it when it is asked for and new matters have come in, and until then the groups from before are
shown, with the moment they are of.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.stats import binom
from sqlalchemy import func, select

from fenban.model import Comparison, group_matters

from ...store.base import now
from ...store.errors import StoreError
from ...store.tables.likeness import FingerprintRow
from ...store.tables.matters import MergeRow, SubmissionRow
from . import rarities
from .duplicates import DAYS, build_comparable, day_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

    from fenban.model import Group

    from ...store.database import Database

MOST_MATTERS = 10_000  # the newest are grouped
FEWEST_MEMBERS = 3
SURE = 0.05  # chance of so many in the last week if nothing grew
WEEKS = 8
_WEEK = 7
_TITLE = 60  # characters that stand for a title
_PAUSE = dt.timedelta(seconds=30)  # between two computations, however many matters come in
_LONGEST = dt.timedelta(hours=6)  # weeks move on without new matters too

logger = logging.getLogger(__name__)


class _Found(NamedTuple):
    print: FingerprintRow
    title: str
    text: str
    topic: str | None
    jurisdiction: str | None
    closed_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Cluster:
    """Matters about the same.

    Attributes:
        members: their ids, newest first.
        medoid: the one that is most like all others.
        weeks: how many came in in each week, the last seven days last.
        growth: the last week over the mean of the weeks before; None where there were none before.
        chance: how likely so many in the last week are if nothing grew.
        grows: whether it may be said to grow: three at least in the last week, ``chance`` under 0.05.
        open: how many are not closed.
        topic: the commonest topic.
        places: up to three jurisdictions, commonest first.
    """

    members: tuple[int, ...]
    medoid: int
    title: str
    weeks: tuple[int, ...]
    growth: float | None
    chance: float
    grows: bool
    open: int
    topic: str | None
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clusters:
    """All clusters as of a moment: of ``matters`` matters in ``weeks`` weeks, what grows first.

    ``seen`` are the ids of the newest matter and of the latest merging that there were.
    """

    at: dt.datetime
    seen: tuple[int, int]
    weeks: int
    matters: int
    items: tuple[Cluster, ...]


def compute_clusters(session: Session, weeks: int, at: dt.datetime) -> Clusters:
    """Group the matters of the last ``weeks`` weeks that were not merged into another.

    Args:
        session: a reading session.
        weeks: how many.
        at: now; the last week are the seven days up to here.
    """
    seen = _find_newest(session)  # before the rows: what comes in meanwhile is noticed the next time
    rows = _load_rows(session, weeks, day_of(at))
    encoder = next((row.print.encoder for row in rows if row.print.encoder), None)
    comparison = Comparison(
        [build_comparable(row.print, encoder) for row in rows], rarities.load_current(session)
    )
    found = (
        _build_cluster(rows, group, weeks, day_of(at))
        for group in group_matters(comparison, DAYS)
        if len(group.members) >= FEWEST_MEMBERS
    )
    items = sorted(found, key=lambda one: (not one.grows, -len(one.members), one.medoid))
    return Clusters(at, seen, weeks, len(rows), tuple(items))


def _find_newest(session: Session) -> tuple[int, int]:
    newest = [
        session.scalar(select(func.max(one))) or 0 for one in (FingerprintRow.submission_id, MergeRow.id)
    ]
    return newest[0], newest[1]


def _load_rows(session: Session, weeks: int, today: int) -> list[_Found]:
    table, matter = FingerprintRow, SubmissionRow
    query = (
        select(
            table,
            matter.title,
            func.substr(matter.text, 1, _TITLE).label("text"),
            matter.topic,
            matter.jurisdiction,
            matter.closed_at,
        )
        .join(matter, matter.id == table.submission_id)
        .where(table.day > today - _WEEK * weeks, table.day <= today, matter.merged_into.is_(None))
        .order_by(table.submission_id.desc())
        .limit(MOST_MATTERS)
    )
    return [_Found(*row) for row in session.execute(query)]


def _build_cluster(rows: Sequence[_Found], group: Group, weeks: int, today: int) -> Cluster:
    chosen = [rows[i] for i in group.members]
    ages = np.array([(today - row.print.day) // _WEEK for row in chosen], dtype=np.int64)
    counts = np.bincount(weeks - 1 - ages, minlength=weeks)
    growth, chance = compute_growth(counts)
    medoid = rows[group.medoid]
    return Cluster(
        members=tuple(row.print.submission_id for row in chosen),
        medoid=medoid.print.submission_id,
        title=medoid.title or medoid.text,
        weeks=tuple(counts.tolist()),
        growth=growth,
        chance=chance,
        grows=chance < SURE and int(counts[-1]) >= FEWEST_MEMBERS,
        open=sum(row.closed_at is None for row in chosen),
        topic=next(iter(_rank_by_count(row.topic for row in chosen)), None),
        places=_rank_by_count(row.jurisdiction for row in chosen)[:3],
    )


def compute_growth(counts: NDArray[np.int64]) -> tuple[float | None, float]:
    """Return the last count over the mean of those before, and how likely it is by chance alone.

    Were the matters to come in as evenly as ever, each would fall into the last week with
    probability 1 / weeks: the conditional test of two Poisson rates (Przyborowski & Wilenski, 1940).
    """
    last, before = int(counts[-1]), counts[:-1]
    usual = float(before.mean()) if len(before) else 0.0
    chance = float(binom.sf(last - 1, int(counts.sum()), 1 / len(counts)))
    return (last / usual if usual else None), chance


def _rank_by_count(names: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(name for name, _ in Counter(name for name in names if name).most_common())


class ClustersCache:
    """Keeps the clusters of a database by number of weeks; safe between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._held: dict[int, Clusters] = {}
        self._working: dict[int, threading.Thread] = {}

    def current(self, weeks: int = WEEKS) -> tuple[Clusters | None, bool]:
        """Return the clusters as they were last computed (None: never), and whether that goes on again.

        Raises:
            StoreUnreachableError: the database does not answer.
        """
        held = self._held.get(weeks)
        with self._database.reading() as session:
            newest = _find_newest(session)
        if held is not None and self._holds(held, newest):
            return held, False
        with self._lock:
            if weeks not in self._working:
                thread = threading.Thread(target=self._compute, args=(weeks,), daemon=True)
                self._working[weeks] = thread
                thread.start()
        return held, True

    def wait(self, weeks: int = WEEKS) -> None:
        """Wait until what is being computed is there."""
        thread = self._working.get(weeks)
        if thread is not None:
            thread.join()

    @staticmethod
    def _holds(held: Clusters, newest: tuple[int, int]) -> bool:
        age = now() - held.at
        return age < _PAUSE or (held.seen == newest and age < _LONGEST)

    def _compute(self, weeks: int) -> None:
        try:
            with self._database.reading() as session:
                self._held[weeks] = compute_clusters(session, weeks, now())
        except StoreError:
            logger.warning("hot issues were not computed: the database does not answer")
        finally:
            with self._lock:
                self._working.pop(weeks, None)
