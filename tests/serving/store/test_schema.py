"""The migrations make the tables that the code expects, on both databases."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from fenban.model.errors import InputError
from fenban.serving.store import schema
from fenban.serving.store.sealing import SEALED


def test_migrations_make_the_tables_of_the_code(database):
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        # triggers and full-text tables of the search are beside the metadata
        differences = [
            difference
            for difference in compare_metadata(context, schema.metadata())
            if not _beside_the_metadata(difference)
        ]
    assert differences == []


def _beside_the_metadata(difference):
    return difference[0] in ("remove_table", "remove_index") and "fts" in difference[1].name


def test_migrations_import_no_code_of_ours_that_may_change():
    folder = Path(schema.__file__).with_name("migrations") / "versions"
    for file in folder.glob("m*.py"):
        imports = [node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if _is_import(node)]
        roots = {name.split(".")[0] for node in imports for name in _imported(node)}
        assert roots <= {"sqlalchemy", "alembic", *sys.stdlib_module_names}, file.name


def _is_import(node):
    return isinstance(node, ast.Import | ast.ImportFrom)


def _imported(node):
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or "."]


def test_migrating_again_does_nothing(database):
    before = schema.revision_of(database)
    schema.migrate(database)
    assert schema.revision_of(database) == before


def test_a_newer_schema_is_refused(database):
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(InputError, match="9999"):
        schema.migrate(database)


@pytest.mark.parametrize("table", SEALED)
def test_every_sealed_table_has_its_triggers(database, table):
    """PostgreSQL checks a statement even without rows; SQLite's triggers are listed in its catalogue."""
    if database.is_sqlite:
        with database.reading() as session:
            named = session.execute(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table"),
                {"table": table},
            )
            assert {f"{table}_no_update", f"{table}_no_delete"} <= {name for (name,) in named}
        return
    for statement in (f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
        with pytest.raises(DBAPIError, match="append-only"), database.writing() as session:
            session.execute(text(statement))
