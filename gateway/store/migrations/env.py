"""Alembic's entry: migrate the connection that `Store.open` hands over."""

from alembic import context

from gateway.store.feed_tables import milestones

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=milestones.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
