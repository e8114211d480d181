"""Finding matters that may be one with another (重复, 并案): remembered at intake, looked up by rare words.

Whoever takes a matter in calls ``remember`` in the same transaction; ``find_candidates`` then reads some
dozens of fingerprints by an index, however many matters there are, and compares them in memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from sqlalchemy import case, delete, func, insert, select

from fenban.model import (
    SAME_MATTER,
    SAME_TEXT,
    Comparable,
    Comparison,
    Fingerprint,
    list_asked_keys,
    list_stored_keys,
    normalise,
    shipped_gazetteer,
    take_fingerprint,
)

from ...store.base import CHINA
from ...store.tables.likeness import FingerprintRow, LookupKeyRow
from ...store.tables.matters import SubmissionRow
from . import rarities
from .differences import Differences, Side, find_differences
from .meaning import Vector, unpack_vector

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from fenban.model import Rarity

Kind = Literal["same_text", "same_matter"]
DAYS = 60
_COMPARED = 60  # found by their keys, then compared in full


@dataclass(frozen=True, slots=True)
class Candidate:
    """A matter that may be one with the one at hand.

    ``score`` is the share of the text in both for ``same_text``, a probability for ``same_matter``.
    """

    row: SubmissionRow
    kind: Kind
    score: float
    differences: Differences


def remember(session: Session, row: SubmissionRow, vector: Vector | None = None) -> None:
    """Make a matter findable by its likes, anew where its text has changed.

    Args:
        session: the writing session in which the matter is written; ``row`` has its id.
        row: the matter, masked.
        vector: of its masked text, see ``meaning.Meaning``; without one, the one from before stays.
    """
    vector = vector or load_vector(session, row.id)
    for table in (LookupKeyRow, FingerprintRow):
        session.execute(delete(table).where(table.submission_id == row.id))
    kept, keys = build_rows(row, rarities.load_current(session), vector)
    session.execute(insert(FingerprintRow).values(kept))
    if keys:
        session.execute(insert(LookupKeyRow), keys)


def build_rows(
    row: SubmissionRow, rarity: Rarity, vector: Vector | None = None
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the values of a matter's ``fingerprints`` row and of its ``lookup_keys`` rows."""
    one = take_fingerprint(row.text, row.title)
    day = day_of(row.received_at)
    kept = {
        "submission_id": row.id,
        "day": day,
        "hashes": one.to_bytes(),
        "places": list(places_of(row.text, row.title, row.jurisdiction)),
        "encoder": vector.encoder if vector else None,
        "vector": vector.values if vector else None,
    }
    keys = [{"key": int(key), "day": day, "submission_id": row.id} for key in list_stored_keys(one, rarity)]
    return kept, keys


def find_candidates(
    session: Session,
    here: Side,
    vector: Vector | None = None,
    *,
    exclude: int | None = None,
    days: int = DAYS,
    limit: int = 5,
) -> list[Candidate]:
    """Return the matters most likely one with the one at hand, likeliest first.

    One that was merged stands for the main matter it is dealt with in.

    Args:
        session: a reading session.
        here: the matter at hand, masked.
        vector: of its text, if the model has an encoder.
        exclude: its own id, if it is in the store; matters merged into it are left out too.
        days: how many days before and after it the others came in.
        limit: how many at most.
    """
    rarity = rarities.load_current(session)
    asked = Comparable(
        take_fingerprint(here.text, here.title),
        day_of(here.received_at),
        places_of(here.text, here.title, here.jurisdiction),
        unpack_vector(vector.values) if vector else None,
    )
    found = _find_sharing_keys(session, asked, rarity, exclude, days)
    if not found:
        return []
    others = [build_comparable(row, vector.encoder if vector else None) for row in found]
    ahead = np.zeros(len(others), dtype=np.int64)
    alike = Comparison([asked, *others], rarity).likeness(ahead, np.arange(1, len(others) + 1))
    ranked = sorted(
        (
            (overlap >= SAME_TEXT, float(overlap if overlap >= SAME_TEXT else matter), row.submission_id)
            for row, overlap, matter in zip(found, alike.overlap, alike.matter, strict=True)
            if overlap >= SAME_TEXT or matter >= SAME_MATTER
        ),
        reverse=True,
    )
    return _describe_matches(session, here, ranked, exclude, limit)


def load_vector(session: Session, submission_id: int) -> Vector | None:
    """Return the vector that a matter was remembered with."""
    row = session.get(FingerprintRow, submission_id)
    return Vector(row.encoder, row.vector) if row and row.encoder and row.vector else None


def _find_sharing_keys(
    session: Session, asked: Comparable, rarity: Rarity, exclude: int | None, days: int
) -> Sequence[FingerprintRow]:
    keys, weights = list_asked_keys(asked.print, rarity)
    if not len(keys):
        return []
    weighed = {int(key): float(weight) for key, weight in zip(keys, weights, strict=True)}
    table = LookupKeyRow
    best = (
        select(table.submission_id)
        .where(table.key.in_(list(weighed)), table.day.between(asked.day - days, asked.day + days))
        .where(table.submission_id != (exclude or 0))
        .group_by(table.submission_id)
        .order_by(func.sum(case(weighed, value=table.key)).desc(), table.submission_id.desc())
        .limit(_COMPARED)
    )
    ids = session.scalars(best).all()
    return session.scalars(select(FingerprintRow).where(FingerprintRow.submission_id.in_(ids))).all()


def _describe_matches(
    session: Session,
    here: Side,
    ranked: Sequence[tuple[bool, float, int]],
    exclude: int | None,
    limit: int,
) -> list[Candidate]:
    ids = [submission_id for _, _, submission_id in ranked]
    rows = _load_rows(session, ids)
    mains = _load_rows(session, [row.merged_into for row in rows.values() if row.merged_into])
    shown: dict[int, Candidate] = {}
    for same, score, submission_id in ranked:
        row = rows[submission_id]
        row = mains[row.merged_into] if row.merged_into else row
        if row.id == exclude or row.id in shown:
            continue
        there = Side(row.text, row.title, row.jurisdiction, row.received_at)
        kind: Kind = "same_text" if same else "same_matter"
        shown[row.id] = Candidate(row, kind, score, find_differences(here, there))
        if len(shown) == limit:
            break
    return list(shown.values())


def _load_rows(session: Session, ids: Sequence[int]) -> dict[int, SubmissionRow]:
    query = select(SubmissionRow).where(SubmissionRow.id.in_(ids))
    return {row.id: row for row in session.scalars(query)} if ids else {}


def build_comparable(row: FingerprintRow, encoder: str | None) -> Comparable:
    """Return a stored matter as it is compared, with its vector if ``encoder`` made it."""
    vector = unpack_vector(row.vector) if row.vector and encoder and row.encoder == encoder else None
    return Comparable(Fingerprint.from_bytes(row.hashes), row.day, tuple(row.places), vector)


def places_of(text: str, title: str, jurisdiction: str | None) -> tuple[str, ...]:
    """Return the paths of the districts or closer that a masked text and its jurisdiction name."""
    named = shipped_gazetteer().read(normalise(f"{title}\n{text}").text).paths
    return tuple(sorted(path for path in {*named, jurisdiction or ""} if "/" in path))


def day_of(moment: dt.datetime) -> int:
    """Return the ordinal of the day in China."""
    return moment.astimezone(CHINA).date().toordinal()
