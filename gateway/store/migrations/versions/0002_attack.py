"""What is stored and cannot be used."""

import sqlalchemy as sa
from alembic import op

revision = "0002_attack"
down_revision = "0002_delivery"


def upgrade() -> None:
    """Make the table of poisoned things."""
    op.create_table(
        "poisoned",
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("row_key", sa.String(length=96), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("source", "row_key", name=op.f("pk_poisoned")),
    )
    op.create_index(op.f("ix_poisoned_at_ms"), "poisoned", ["at_ms"])
