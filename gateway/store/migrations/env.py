"""Alembic's entry: migrate the connection that `Store.open` hands over."""

from alembic import context

from gateway.store.feed_tables import milestones
from gateway.store.span_tables import heartbeat_spans

connection = context.config.attributes["connection"]
tables = milestones, heartbeat_spans  # each module makes its own known
metadata = tables[0].metadata
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
