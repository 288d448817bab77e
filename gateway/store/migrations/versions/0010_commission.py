"""The certificates of seals that passed their walk test."""

import sqlalchemy as sa
from alembic import op

revision = "0010_commission"
down_revision = "0009_ble"


def upgrade() -> None:
    """A table of them; it begins with what is tested from now on. Seals that hang already stand as
    they stood: their doors' states know of no certificate, and ask for none."""
    op.create_table(
        "seal_certificates",
        sa.Column("certificate_id", sa.String(length=64), nullable=False),
        sa.Column("seal_id", sa.String(length=16), nullable=False),
        sa.Column("door_id", sa.String(length=64), nullable=False),
        sa.Column("issued_ms", sa.BigInteger(), nullable=False),
        sa.Column("ends_ms", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["door_id"], ["doors.door_id"], name=op.f("fk_seal_certificates_door_id_doors")
        ),
        sa.PrimaryKeyConstraint("certificate_id", name=op.f("pk_seal_certificates")),
    )
    op.create_index("ix_seal_certificates_door_id", "seal_certificates", ["door_id", "issued_ms"])
