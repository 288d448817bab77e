"""A key for each order: what identifies people is sealed, which the gateway does at its start."""

import sqlalchemy as sa
from alembic import op

revision = "0016_keys"
down_revision = "0015_households"


def upgrade() -> None:
    """A table of keys, empty."""
    op.create_table(
        "order_keys",
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("household_id", sa.String(length=64), nullable=False),
        sa.Column("order_id", sa.String(length=64), nullable=True),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("destroyed_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_order_keys")),
    )
    op.create_index("ix_order_keys_household_id", "order_keys", ["household_id"])
    live = sa.text("order_id IS NOT NULL AND destroyed_ms IS NULL")
    op.create_index(
        "uq_order_keys_order_id",
        "order_keys",
        ["order_id"],
        unique=True,
        sqlite_where=live,
        postgresql_where=live,
    )
