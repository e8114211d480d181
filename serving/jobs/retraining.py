"""Champion and challenger: retraining on newly resolved cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fenban.model import Router
from fenban.training import (
    ChampionChangedError,
    Registry,
    mask_case,
    read_directory,
    retrain_champion,
    silent,
)

from .cases import read_case_files
from .encoders import EncoderChoice, challenger_source
from .notices import ignore
from .starter import find_or_train_champion

if TYPE_CHECKING:
    from pathlib import Path

    from fenban.training import Progress

    from .cases import CaseFiles
    from .notices import Notify


@dataclass(frozen=True, slots=True)
class Retrained:
    """What came of a retraining.

    Attributes:
        promoted: whether the challenger is champion now.
        why: what was measured and what follows, in one paragraph.
        champion: the version that serves now.
        challenger: the version that was trained.
        n_new: how many of the cases were new.
        n_known_before: how many of them the champion had been trained on.
    """

    promoted: bool
    why: str
    champion: str | None
    challenger: str
    n_new: int
    n_known_before: int


def retrain_from_files(
    files: CaseFiles,
    home: Path,
    actor: str,
    *,
    directory: Path | None = None,
    encoder: EncoderChoice | None = None,
    progress: Progress = silent,
    notify: Notify = ignore,
) -> Retrained:
    """Train a challenger, compare it with the champion, and promote it where it is not worse.

    Args:
        files: newly resolved cases.
        home: its registry holds the champion; where there is none, the starter model becomes it first.
        actor: who asks, for the history.
        directory: a table of the departments; None: the champion's own.
        encoder: which encoder the challenger has; None: the champion's.
        progress: told how far it has come.
        notify: told what the reading of the cases found, and of a starter model.

    Raises:
        InputError: a file cannot be read.
        TrainingError: the cases hold nothing new, or no label to judge by.
        ChampionChangedError: another process promoted another model in the meantime.
    """
    departments = read_directory(directory) if directory else None
    new = [mask_case(case) for case in read_case_files(files, notify)[0]]
    registry = Registry(home)
    champion = Router.load(find_or_train_champion(home, actor, progress, notify))
    result = retrain_champion(
        champion,
        registry.cases_of(champion.version),
        new,
        departments,
        dense=challenger_source(champion, encoder or EncoderChoice(), home, progress),
        progress=progress,
    )
    why, promoted = result.comparison.why(), result.comparison.promotes
    version = registry.add(result.content, result.cases, actor, f"challenger of {champion.version}")
    if promoted:
        _promote(registry, version, actor, why, champion.version)
    else:
        registry.note("refuse", version, actor, why)
    return Retrained(promoted, why, registry.champion(), version, result.n_new, result.n_known_before)


def _promote(registry: Registry, version: str, actor: str, why: str, instead_of: str) -> None:
    """Promote, unless another process has changed the champion while this one trained."""
    try:
        registry.promote(version, actor, why, instead_of)
    except ChampionChangedError as error:
        registry.note("refuse", version, actor, str(error))
        raise
