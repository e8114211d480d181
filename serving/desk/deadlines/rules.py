"""Deadlines (办理时限): which rule a matter falls under, until when it must be dealt with, how near that is.

Periods are counted as in the Civil Code, articles 201 to 203: the first day does not count, months
end on the same day or on the last one of a shorter month, a last day off moves to the next working
day, and an office with hours closes the period with the day's work.
"""

from __future__ import annotations

import calendar as months
import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from ...store.base import CHINA
from ...store.errors import RefusedError
from .workdays import WorkCalendar

if TYPE_CHECKING:
    from collections.abc import Mapping

PeriodUnit = Literal["hours", "workhours", "days", "workdays", "months"]
Standing = Literal["none", "fine", "near", "overdue"]
UNIT_NAMES: dict[str, str] = {
    "hours": "小时",
    "workhours": "个工作小时",
    "days": "天",
    "workdays": "个工作日",
    "months": "个月",
}


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time, such as 5 workdays."""

    amount: int
    unit: PeriodUnit

    def __str__(self) -> str:
        return f"{self.amount} {UNIT_NAMES[self.unit]}"

    def after(self, moment: dt.datetime, calendar: WorkCalendar) -> dt.datetime:
        """Return the moment at which the period ends that begins at ``moment``."""
        if self.unit == "hours":
            return moment + dt.timedelta(hours=self.amount)
        if self.unit == "workhours":
            return calendar.add_workhours(moment, self.amount)
        first = moment.astimezone(CHINA).date()
        if self.unit == "workdays":
            return calendar.closing(calendar.add_workdays(first, self.amount))
        last = (
            first + dt.timedelta(days=self.amount) if self.unit == "days" else _months_on(first, self.amount)
        )
        return calendar.closing(calendar.workday_from(last))

    def before(self, moment: dt.datetime, calendar: WorkCalendar) -> dt.datetime:
        """Return a moment about the period before ``moment``; working time is counted by whole days."""
        if self.unit in ("workdays", "workhours"):
            count = self.amount if self.unit == "workdays" else -(-self.amount // 8)
            local = moment.astimezone(CHINA)
            return dt.datetime.combine(calendar.add_workdays(local.date(), -count), local.timetz())
        hours = {"hours": 1, "days": 24, "months": 24 * 30}[self.unit]
        return moment - dt.timedelta(hours=self.amount * hours)


def _months_on(day: dt.date, count: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    last = months.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, min(day.day, last))


@dataclass(frozen=True, slots=True)
class Extension:
    """How far (``most``, from the deadline as it stands) and how often a deadline may be put off (延期)."""

    most: Period
    times: int = 1


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``conditions`` (field -> values) must all fit.

    ``answer`` is counted from receipt or from the decision (交办), as ``counted_from`` says;
    ``decide`` always from receipt, ``sign`` from the decision. ``near`` before a deadline the queue
    warns. Without ``extension`` none is allowed.
    """

    name: str
    answer: Period
    conditions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    counted_from: Literal["receipt", "decision"] = "receipt"
    decide: Period | None = None
    sign: Period | None = None
    near: Period = Period(1, "workdays")
    extension: Extension | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a rule looks at. ``reopened`` is a matter that is done again (不满意重办)."""

    kind: str
    form: str | None = None
    lane: str | None = None
    urgency: str | None = None
    channel: str | None = None
    reopened: bool = False

    def value(self, name: str) -> str:
        """Return the fact of this name as the rules write it."""
        found = getattr(self, name)
        return str(found).lower() if isinstance(found, bool) else found or ""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The rules of a city in order, the first that fits counts, and the calendar they count by."""

    rules: tuple[Rule, ...]
    calendar: WorkCalendar = field(default_factory=WorkCalendar)

    def rule_for(self, facts: Facts) -> Rule | None:
        """Return the first rule that fits; None leaves the matter without a deadline."""
        return next(
            (
                rule
                for rule in self.rules
                if all(facts.value(name) in values for name, values in rule.conditions.items())
            ),
            None,
        )

    def deadline_for(
        self, facts: Facts, since: dt.datetime, decided_at: dt.datetime | None = None
    ) -> dt.datetime | None:
        """Return until when a matter received (or reopened) at ``since`` must be answered.

        Where the rule counts from the decision and there is none yet, it is until when to decide.
        """
        rule = self.rule_for(facts)
        if rule is None:
            return None
        if rule.counted_from == "receipt" or facts.reopened:
            return rule.answer.after(since, self.calendar)
        if decided_at is not None:
            return rule.answer.after(decided_at, self.calendar)
        return rule.decide.after(since, self.calendar) if rule.decide else None

    def standing(
        self,
        facts: Facts,
        deadline_at: dt.datetime | None,
        now: dt.datetime,
        closed_at: dt.datetime | None = None,
    ) -> Standing:
        """Return how a matter stands: the colour of its row. A closed one is judged by when it closed."""
        if deadline_at is None:
            return "none"
        if (closed_at or now) > deadline_at:
            return "overdue"
        if closed_at:
            return "fine"
        rule = self.rule_for(facts)
        near = rule.near if rule else Period(1, "workdays")
        return "near" if now >= near.before(deadline_at, self.calendar) else "fine"

    def check_extension(
        self, facts: Facts, deadline_at: dt.datetime | None, until: dt.datetime, already: int
    ) -> None:
        """Refuse an extension that the rule does not allow.

        Args:
            facts: of the matter.
            deadline_at: as it stands.
            until: as it is asked for.
            already: how often the matter was extended before.

        Raises:
            RefusedError: with the reason in Chinese.
        """
        rule = self.rule_for(facts)
        if deadline_at is None or rule is None:
            raise RefusedError("这件没有办理时限，不需要延期")
        if rule.extension is None:
            raise RefusedError(f"“{rule.name}”的办件不能延期")
        if already >= rule.extension.times:
            raise RefusedError(f"“{rule.name}”的办件最多延期 {rule.extension.times} 次，已延期 {already} 次")
        if until <= deadline_at:
            raise RefusedError("延期后的时限要晚于现在的时限")
        latest = rule.extension.most.after(deadline_at, self.calendar)
        if until > latest:
            shown = latest.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")
            raise RefusedError(f"“{rule.name}”的办件一次最多延期 {rule.extension.most}，不能晚于 {shown}")

    def is_certain(self, moment: dt.datetime | None) -> bool:
        """Whether the holidays up to ``moment`` are known; else the deadline may still move."""
        return moment is None or self.calendar.is_certain(moment.astimezone(CHINA).date())
