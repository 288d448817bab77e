"""The journal's months that were moved into files of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0014_after"
down_revision = "0013_history"


def upgrade() -> None:
    """A table of archives, empty."""
    op.create_table(
        "archives",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("from_id", sa.BigInteger(), nullable=False),
        sa.Column("to_id", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("spans", sa.Integer(), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("moved_ms", sa.BigInteger(), nullable=True),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_archives")),
    )
