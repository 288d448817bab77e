"""Contacts of other makers, which hang on doors like seals; and the cases that rest on them."""

import sqlalchemy as sa
from alembic import op

revision = "0020_contacts"
down_revision = "0019_ending"


def upgrade() -> None:
    """All that hangs anywhere is a seal of ours, and so is what every case rests on."""
    for table in ("seals", "cases"):
        op.add_column(table, sa.Column("make", sa.String(16), server_default="", nullable=False))
    address = sa.Column("address", sa.String(128), server_default="", nullable=False)
    op.add_column("seals", address)
    op.add_column("seal_readings", sa.Column("battery_percent", sa.Integer(), nullable=True))
