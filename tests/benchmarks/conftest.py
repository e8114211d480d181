"""The tiny model that the tests of the service use."""

from tests.serving.conftest import database, model_folder, router

__all__ = ["database", "model_folder", "router"]
