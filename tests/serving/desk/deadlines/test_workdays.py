"""Chinese working days: holidays, days worked instead, a city's own, years not yet announced."""

from __future__ import annotations

import datetime as dt

import pytest

from fenban.serving.desk.deadlines.workdays import WorkCalendar, known_years
from fenban.serving.store.base import CHINA

SANYUESAN = dt.date(2026, 4, 20)


def moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=CHINA)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2025-10-01", False),  # 国庆
        ("2025-09-28", True),  # a Sunday worked for it
        ("2025-10-09", True),
        ("2025-11-22", False),  # a Saturday
        ("2025-11-24", True),
        ("2019-05-01", False),
    ],
)
def test_public_holidays(day: str, works: bool) -> None:
    assert WorkCalendar().is_workday(dt.date.fromisoformat(day)) is works


def test_a_year_not_announced_has_monday_to_friday_and_is_not_certain() -> None:
    beyond = dt.date(known_years().stop + 3, 10, 1)
    calendar = WorkCalendar()
    assert calendar.is_workday(beyond) is (beyond.weekday() < 5)
    assert not calendar.is_certain(beyond)
    assert calendar.is_certain(dt.date(2025, 10, 1))
    assert WorkCalendar(off=frozenset({beyond})).is_certain(beyond)


def test_a_city_has_days_of_its_own() -> None:
    assert WorkCalendar().is_workday(SANYUESAN)
    calendar = WorkCalendar(off=frozenset({SANYUESAN}), work=frozenset({dt.date(2026, 4, 25)}))
    assert not calendar.is_workday(SANYUESAN)
    assert calendar.is_workday(dt.date(2026, 4, 25))
    assert calendar.add_workdays(dt.date(2026, 4, 17), 1) == dt.date(2026, 4, 21)


def test_the_first_day_does_not_count() -> None:
    calendar = WorkCalendar()
    assert calendar.add_workdays(dt.date(2025, 11, 20), 1) == dt.date(2025, 11, 21)
    assert calendar.add_workdays(dt.date(2025, 11, 21), 1) == dt.date(2025, 11, 24)
    assert calendar.add_workdays(dt.date(2025, 9, 30), 1) == dt.date(2025, 10, 9)
    assert calendar.add_workdays(dt.date(2025, 10, 9), -1) == dt.date(2025, 9, 30)
    assert calendar.add_workdays(dt.date(2025, 11, 22), 0) == dt.date(2025, 11, 22)


@pytest.mark.parametrize(
    ("since", "hours", "until"),
    [
        ("2025-11-20T10:00", 2, "2025-11-20T12:00"),
        ("2025-11-20T11:00", 2, "2025-11-20T14:00"),  # across noon
        ("2025-11-20T17:00", 2, "2025-11-21T10:00"),  # across the night
        ("2025-11-21T17:30", 1, "2025-11-24T09:30"),  # across the weekend
        ("2025-11-22T08:00", 1, "2025-11-24T10:00"),  # begins on a day off
        ("2025-11-20T06:00", 8, "2025-11-20T18:00"),
        ("2025-11-20T20:00", 1, "2025-11-21T10:00"),
    ],
)
def test_working_hours(since: str, hours: int, until: str) -> None:
    assert WorkCalendar().add_workhours(moment(since), hours) == moment(until)


def test_hours_of_another_zone_are_chinas() -> None:
    utc = dt.datetime(2025, 11, 20, 2, 0, tzinfo=dt.UTC)  # ten in the morning
    assert WorkCalendar().add_workhours(utc, 1) == moment("2025-11-20T11:00")


def test_a_calendar_without_working_days_is_refused_rather_than_searched_for_ever() -> None:
    idle = WorkCalendar(off=frozenset(dt.date(2025, 1, 1) + dt.timedelta(days=n) for n in range(100)))
    with pytest.raises(ValueError, match="no working day"):
        idle.workday_from(dt.date(2025, 1, 1))
    with pytest.raises(ValueError, match="no working day"):
        idle.add_workdays(dt.date(2025, 1, 1), 1)
