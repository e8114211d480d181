"""A desk over an empty store: writing one operation at a time, as one clerk or another."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
from typing import TYPE_CHECKING

import pytest

from fenban.model.case import (
    Evidence,
    Lane,
    NamedProbability,
    RankedFunction,
    RankedTopic,
    RankedUnit,
    Suggestion,
    Zone,
)
from fenban.model.directory import Directory, Function, Unit
from fenban.serving.desk.deadlines.files import shipped_deadlines
from fenban.serving.desk.matters import deciding, intake
from fenban.serving.desk.matters.desk import Desk
from fenban.serving.store.base import now

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from fenban.serving.store.database import Database
    from fenban.serving.store.tables.matters import SubmissionRow

LIGHTS, WATER, ROADS = "某市城市管理局", "某市水务局", "某市交通运输局"
DIRECTORY = Directory(
    [Function("城市管理局"), Function("水务局"), Function("交通运输局")],
    [
        Unit(LIGHTS, "城市管理局", "某市", aliases=("城管",)),
        Unit(WATER, "水务局", "某市"),
        Unit(ROADS, "交通运输局", "某市"),
    ],
)


def suggestion(*units: str, zone: Zone = "confirm", **changes) -> Suggestion:
    """What a model says, cut to what the desk reads."""
    leaders = (RankedUnit(unit, None, None, 0.6 / rank) for rank, unit in enumerate(units, start=1))
    said = Suggestion(
        topics=(RankedTopic("城市管理/路灯照明", 0.7),),
        functions=(RankedFunction("城市管理局", 0.7),),
        lead_units=tuple(leaders),
        co_units=(),
        zone=zone,
        form=NamedProbability("投诉", 0.8),
        lane=Lane("常规交办", ""),
        flags=(),
        missing=(),
        evidence=Evidence(),
        model={"version": "m1"},
    )
    return dataclasses.replace(said, **changes)


class Office:
    """Opens desks, and takes matters as far as a test needs them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._numbers = itertools.count(1)

    @contextlib.contextmanager
    def desk(self, by: str = "wang", at: dt.datetime | None = None) -> Iterator[Desk]:
        with self.database.writing() as session:
            yield Desk(session, by, shipped_deadlines(), DIRECTORY, at or now())

    def take_in(self, text: str | None = None, said: Suggestion | None = None, **arrival) -> int:
        """Register a matter; return its id."""
        text = text or f"第{next(self._numbers)}盏路灯不亮"
        with self.desk() as desk:
            facts = {"text": text, "received_at": now(), **arrival}
            row, _ = intake.take_in(desk, intake.Arrival(**facts), said or suggestion(LIGHTS, WATER))
            return row.id

    def decide(self, submission_id: int, by: str = "wang", **choice) -> int:
        """Decide; return the decision's id."""
        with self.desk(by) as desk:
            chosen = deciding.Choice(**{"lead_unit": LIGHTS, **choice})
            return deciding.decide(desk, desk.matter(submission_id), chosen).id

    def decided(self, **arrival) -> int:
        """Register and decide a matter; return its id."""
        submission_id = self.take_in(**arrival)
        self.decide(submission_id)
        return submission_id

    def do(self, operation, submission_id: int, *arguments, by: str = "wang", **options):
        """Do one operation with a matter, and return what it returns."""
        with self.desk(by) as desk:
            return operation(desk, desk.matter(submission_id), *arguments, **options)

    def row(self, submission_id: int) -> SubmissionRow:
        with self.desk() as desk:
            return desk.matter(submission_id)


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)
