"""How Alembic reaches the database: through the application's own engine, with the right to write."""

from __future__ import annotations

from alembic import context
from flask import current_app

from backoffice.database import WRITE, Base


def run() -> None:
    """Run the migrations in one transaction (both databases have transactional DDL)."""
    engine = current_app.extensions["migrate"].db.engine
    with engine.connect().execution_options(**{WRITE: True}) as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=connection.dialect.name == "sqlite",
            compare_type=True,
            transactional_ddl=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
