"""Heartbeats that change nothing, as spans beside the journal."""

import sqlalchemy as sa
from alembic import op

revision = "0008_spans"
down_revision = "0007_reach"


def upgrade() -> None:
    """A table of heartbeat spans; it begins with what is heard from now on."""
    op.create_table(
        "heartbeat_spans",
        sa.Column("door_id", sa.String(length=64), nullable=False),
        sa.Column("from_id", sa.BigInteger(), nullable=False),
        sa.Column("to_id", sa.BigInteger(), nullable=False),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.Column("len_ms", sa.BigInteger(), nullable=False),
        sa.Column("seal_id", sa.String(length=16), nullable=False),
        sa.Column("contact", sa.String(length=8), nullable=False),
        sa.Column("edges", sa.Integer(), nullable=False),
        sa.Column("beats", sa.Integer(), nullable=False),
        sa.Column("battery_last", sa.Integer(), nullable=True),
        sa.Column("gap_max_ms", sa.BigInteger(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["door_id"], ["doors.door_id"], name=op.f("fk_heartbeat_spans_door_id")
        ),
        sa.PrimaryKeyConstraint("door_id", "from_id", name=op.f("pk_heartbeat_spans")),
        sqlite_with_rowid=False,
    )
