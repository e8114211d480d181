"""The application of one worker process of ``fenban serve --workers N``.

A new process unpickles ``create`` before it can answer its parent, so nothing heavy is imported here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import FastAPI

    from fenban.serving.settings import ServiceSettings


def create(settings: ServiceSettings) -> FastAPI:
    """Build the application; the settings reach the process through a pipe, not the environment."""
    from fenban.serving.memory import share_arenas

    share_arenas()
    from fenban.serving.api import create_app
    from fenban.training.trials import load_router

    return create_app(load_router(settings.model_folder), settings)
