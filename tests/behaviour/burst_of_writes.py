"""Writes to a store as fast as it can, from several threads, until it is killed; says what was committed.

Run as ``python burst_of_writes.py URL``. Each line on its output is one acknowledged act:
``register ID``, ``decide ID DECISION``, ``return ID``, ``undo ID DECISION``.
"""

from __future__ import annotations

import datetime as dt
import itertools
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from fenban.model.case import Evidence, RankedUnit, Suggestion
from fenban.model.directory import Directory
from fenban.serving.desk.deadlines.files import shipped_deadlines
from fenban.serving.desk.matters import deciding, intake, returning
from fenban.serving.desk.matters.desk import Desk
from fenban.serving.store.database import Database, parse_database_url

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

THREADS = 4
UNITS = ("南宁市青秀区城市管理局", "南宁市青秀区教育局", "南宁市兴宁区交通运输局")
DIRECTORY = Directory((), ())


def suggestion(unit: str) -> Suggestion:
    """Return what a model may have said, as far as the desk looks at it."""
    return Suggestion(
        topics=(),
        functions=(),
        lead_units=(RankedUnit(unit, None, None, 0.7),),
        co_units=(),
        zone="confirm",
        form=None,
        lane=None,
        flags=(),
        missing=(),
        evidence=Evidence(),
        model={"version": "of the test"},
    )


def say(*words: object) -> None:
    """Acknowledge: in one system call, so that a line is whole or is not there."""
    os.write(1, f"{' '.join(map(str, words))}\n".encode())


def desk(session: Session, name: str) -> Desk:
    return Desk(session, name, shipped_deadlines(), DIRECTORY)


def write(database: Database, name: str) -> None:
    for count in itertools.count():
        unit = UNITS[count % len(UNITS)]
        arrival = intake.Arrival(
            text=f"{name} 报来第 {count} 件：路口的井盖松了，电话 13800000000，请尽快来人看看",
            received_at=dt.datetime.now(dt.UTC),
            contact="13800000000",
        )
        with database.writing() as session:
            row, _ = intake.take_in(desk(session, name), arrival, suggestion(unit))
        say("register", row.id)
        with database.writing() as session:
            using = desk(session, name)
            decision = deciding.decide(using, using.matter(row.id, 1), deciding.Choice(lead_unit=unit))
        say("decide", row.id, decision.id)
        with database.writing() as session:
            using = desk(session, name)
            if count % 2:
                returning.send_back(using, using.matter(row.id), "职能不符", "不归本单位管")
            else:
                deciding.undo(using, using.matter(row.id), decision.id)
        say(*(("return", row.id) if count % 2 else ("undo", row.id, decision.id)))


def main() -> None:
    database = Database(parse_database_url(sys.argv[1], Path("nowhere")))
    threads = [
        threading.Thread(target=write, args=(database, f"clerk-{number}"), daemon=True)
        for number in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
