"""Bringing a database to the present schema: Alembic's migrations, run from inside the package."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from fenban.model import InputError

from . import audit
from .base import Base
from .failures import naming_the_cause
from .tables import accounts
from .tables import (
    directory as directory_tables,
)
from .tables import (
    likeness as likeness_tables,
)
from .tables import (
    matters as matter_tables,
)
from .tables import (
    purges as purge_tables,
)
from .tables import (
    seals as seal_tables,
)
from .tables import (
    search as search_tables,
)

if TYPE_CHECKING:
    from sqlalchemy import MetaData

    from .database import Database

MODULES = (
    accounts,
    audit,
    directory_tables,
    likeness_tables,
    matter_tables,
    purge_tables,
    seal_tables,
    search_tables,
)  # importing them fills the metadata


def metadata() -> MetaData:
    """Return the tables as the code expects them."""
    return Base.metadata


def alembic_config(database: Database) -> Config:
    """Return what Alembic needs to know of the migrations and of the database they are for."""
    config = Config()
    folder = resources.files("fenban.serving.store.migrations")
    config.set_main_option("script_location", str(folder))
    config.attributes["database"] = database
    return config


def migrate(database: Database) -> None:
    """Create the tables, or bring older ones to the present schema; does nothing where they are.

    Raises:
        InputError: the database was written by a newer version.
        StoreError: it cannot be opened or written; which of the two is said.
    """
    with naming_the_cause(database.folder):
        _migrate(database)


def _migrate(database: Database) -> None:
    config = alembic_config(database)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    found = revision_of(database)
    if found is not None and found not in known:
        raise InputError(
            f"the database has schema {found}, which this version does not know - install a newer fenban"
        )
    command.upgrade(config, "head")


def revision_of(database: Database) -> str | None:
    """Return the schema's revision in the database; None where it is empty."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()
