"""Numbers of matters (办件编号): the day in China and a count, ``20261126-000123``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.dialects import postgresql, sqlite

from .base import CHINA
from .tables.matters import NumberRow

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy.orm import Session


def take_next_number(session: Session, at: dt.datetime) -> str:
    """Return the next number of the day; other writers of that day wait until this one has committed.

    Two never get the same: the count rises in one statement, under the row's lock.
    """
    day = at.astimezone(CHINA).strftime("%Y%m%d")
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = (
        insert(NumberRow)
        .values(day=day, last=1)
        .on_conflict_do_update(index_elements=["day"], set_={"last": NumberRow.last + 1})
        .returning(NumberRow.last)
    )
    return f"{day}-{session.execute(statement).scalar_one():06d}"
