"""The starter model, trained where a home has no champion yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fenban import training

from ..inference.memory import give_back
from .encoders import EncoderChoice, dense_source
from .notices import StarterAwaited, StarterBegun, StarterReady, ignore

if TYPE_CHECKING:
    from pathlib import Path

    from fenban.training import Progress

    from .notices import Notify


def find_or_train_champion(
    home: Path, actor: str, progress: Progress | None = None, notify: Notify = ignore
) -> Path:
    """Return the folder of the champion; train the starter model first where there is none.

    Args:
        home: its registry is looked into.
        actor: who asks, for the history of the registry.
        progress: told how far a training has come.
        notify: told that there is one.

    Raises:
        InputError: the champion that the registry names is not in it.
    """
    found = training.Registry(home).champion_folder()
    return found or train_starter_champion(home, actor, progress, notify)


def train_starter_champion(
    home: Path, actor: str, progress: Progress | None = None, notify: Notify = ignore
) -> Path:
    """Train on the shipped starter cases and promote the result; return its folder.

    Where another process is at it already, its result is waited for and returned instead.
    """
    progress = progress or training.silent
    registry = training.Registry(home)
    with registry.starting(lambda: notify(StarterAwaited())):
        found = registry.champion_folder()
        if found is not None:
            return found
        notify(StarterBegun())
        dense = dense_source(EncoderChoice(), home, training.SEED, progress)
        content = training.train_starter(progress, dense)
        version = registry.add(content, training.starter_cases(), actor, "starter model")
        registry.promote(version, actor, "first model: there was no champion")
        notify(StarterReady(version, registry.folder))
        del content, dense
        give_back()  # a service that follows in this process should not hold what training needed
        return registry.model_folder(version)
