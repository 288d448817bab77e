"""What befell each case, for those who are told of it over the web, and the key of their names."""

import sqlalchemy as sa
from alembic import op

revision = "0003_webhooks"
down_revision = "0002_attack"


def upgrade() -> None:
    """Tables for the feed of cases' milestones; it begins with what happens from now on."""
    op.create_table(
        "milestones",
        sa.Column("journal_id", sa.BigInteger(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("happened", sa.String(length=16), nullable=False),
        sa.Column("case_id", sa.String(length=80), nullable=False),
        sa.Column("grid_id", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=24), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("openings", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("journal_id", "part", name=op.f("pk_milestones")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "feed_keys",
        sa.Column("reader", sa.String(length=32), nullable=False),
        sa.Column("key", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("reader", name=op.f("pk_feed_keys")),
    )
