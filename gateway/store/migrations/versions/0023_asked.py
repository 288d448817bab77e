"""What a seal that asks for updates said of itself outlives the gateway."""

import sqlalchemy as sa
from alembic import op

revision = "0023_asked"
down_revision = "0022_lists"


def upgrade() -> None:
    """The highest number of its questions, and when it asked; and what it says it runs."""
    asked = sa.Column("asked", sa.BigInteger(), server_default="0", nullable=False)
    op.add_column("seal_updates", asked)
    op.add_column("seal_updates", sa.Column("heard_ms", sa.BigInteger(), nullable=True))
    op.add_column("seal_readings", sa.Column("release", sa.BigInteger(), nullable=True))
