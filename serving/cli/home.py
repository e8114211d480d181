"""Where fenban keeps things: ``--home``, else ``FENBAN_HOME``, else the user's data folder."""

from __future__ import annotations

import getpass
import os
from pathlib import Path
from typing import TYPE_CHECKING

from fenban import training
from fenban.model import InputError

from .. import jobs
from .notices import tell
from .terminal import TerminalProgress

if TYPE_CHECKING:
    import argparse


def home_of(arguments: argparse.Namespace) -> Path:
    """Return the home folder that the command was given.

    Raises:
        InputError: it is a file.
    """
    chosen = arguments.home or os.environ.get("FENBAN_HOME")
    if chosen:
        home = Path(chosen).expanduser().absolute()
    else:
        import platformdirs

        home = Path(platformdirs.user_data_dir("fenban"))
    if home.exists() and not home.is_dir():
        raise InputError(f"{home}: is not a folder - give another one with --home or FENBAN_HOME")
    return home


def current_actor() -> str:
    """Return who is at the command line, for the history."""
    try:
        return getpass.getuser()
    except (ImportError, OSError, KeyError):
        return f"uid {os.getuid()}" if hasattr(os, "getuid") else "unknown"


def model_folder_of(arguments: argparse.Namespace) -> Path:
    """Return ``--model``, else the champion; train the starter model first where there is none."""
    if arguments.model:
        return Path(arguments.model)
    home = home_of(arguments)
    champion = training.Registry(home).champion_folder()  # seldom missing: what training needs can wait
    if champion is not None:
        return champion
    with TerminalProgress() as progress:
        return jobs.find_or_train_champion(home, current_actor(), progress, tell)
