"""Triage of a backlog: every row and column kept, suggestion columns added, row by row."""

from __future__ import annotations

import itertools
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fenban.model import MISSING_NAMES, SIGNAL_NAMES, ZONE_NAMES, InputError, check_target
from fenban.training import TableWriter, load_router, silent

from ..inference.pool import Asked, suggest_batches
from .cases import read_columns, refuse_overwriting, set_rows_aside
from .notices import ignore
from .rows import open_submissions
from .starter import find_or_train_champion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from fenban.model import Router, Submission, Suggestion
    from fenban.training import NamedColumns, Progress, Rejected

    from .notices import Notify, SetAside
    from .rows import SubmissionRow

ROWS_AT_ONCE = 256
ADDED = (
    "分区",
    "建议主办单位",
    "把握",
    "备选单位2",
    "备选把握2",
    "备选单位3",
    "备选把握3",
    "建议职能",
    "建议协办单位",
    "建议主题",
    "建议形式",
    "建议办理通道",
    "提示",
    "依据用词",
    "模型版本",
)
_WIDTHS = {
    "建议主办单位": 30.0,
    "备选单位2": 26.0,
    "备选单位3": 26.0,
    "建议主题": 24.0,
    "依据用词": 40.0,
    "提示": 24.0,
}


@dataclass(slots=True)
class Outcome:
    """What came of a backlog.

    Attributes:
        zones: how many rows fell into each zone.
        rejected: rows without a text that can be read.
        n_blank: rows with nothing in them.
        n_cut: cells that are longer than a workbook takes, cut short.
        set_aside: where the rejected rows stand; None where there are none.
    """

    zones: Counter[str] = field(default_factory=Counter)
    rejected: list[Rejected] = field(default_factory=list)
    n_blank: int = 0
    n_cut: int = 0
    set_aside: SetAside | None = None

    @property
    def n_rows(self) -> int:
        """Return the number of rows written, but for the header."""
        return self.zones.total() + len(self.rejected) + self.n_blank


def triage_table(
    source: Path,
    target: Path,
    home: Path,
    actor: str,
    *,
    model: Path | None = None,
    columns: Path | None = None,
    jurisdiction: str | None = None,
    target_precision: float | None = None,
    cascade: bool = True,
    rejected: Path | None = None,
    progress: Progress = silent,
    notify: Notify = ignore,
) -> Outcome:
    """Write a backlog anew with suggestions beside every row.

    Args:
        source: .xlsx, .csv or .jsonl.
        target: .xlsx, .csv or .jsonl; never the same file.
        home: its champion suggests where ``model`` names no other; where there is none, it is made.
        actor: who asks, for the history of the registry.
        model: the folder of a model.
        columns: a file that names the columns where headers are unusual.
        jurisdiction: where texts come from whose row names no place.
        target_precision: what the ``auto`` zone promises; None: what the model was trained for.
        cascade: ask the encoder only where the sparse part is unsure.
        rejected: where rows without a text go; None: into the working folder.
        progress: told how far it has come.
        notify: told of a starter model.

    Raises:
        InputError: source or target will not do, which is known before any work.
        ModelFolderError: the model is missing or damaged.
    """
    check_target(target_precision)
    refuse_overwriting([source], rejected)
    triage = Triage(source, target, read_columns(columns), jurisdiction, cascade)
    triage.check()
    folder = model or find_or_train_champion(home, actor, progress, notify)
    outcome = triage.run(load_router(folder), target_precision, progress, folder)
    outcome.set_aside = set_rows_aside([source], outcome.rejected, rejected)
    return outcome


