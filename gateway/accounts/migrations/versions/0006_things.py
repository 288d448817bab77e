"""What is looked for in the audit, and who is signed in, is found without going through years."""

import sqlalchemy as sa
from alembic import op

revision = "0006_things"
down_revision = "0005_after"

_APART = ", "
_ROWS = 10_000  # in memory at once


def upgrade() -> None:
    """A row for each thing of each entry, of those too that stand there already."""
    op.create_table(
        "audit_things",
        sa.Column("thing", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("thing", "entry_id"),
        sqlite_with_rowid=False,
    )
    op.execute(
        "CREATE TRIGGER audit_things_no_update BEFORE UPDATE ON audit_things "
        "BEGIN SELECT RAISE(ABORT, 'audit_things is only ever added to'); END"
    )
    op.execute(
        "CREATE TRIGGER audit_things_no_delete BEFORE DELETE ON audit_things "
        "WHEN OLD.entry_id > coalesce((SELECT max(entry_id) FROM cuts), 0) "
        "BEGIN SELECT RAISE(ABORT, 'audit_things is only ever added to'); END"
    )
    op.create_index("ix_audit_account", "audit", ["account"])
    op.drop_index("ix_sessions_account_id", "sessions")
    op.create_index("ix_sessions_account_id", "sessions", ["account_id", "ends_ms"])
    op.create_index("ix_sessions_ends_ms", "sessions", ["ends_ms"])
    audit = sa.table("audit", sa.column("entry_id", sa.Integer), sa.column("about", sa.Text))
    things = sa.table("audit_things", sa.column("thing"), sa.column("entry_id"))
    connection, last = op.get_bind(), 0
    while True:
        some = sa.select(audit).where(audit.c.entry_id > last).order_by(audit.c.entry_id)
        rows = connection.execute(some.limit(_ROWS)).all()
        if not rows:
            return
        last = rows[-1].entry_id
        named = {(one, row.entry_id) for row in rows for one in row.about.split(_APART) if one}
        if named:
            pairs = [{"thing": thing, "entry_id": entry_id} for thing, entry_id in named]
            connection.execute(things.insert(), pairs)
