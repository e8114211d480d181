"""``fenban retrain``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ...jobs.encoders import add_encoder, champion_source, encoder_options
from ..exits import DONE, say
from ..home import actor, registry_of, train_starter_champion
from ..options import add_cases, add_home, read_cases_of
from ..terminal import TerminalProgress

if TYPE_CHECKING:
    import argparse

    from fenban.training import Registry

HELP = "train a challenger on newly resolved cases; it becomes champion only if it is not worse"
EXAMPLE = "fenban retrain --cases resolved-2026-10.xlsx"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    add_cases(parser, required=True)
    parser.add_argument("--directory", metavar="FILE", help="departments (default: the champion's own)")
    add_encoder(parser)
    add_home(parser)


def run(arguments: argparse.Namespace) -> int:
    """Retrain, compare, promote or refuse, and say why."""
    from fenban.model import Router
    from fenban.training import masked, read_directory, retrain_champion

    encoder_options(arguments)  # refused here, before a starter model is trained for nothing
    given = read_directory(Path(arguments.directory)) if arguments.directory else None
    new = [masked(case) for case in read_cases_of(arguments)]
    registry = registry_of(arguments)
    folder = registry.champion_folder() or train_starter_champion(registry)
    champion = Router.load(folder)
    known = registry.cases_of(champion.version)
    with TerminalProgress() as progress:
        dense = champion_source(champion, arguments, progress)
        result = retrain_champion(champion, known, new, given, dense=dense, progress=progress)
    why = result.comparison.why()
    version = registry.add(result.content, result.cases, actor(), f"challenger of {champion.version}")
    if result.comparison.promotes:
        _promote(registry, version, why, champion.version)
    else:
        registry.note("refuse", version, actor(), why)
    say(f"{result.n_new} new cases ({result.n_known_before} of those given were known).")
    print(why)
    say(f"champion: {registry.champion()}; challenger: {version}")
    return DONE


def _promote(registry: Registry, version: str, why: str, instead_of: str) -> None:
    """Promote, unless another process has changed the champion while this one trained."""
    from fenban.training import ChampionChangedError

    try:
        registry.promote(version, actor(), why, instead_of)
    except ChampionChangedError as error:
        registry.note("refuse", version, actor(), str(error))
        raise
