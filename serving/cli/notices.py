"""Lines for people about what a use-case tells while it is at work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import jobs
from .exits import say

if TYPE_CHECKING:
    from ..jobs import CasesRead, Notice, SetAside


def tell(notice: Notice) -> None:
    """Say what a use-case tells, on stderr."""
    if isinstance(notice, jobs.CasesRead):
        _tell_reading(notice)
    elif isinstance(notice, jobs.StarterAwaited):
        say("Another process is training the starter model: waiting for it.")
    elif isinstance(notice, jobs.StarterBegun):
        say("No model yet: training the starter model on the shipped cases (a minute or two, once).")
    else:
        say(f"Starter model {notice.version} is ready in {notice.folder}.")


def _tell_reading(read: CasesRead) -> None:
    for message, count in read.warnings.items():
        say(f"{message} ({count} {'row' if count == 1 else 'rows'})")
    tell_set_aside(read.set_aside)


def tell_set_aside(rows: SetAside | None) -> None:
    """Say where rows lie that could not be read, and what was wrong with the first."""
    if rows is None:
        return
    first = rows.rows[0]
    column = f', column "{first.column}"' if first.column else ""
    how_many = "1 row was" if len(rows.rows) == 1 else f"{len(rows.rows)} rows were"
    where = f"{first.file} row {first.row}{column}"
    say(f"{how_many} set aside in {rows.file}; the first: {where}: {first.reason}")