@dataclass(frozen=True, slots=True)
class Triage:
    """The way of one backlog from a file to another."""

    source: Path
    target: Path
    named: NamedColumns | None = None
    jurisdiction: str | None = None
    cascade: bool = True

    def check(self) -> None:
        """Refuse before any work what cannot come to a good end.

        Raises:
            InputError: source and target are one file, the source cannot be triaged or the target
                not written.
        """
        if self.target.exists() and self.source.exists() and self.target.samefile(self.source):
            raise InputError(f"{self.target}: is the input itself - name another file for the result")
        with open_submissions(self.source, self.named) as rows:
            TableWriter.open(self.target, [*rows.headers, *_choose_free_names(rows.headers)]).discard()

    def run(
        self,
        router: Router,
        target_precision: float | None = None,
        progress: Progress = silent,
        folder: Path | None = None,
    ) -> Outcome:
        """Write the result, row by row in the order of the source; a blank row stays blank.

        With the ``folder`` of the router's model a long backlog is shared among all cores.
        """
        outcome = Outcome()
        keeps_types = self.target.suffix.lower() == ".xlsx"
        with open_submissions(self.source, self.named, self.jurisdiction) as rows:
            added = _choose_free_names(rows.headers)
            widths = {new: _WIDTHS[old] for old, new in zip(ADDED, added, strict=True) if old in _WIDTHS}
            with TableWriter.open(self.target, [*rows.headers, *added], widths) as writer:
                asked = Asked(target_precision=target_precision, cascade=self.cascade)
                for row, suggestion in _pair_with_suggestions(router, rows, asked, folder):
                    if outcome.n_rows % ROWS_AT_ONCE == 0:
                        progress("route", outcome.n_rows)
                    values = {**row.values, **row.typed} if keeps_types else row.values
                    cells = [values.get(header) for header in rows.headers]
                    writer.write([*cells, *self._add_to(row, suggestion, outcome)])
                outcome.n_cut = writer.cut
        return outcome

    def _add_to(self, row: SubmissionRow, suggestion: Suggestion, outcome: Outcome) -> list[object]:
        """Return the cells added to a row, and count it."""
        if row.is_blank:
            outcome.n_blank += 1
            return [None] * len(ADDED)
        if row.problem:
            outcome.rejected.append(row.rejected(str(self.source)))
            return _fill_without_answer(row)
        outcome.zones[suggestion.zone] += 1
        return _fill_cells(suggestion)


def _choose_free_names(headers: Sequence[str]) -> list[str]:
    """Return the names of the added columns; one that the table has already gets a number."""
    taken = set(headers)
    names = []
    for name in ADDED:
        numbered = (f"{name}_{i}" for i in itertools.count(2))
        free = next(n for n in itertools.chain([name], numbered) if n not in taken)
        taken.add(free)
        names.append(free)
    return names


def _pair_with_suggestions(
    router: Router, rows: Iterable[SubmissionRow], asked: Asked, folder: Path | None
) -> Iterator[tuple[SubmissionRow, Suggestion]]:
    """Pair each row with its suggestion, in order."""
    read_ahead: deque[list[SubmissionRow]] = deque()

    def submissions() -> Iterator[list[Submission]]:
        for batch in _read_batches(rows):
            read_ahead.append(batch)
            yield [row.submission for row in batch]

    for suggestions in suggest_batches(router, submissions(), asked, folder):
        yield from zip(read_ahead.popleft(), suggestions, strict=True)


def _read_batches(rows: Iterable[SubmissionRow]) -> Iterator[list[SubmissionRow]]:
    iterator = iter(rows)
    while batch := list(itertools.islice(iterator, ROWS_AT_ONCE)):
        yield batch


def _fill_without_answer(row: SubmissionRow) -> list[object]:
    cells = dict.fromkeys(ADDED)
    reason = "没有文字" if row.problem == "no text" else f"不能读取（{row.problem}）"
    return list((cells | {"分区": ZONE_NAMES["manual"], "提示": f"未能处理：{reason}"}).values())


def _fill_cells(suggestion: Suggestion) -> list[object]:
    units = [(unit.unit, unit.probability) for unit in suggestion.lead_units[:3]]
    units += [(None, None)] * (3 - len(units))  # type: ignore[list-item]
    notes = [SIGNAL_NAMES[flag] for flag in suggestion.flags]
    notes += [MISSING_NAMES[name] for name in suggestion.missing]
    words = dict.fromkeys(word.text for word in suggestion.evidence.words)
    return [
        ZONE_NAMES[suggestion.zone],
        *(cell for unit in units for cell in unit),
        suggestion.functions[0].function if suggestion.functions else None,
        "、".join(unit.unit for unit in suggestion.co_units) or None,
        suggestion.topics[0].path if suggestion.topics else None,
        suggestion.form.name if suggestion.form else None,
        suggestion.lane.name if suggestion.lane else None,
        "；".join(notes) or None,
        "、".join(words) or None,
        suggestion.model["version"],
    ]
