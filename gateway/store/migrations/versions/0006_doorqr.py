"""The codes on the labels of doors, and whether one proved that somebody was there."""

import sqlalchemy as sa
from alembic import op

revision = "0006_doorqr"
down_revision = "0005_photos"


def upgrade() -> None:
    """Keep a random code for each order; say of a case and of what befell it what proves that
    somebody was at the door."""
    op.add_column("cases", sa.Column("proof", sa.String(length=16), nullable=True))
    op.add_column("milestones", sa.Column("proof", sa.String(length=16), nullable=True))
    op.create_table(
        "door_codes",
        sa.Column("order_id", sa.String(length=64), nullable=False),
        sa.Column("door_id", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("printed_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["door_id"], ["doors.door_id"], name=op.f("fk_door_codes_door_id_doors")
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_door_codes")),
    )
    op.create_index("ix_door_codes_code", "door_codes", ["code"], unique=True)
    op.create_index("ix_door_codes_door_id", "door_codes", ["door_id"])
