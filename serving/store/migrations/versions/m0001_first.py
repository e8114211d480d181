"""The first schema."""

from __future__ import annotations

from alembic import op

from fenban.serving.store import search_tables
from fenban.serving.store.schema import metadata
from fenban.serving.store.sealing import statements

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create everything."""
    connection = op.get_bind()
    metadata().create_all(connection)
    dialect = connection.dialect.name
    for statement in (*statements(dialect), *search_tables.statements(dialect)):
        op.execute(statement)
