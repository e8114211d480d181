"""Alembic's entry: runs the steps in one transaction over the database that the caller opened."""

from __future__ import annotations

from alembic import context

from fenban.serving.store.schema import metadata


def run() -> None:
    """Run the steps."""
    database = context.config.attributes["database"]
    writing = database.engine.execution_options(fenban_writes=True)
    with writing.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata(),
            render_as_batch=database.is_sqlite,
            transactional_ddl=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


run()
