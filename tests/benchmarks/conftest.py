"""The tiny model and the empty stores that the tests of the service use."""

from tests.serving.conftest import database, migrated_file, model_folder, postgresql, router

__all__ = ["database", "migrated_file", "model_folder", "postgresql", "router"]
