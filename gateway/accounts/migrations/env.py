"""Alembic's entry: migrate the connection that `Store.open` hands over."""

from alembic import context

from gateway.accounts.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
