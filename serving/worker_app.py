"""The application of one worker process of ``fenban serve --workers N``."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from fenban.serving.api import create_app
from fenban.serving.settings import ServiceSettings
from fenban.training.trials import load_router

if TYPE_CHECKING:
    from fastapi import FastAPI

VARIABLE = "FENBAN_WORKER_SETTINGS"


def hand_over(settings: ServiceSettings) -> None:
    """Leave the settings where the worker processes, and they alone, inherit them."""
    os.environ[VARIABLE] = json.dumps({**asdict(settings), "model_folder": str(settings.model_folder)})


def create() -> FastAPI:
    """Build the application from the settings that the parent process handed over."""
    values = json.loads(os.environ[VARIABLE])
    settings = ServiceSettings(**{**values, "model_folder": Path(values["model_folder"])})
    return create_app(load_router(settings.model_folder), settings)
