"""The starter model, trained once for the whole run; the same examples in every run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from fenban.model import Router
from fenban.model.artifact import save
from fenban.training.starter import train_starter

if TYPE_CHECKING:
    from pathlib import Path

settings.register_profile("same", derandomize=True)
settings.load_profile("same")


@pytest.fixture(scope="session")
def starter_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a model of the shipped cases and the shipped directory."""
    folder = tmp_path_factory.mktemp("starter") / "model"
    save(train_starter(), folder)
    return folder


@pytest.fixture(scope="session")
def starter_router(starter_folder: Path) -> Router:
    return Router.load(starter_folder)
