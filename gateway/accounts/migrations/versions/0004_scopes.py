"""Tokens with scopes. One without has none, and may what its account may, as ever."""

import sqlalchemy as sa
from alembic import op

revision = "0004_scopes"
down_revision = "0003_signin"


def upgrade() -> None:
    """A column for the scopes of a program's token."""
    op.add_column("sessions", sa.Column("scopes", sa.Text(), nullable=True))
