"""The audit may lose its oldest entries, once their time is over, and only as a whole beginning."""

import sqlalchemy as sa
from alembic import op

revision = "0005_after"
down_revision = "0004_scopes"


def upgrade() -> None:
    """A table of cuts; what lies above the last of them is still only ever added to."""
    op.create_table(
        "cuts",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("cut_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id"),
    )
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER cuts_no_{change.lower()} BEFORE {change} ON cuts "
            "BEGIN SELECT RAISE(ABORT, 'cuts is only ever added to'); END"
        )
    op.execute("DROP TRIGGER audit_no_delete")
    op.execute(
        "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit "
        "WHEN OLD.entry_id > coalesce((SELECT max(entry_id) FROM cuts), 0) "
        "BEGIN SELECT RAISE(ABORT, 'audit is only ever added to'); END"
    )
