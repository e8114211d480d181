"""Invented histories of matters: starter cases moved to other places and times, and what became of them.

Everything follows from the seed, so that two stores of the same size hold the same matters. The
shares of what happens (returns, transfers, mergers, satisfaction) are of the order that cities
publish, and nothing is measured on them but time.
"""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fenban.model.directory import shipped_directory
from fenban.serving.store.states import CLOSED, RETURN_REASONS
from fenban.training.starter import starter_cases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fenban.model.case import Case

SPAN = dt.timedelta(days=3 * 365)
CLERKS = tuple(f"clerk{number:02d}" for number in range(1, 51))
_PROPOSAL_SHARE = 0.04
_CHANNELS = ("12345 热线", "网上信箱", "来信来访", "移动端")
_LATE = 0.07
_REFUSED = 0.02
_SATISFIED = 0.88
_TELLING = ("群众反映", "市民来电", "网友留言", "村民反映", "业主反映", "来信反映")


@dataclass(slots=True)
class History:
    """One matter: its row, and the lines of each table, without ids."""

    matter: dict[str, Any]
    suggestion: dict[str, Any]
    text: tuple[str, str]
    lines: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def add(self, table: str, **line: Any) -> None:
        """Add a line to a table; its id comes when the rows are written."""
        self.lines.setdefault(table, []).append(line)


@dataclass(frozen=True, slots=True)
class _Place:
    path: str
    name: str


class Inventor:
    """Makes histories, the earliest first.

    Args:
        seed: of everything.
        until: when the last one came in.
    """

    def __init__(self, seed: int, until: dt.datetime) -> None:
        self._random = random.Random(seed)  # noqa: S311 - not a secret
        self._until = until
        self._cases = [case for case in starter_cases() if case.function and case.topic]
        directory = shipped_directory()
        paths = {unit.jurisdiction for unit in directory.units if unit.jurisdiction}
        self._places = [_Place(path, path.rpartition("/")[2]) for path in sorted(paths) if "/" in path]
        self._directory = directory
        self._functions = sorted({case.function for case in self._cases if case.function})

    def histories(self, count: int) -> Iterator[History]:
        """Return ``count`` histories, evenly over three years."""
        step = SPAN / count
        for number in range(count):
            jitter = self._random.random()
            yield self._history(self._until - SPAN + step * (number + jitter))

    def _history(self, received_at: dt.datetime) -> History:
        chance = self._random
        case, place = chance.choice(self._cases), chance.choice(self._places)
        told = f"{place.name}{chance.choice(_TELLING)}"
        proposal = chance.random() < _PROPOSAL_SHARE
        unit = self._unit(case.function or "", place)
        suggested = unit if chance.random() < 0.8 else self._unit(chance.choice(self._functions), place)
        history = History(
            matter=self._matter(case, place, received_at, told, proposal=proposal),
            suggestion=self._suggestion(case, received_at, suggested, unit),
            text=(told, case.submission.text),
        )
        history.matter |= {
            "zone": history.suggestion["zone"],
            "suggested_unit": suggested,
        }
        _Course(history, unit, self._unit(chance.choice(self._functions), place), chance, self._until).run()
        return history

    def _unit(self, function: str, place: _Place) -> str:
        found = self._directory.unit_for(function, place.path)
        return found.name if found else f"{place.name}{function}"

    def _matter(
        self, case: Case, place: _Place, at: dt.datetime, told: str, *, proposal: bool
    ) -> dict[str, Any]:
        chance = self._random
        return {
            "kind": "proposal" if proposal else "complaint",
            "state": "草稿" if proposal else "待受理",
            "form": "提案" if proposal else case.submission.form,
            "lane": case.lane or "常规交办",
            "channel": chance.choice(_CHANNELS),
            "title": "",
            "text": f"{told}。{case.submission.text}",
            "jurisdiction": place.path,
            "received_at": at,
            "deadline_at": at + dt.timedelta(days=90 if proposal else 15),
            "closed_at": None,
            "topic": case.topic,
            "function": case.function,
            "lead_unit": None,
            "other_lead_unit": None,
            "co_units": [],
            "merged_into": None,
            "satisfied": None,
            "created_by": chance.choice(CLERKS),
            "created_at": at,
            "updated_at": at,
        }

    def _suggestion(self, case: Case, at: dt.datetime, suggested: str, unit: str) -> dict[str, Any]:
        chance = self._random
        probability = round(0.4 + 0.6 * chance.random(), 4)
        zone = "auto" if probability > 0.85 else "confirm" if probability > 0.55 else "manual"
        units = [
            {
                "unit": name,
                "function": case.function,
                "jurisdiction": None,
                "probability": share,
                "trial": False,
            }
            for name, share in zip(
                dict.fromkeys((suggested, unit)), (probability, round(1 - probability, 4)), strict=False
            )
        ]
        body = {
            "topics": [{"path": case.topic, "probability": probability}],
            "functions": [{"function": case.function, "probability": probability}],
            "lead_units": units,
            "co_units": [],
            "zone": zone,
            "form": {"name": case.submission.form or "投诉", "probability": 0.9},
            "lane": {"name": case.lane or "常规交办", "reason": "没有需要走其他通道的迹象"},
            "flags": [],
            "missing": [],
            "evidence": {"words": [], "duties": None, "similar": [], "changes": []},
            "model": {"version": "invented"},
            "hints": [],
            "matters": [],
        }
        return {
            "at": at,
            "model_version": "invented",
            "zone": zone,
            "lead_unit": suggested,
            "probability": probability,
            "body": body,
        }


