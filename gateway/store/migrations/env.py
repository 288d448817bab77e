"""Alembic's entry: migrate the connection that `Store.open` hands over."""

from alembic import context

from gateway.store import (
    archive_tables,
    case_log,
    certificates,
    door_codes,
    ending_tables,
    feed_tables,
    household_tables,
    key_tables,
    photos,
    resident_tables,
    schedule_tables,
    seal_paths,
    seal_tables,
    span_tables,
    update_tables,
)

# Each brings its tables into the one catalogue.
TABLES = (
    archive_tables.archives,
    case_log.DETOURS,
    certificates.SEAL_CERTIFICATES,
    door_codes.DOOR_CODES,
    ending_tables.endings,
    feed_tables.milestones,
    resident_tables.resident_codes,
    photos.PHOTOS,
    key_tables.order_keys,
    photos.PHOTOS,
    household_tables.requests,
    schedule_tables.shifts,
    seal_paths.PATHS,
    seal_tables.seal_commands,
    span_tables.heartbeat_spans,
    update_tables.releases,
)
connection = context.config.attributes["connection"]


def _bereft() -> int:
    """How many rows name one that is not there. Nothing looks while tables are made anew."""
    return len(connection.exec_driver_sql("PRAGMA foreign_key_check").all())


context.configure(connection=connection, target_metadata=TABLES[0].metadata, render_as_batch=True)
with context.begin_transaction():
    before = _bereft()
    context.run_migrations()
    if _bereft() > before:
        raise RuntimeError("a migration lost rows that others name; nothing is changed")
