"""Chinese working days and working hours: the State Council's holidays, and a city's own days."""

from __future__ import annotations

import datetime as dt
import functools
from dataclasses import dataclass

import chinese_calendar
from chinese_calendar import constants

from ...store.base import CHINA

_DAY = dt.timedelta(days=1)
_LONGEST_BREAK = 60  # days in a row without work; more is a mistake in the city's list


@functools.cache
def known_years() -> range:
    """Return the years whose public holidays the library knows; others have Monday to Friday."""
    return range(min(constants.holidays).year, max(constants.holidays).year + 1)


@functools.lru_cache(maxsize=4096)  # the library walks through all its years at each question
def _is_public_workday(day: dt.date) -> bool:
    return bool(chinese_calendar.is_workday(day)) if day.year in known_years() else day.weekday() < 5


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """When an office works, in China's time.

    Attributes:
        off: days the city has off in addition, such as 三月三 in Guangxi.
        work: days on which the city works although others rest; they win over ``off``.
        hours: the working hours of a day as (from, to), in order and without overlap.
    """

    off: frozenset[dt.date] = frozenset()
    work: frozenset[dt.date] = frozenset()
    hours: tuple[tuple[dt.time, dt.time], ...] = (
        (dt.time(9), dt.time(12)),
        (dt.time(13), dt.time(18)),
    )

    def is_workday(self, day: dt.date) -> bool:
        """Whether the office works on ``day``, by the city's list, the State Council's, or the weekday."""
        if day in self.work:
            return True
        if day in self.off:
            return False
        return _is_public_workday(day)

    def is_certain(self, day: dt.date) -> bool:
        """Whether ``day`` is judged by announced holidays or by the city's list, not by its weekday alone."""
        return day.year in known_years() or day in self.off or day in self.work

    def workday_from(self, day: dt.date) -> dt.date:
        """Return ``day``, or the next working day after it.

        Raises:
            ValueError: there is none for two months.
        """
        for ahead in range(_LONGEST_BREAK):
            if self.is_workday(day + ahead * _DAY):
                return day + ahead * _DAY
        raise ValueError(f"no working day within {_LONGEST_BREAK} days of {day}")

    def add_workdays(self, day: dt.date, count: int) -> dt.date:
        """Return the ``count``-th working day after ``day``, which itself does not count.

        A negative count goes back.
        """
        step = _DAY if count >= 0 else -_DAY
        left, idle = abs(count), 0
        while left:
            day += step
            works = self.is_workday(day)
            left -= works
            idle = 0 if works else idle + 1
            if idle > _LONGEST_BREAK:
                raise ValueError(f"no working day within {_LONGEST_BREAK} days of {day}")
        return day

    def closing(self, day: dt.date) -> dt.datetime:
        """Return the moment at which the office closes on ``day``."""
        return dt.datetime.combine(day, self.hours[-1][1], CHINA)

    def add_workhours(self, moment: dt.datetime, count: float) -> dt.datetime:
        """Return when ``count`` working hours after ``moment`` have passed."""
        left = dt.timedelta(hours=count)
        day = self.workday_from(moment.astimezone(CHINA).date())
        while True:
            for opens, closes in self.hours:
                begin = max(dt.datetime.combine(day, opens, CHINA), moment)
                end = dt.datetime.combine(day, closes, CHINA)
                if end - begin >= left:
                    return (begin + left).astimezone(CHINA)
                left -= max(end - begin, dt.timedelta())
            day = self.workday_from(day + _DAY)
