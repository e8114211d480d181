"""Where fenban keeps things: ``--home``, else ``FENBAN_HOME``, else the user's data folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from .exits import say
from .terminal import TerminalProgress

if TYPE_CHECKING:
    import argparse

    from fenban.training import Registry


def home_of(arguments: argparse.Namespace) -> Path:
    """Return the home folder that the command was given.

    Raises:
        InputError: it is a file.
    """
    from fenban.model import InputError

    chosen = arguments.home or os.environ.get("FENBAN_HOME")
    if chosen:
        home = Path(chosen).expanduser().absolute()
    else:
        import platformdirs

        home = Path(platformdirs.user_data_dir("fenban"))
    if home.exists() and not home.is_dir():
        raise InputError(f"{home}: is not a folder - give another one with --home or FENBAN_HOME")
    return home


def database_of(arguments: argparse.Namespace) -> str:
    """Return the URL of the store: ``--database``, else ``FENBAN_DATABASE``, else SQLite in the home folder.

    Raises:
        InputError: it is no URL, or of a database that is not supported.
    """
    from ..store.database import database_url

    given = arguments.database or os.environ.get("FENBAN_DATABASE")
    return database_url(given, home_of(arguments)).render_as_string(hide_password=False)


def registry_of(arguments: argparse.Namespace) -> Registry:
    """Return the registry in the home folder."""
    from fenban.training import Registry

    return Registry(home_of(arguments))


def actor() -> str:
    """Return who is at the command line, for the history."""
    import getpass

    try:
        return getpass.getuser()
    except (ImportError, OSError, KeyError):
        return f"uid {os.getuid()}" if hasattr(os, "getuid") else "unknown"


def model_folder_of(arguments: argparse.Namespace) -> Path:
    """Return ``--model``, else the champion; train the starter model first where there is none."""
    if arguments.model:
        return Path(arguments.model)
    registry = registry_of(arguments)
    return registry.champion_folder() or train_starter_champion(registry)


def train_starter_champion(registry: Registry) -> Path:
    """Train on the shipped starter cases and promote the result; return its folder.

    Where another process is at it already, wait for its result instead.
    """
    with registry.starting(lambda: say("Another process is training the starter model: waiting for it.")):
        found = registry.champion_folder()
        if found is not None:
            return found
        from fenban.training import SEED, starter_cases, train_starter

        from ..inference.memory import give_back
        from ..jobs.encoders import dense_source

        say("No model yet: training the starter model on the shipped cases (a minute or two, once).")
        with TerminalProgress() as progress:
            dense = dense_source(None, registry.home, SEED, progress)
            content = train_starter(progress, dense)
        version = registry.add(content, starter_cases(), actor(), "starter model")
        registry.promote(version, actor(), "first model: there was no champion")
        say(f"Starter model {version} is ready in {registry.folder}.")
        del content, dense
        give_back()  # the service that follows in this process should not hold what training needed
        return registry.model_folder(version)