class _Course:
    """What becomes of one matter until now, step by step."""

    def __init__(
        self, history: History, unit: str, other: str, chance: random.Random, until: dt.datetime
    ) -> None:
        self._history, self._matter = history, history.matter
        self._unit, self._other = unit, other
        self._chance, self._until = chance, until
        self._at: dt.datetime = self._matter["received_at"]
        self._by: str = self._matter["created_by"]
        self._over = False

    def run(self) -> None:
        """Take the steps, as far as there was time for them."""
        proposal = self._matter["kind"] == "proposal"
        self._step("intake", None, self._matter["state"], hours=0)
        self._step("accept", self._matter["state"], "审查" if proposal else "待派遣", hours=0)
        if proposal:
            self._step("register", "审查", "立案", hours=72)
        elif self._chance.random() < _REFUSED:
            self._step("refuse", "待派遣", "不予受理", hours=4, why="不属受理范围")
            return
        self._decide(self._unit if self._chance.random() < 0.92 else self._other, hours=2)
        if self._matter["lead_unit"] == self._other and self._matter["lead_unit"] != self._unit:
            self._return()
        if self._chance.random() < 0.03:
            self._transfer()
        self._step("sign", self._matter["state"], "办理中", hours=12)
        self._resolve()
        if self._chance.random() < 0.6:
            self._evaluate()

    def _step(
        self, action: str, before: str | None, after: str, *, hours: float, why: str = "", **detail: Any
    ) -> bool:
        """Take a step after some hours; once one falls beyond now, nothing more happens."""
        self._at += dt.timedelta(hours=hours * (0.3 + 1.4 * self._chance.random()))
        if self._over or self._at > self._until:
            self._over = True
            return False
        self._by = self._chance.choice(CLERKS)
        self._history.add(
            "transitions",
            at=self._at,
            by=self._by,
            why=why,
            action=action,
            from_state=before,
            to_state=after,
            detail=detail or None,
        )
        self._matter |= {"state": after, "updated_at": self._at}
        if after in CLOSED:
            self._matter["closed_at"] = self._matter["closed_at"] or self._at
        else:
            self._matter["closed_at"] = None
        return True

    def _decide(self, unit: str, hours: float) -> None:
        after = "交办" if self._matter["kind"] == "proposal" else "已派遣"
        if not self._step("decide", self._matter["state"], after, hours=hours, lead_unit=unit):
            return
        self._matter["lead_unit"] = unit
        units = [leader["unit"] for leader in self._history.suggestion["body"]["lead_units"]]
        self._history.add(
            "decisions",
            at=self._at,
            by=self._by,
            why="",
            lead_unit=unit,
            co_units=[],
            function=self._matter["function"],
            topic=self._matter["topic"],
            rank=units.index(unit) + 1 if unit in units else None,
        )

    def _return(self) -> None:
        unit, reason = self._matter["lead_unit"], self._chance.choice(RETURN_REASONS)
        if not self._step(
            "return", self._matter["state"], "退单", hours=20, why="不属于我单位职责", unit=unit
        ):
            return
        shared = {"at": self._at, "by": self._by, "why": "不属于我单位职责"}
        topic, function = self._matter["topic"], self._matter["function"]
        self._history.add("returns", **shared, unit=unit, function=function, topic=topic, reason=reason)
        self._decide(self._unit, hours=6)

    def _transfer(self) -> None:
        unit, state = self._matter["lead_unit"], self._matter["state"]
        if unit == self._other or not self._step("transfer", state, state, hours=30, why="按职责转办"):
            return
        shared = {"at": self._at, "by": self._by, "why": "按职责转办"}
        self._history.add("transfers", **shared, from_unit=unit, to_unit=self._other)
        self._matter["lead_unit"] = self._other

    def _resolve(self) -> None:
        proposal = self._matter["kind"] == "proposal"
        days = (80 if proposal else 7) * (3 if self._chance.random() < _LATE else 1)
        why = "已到现场核实处理，并向您说明情况。"
        if self._step("resolve", "办理中", "答复" if proposal else "办结", hours=24 * days, why=why):
            shared = {"at": self._at, "by": self._by, "why": why}
            final, resolved = self._matter["lead_unit"], self._chance.random() < 0.85
            self._history.add("outcomes", **shared, final_unit=final, resolved=resolved)

    def _evaluate(self) -> None:
        satisfied = self._chance.random() < _SATISFIED
        state = self._matter["state"]
        after = "评价" if self._matter["kind"] == "proposal" else state
        if self._step("evaluate", state, after, hours=48, satisfied=satisfied):
            self._matter["satisfied"] = satisfied
            score = self._chance.randint(4, 5) if satisfied else self._chance.randint(1, 3)
            shared = {"at": self._at, "by": self._by, "why": ""}
            self._history.add("evaluations", **shared, satisfied=satisfied, score=score)
