"""Phones that ring."""

import sqlalchemy as sa
from alembic import op

revision = "0002_push"
down_revision = "0001_first"


def upgrade() -> None:
    """A table of subscriptions to push services."""
    op.create_table(
        "subscriptions",
        sa.Column("session_id", sa.String(length=16), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("point", sa.LargeBinary(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("rang_ms", sa.BigInteger(), nullable=True),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("session_id"),
        sa.UniqueConstraint("endpoint"),
    )
