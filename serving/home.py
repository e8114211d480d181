"""Where fenban keeps things: ``--home``, else ``FENBAN_HOME``, else the user's data folder."""

from __future__ import annotations

import getpass
import os
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
from fenban.serving.exits import say
from fenban.serving.terminal import TerminalProgress
from fenban.training.registry import Registry

if TYPE_CHECKING:
    import argparse


def home_of(arguments: argparse.Namespace) -> Path:
    """Return the home folder that the command was given."""
    chosen = arguments.home or os.environ.get("FENBAN_HOME")
    return Path(chosen) if chosen else Path(platformdirs.user_data_dir("fenban"))


def registry_of(arguments: argparse.Namespace) -> Registry:
    """Return the registry in the home folder."""
    return Registry(home_of(arguments))


def actor() -> str:
    """Return who is at the command line, for the history."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return f"uid {os.getuid()}" if hasattr(os, "getuid") else "unknown"


def model_folder_of(arguments: argparse.Namespace) -> Path:
    """Return ``--model``, else the champion; train the starter model first where there is none."""
    if arguments.model:
        return Path(arguments.model)
    registry = registry_of(arguments)
    return registry.champion_folder() or train_starter_champion(registry)


def train_starter_champion(registry: Registry) -> Path:
    """Train on the shipped starter cases and promote the result; return its folder."""
    from fenban.training.starter import starter_cases, train_starter

    say("No model yet: training the starter model on the shipped cases (under a minute, once).")
    with TerminalProgress() as progress:
        content = train_starter(progress)
    version = registry.add(content, starter_cases(), actor(), "starter model")
    registry.promote(version, actor(), "first model: there was no champion")
    say(f"Starter model {version} is ready in {registry.folder}.")
    return registry.model_folder(version)
