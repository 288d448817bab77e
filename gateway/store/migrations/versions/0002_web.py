"""What was reported although the seal said otherwise."""

import sqlalchemy as sa
from alembic import op

revision = "0002_web"
down_revision = "0002_store"


def upgrade() -> None:
    """Say of each report whether the seal said otherwise."""
    despite_seal: sa.Column[bool] = sa.Column(
        "despite_seal", sa.Boolean(), server_default=sa.false(), nullable=False
    )
    op.add_column("cases", despite_seal)
