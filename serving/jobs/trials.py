"""Units on trial: suggested at once, from their duties and a few examples, until the next training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fenban.model import Trial
from fenban.training import Registry, TrialStore

from .rows import open_submissions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def list_trials(home: Path) -> tuple[Trial, ...]:
    """Return the units on trial in a home, oldest first."""
    return _store(home).open_trials()


def add_trial(
    home: Path,
    actor: str,
    unit: str,
    duties: Sequence[str],
    examples: Path,
    *,
    function: str | None = None,
    jurisdiction: str | None = None,
) -> Trial:
    """Put a unit on trial; return what is kept, its examples masked.

    Args:
        home: its registry keeps the trials.
        actor: who does it.
        unit: its full name.
        duties: clauses.
        examples: a table or text file of three to ten texts.
        function: the kind of department, in the directory's words.
        jurisdiction: its place, such as 南宁市/青秀区.

    Raises:
        InputError: a name, duties or examples are missing, or the file cannot be read.
    """
    with open_submissions(examples) as rows:
        texts = tuple(row.submission.full_text for row in rows)
    return _store(home).add(Trial(unit, function, jurisdiction, tuple(duties), texts), actor)


def remove_trial(home: Path, actor: str, unit: str) -> None:
    """End the trial of a unit.

    Raises:
        InputError: there is no such trial.
    """
    _store(home).remove(unit, actor)


def _store(home: Path) -> TrialStore:
    return TrialStore(Registry(home).folder)
