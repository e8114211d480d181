"""The application of one worker process of ``fenban serve --workers N``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fenban.serving.api import create_app
from fenban.training.trials import load_router

if TYPE_CHECKING:
    from fastapi import FastAPI

    from fenban.serving.settings import ServiceSettings


def create(settings: ServiceSettings) -> FastAPI:
    """Build the application; the settings reach the process through a pipe, not the environment."""
    return create_app(load_router(settings.model_folder), settings)
