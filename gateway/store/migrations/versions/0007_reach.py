"""Of a test page: when the person who got it said so."""

import sqlalchemy as sa
from alembic import op

revision = "0007_reach"
down_revision = "0006_doorqr"


def upgrade() -> None:
    """Keep it beside when the phone signed."""
    op.add_column("outbox", sa.Column("pressed_ms", sa.BigInteger(), nullable=True))
