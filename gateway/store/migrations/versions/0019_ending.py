"""How what is known of a household ends: how far it is, who holds it, and where a replay begins."""

import sqlalchemy as sa
from alembic import op

revision = "0019_ending"
down_revision = "0018_resident"


def upgrade() -> None:
    """Three tables, empty."""
    op.create_table(
        "endings",
        sa.Column("order_id", sa.String(length=64), nullable=False),
        sa.Column("ending_id", sa.String(length=32), nullable=False),
        sa.Column("household_id", sa.String(length=64), nullable=False),
        sa.Column("over_ms", sa.BigInteger(), nullable=False),
        sa.Column("linked_ms", sa.BigInteger(), nullable=True),
        sa.Column("step", sa.String(length=32), server_default="", nullable=False),
        sa.Column("counts", sa.Text(), server_default="{}", nullable=False),
        sa.Column("before_ms", sa.BigInteger(), nullable=True),
        sa.Column("names", sa.Text(), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_endings")),
        sa.UniqueConstraint("ending_id", name=op.f("uq_endings_ending_id")),
    )
    op.create_index("ix_endings_household_id", "endings", ["household_id"])
    op.create_table(
        "holds",
        sa.Column("hold_id", sa.String(length=32), nullable=False),
        sa.Column("order_id", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("hold_id", name=op.f("pk_holds")),
    )
    op.create_index("ix_holds_order_id", "holds", ["order_id"])
    op.create_table(
        "checkpoints",
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("journal_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "name", name=op.f("pk_checkpoints")),
        sqlite_with_rowid=False,
    )
