"""Everything that is enrolled has an end of life: its row stays, for its history hangs on it."""

import sqlalchemy as sa
from alembic import op

revision = "0002_registry"
down_revision = "0002_web"


def upgrade() -> None:
    """Say of grids, doors, seals and wardens when they were taken out of use."""
    for table in ("grids", "doors", "seals", "wardens"):
        op.add_column(table, sa.Column("ended_ms", sa.BigInteger(), nullable=True))
