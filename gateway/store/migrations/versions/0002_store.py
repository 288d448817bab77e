"""Which life wrote the file, which seals are to be proved, and the indexes of a quick start."""

import sqlalchemy as sa
from alembic import op

revision = "0002_store"
down_revision = "0002_core"


def upgrade() -> None:
    """Add the latest life and its release; look up undelivered entries and a door's cases."""
    op.add_column("site", sa.Column("release", sa.String(length=32), nullable=True))
    op.add_column("site", sa.Column("life", sa.String(length=32), nullable=True))
    op.add_column("seals", sa.Column("unproved_ms", sa.BigInteger(), nullable=True))
    op.drop_index("ix_outbox_due", table_name="outbox")
    op.create_index(
        "ix_outbox_undelivered",
        "outbox",
        ["channel", "entry_id"],
        unique=False,
        sqlite_where=sa.text("done_ms IS NULL AND gave_up = 0"),
        postgresql_where=sa.text("done_ms IS NULL AND NOT gave_up"),
    )
    op.create_index("ix_cases_door_id", "cases", ["door_id", "raised_ms"], unique=False)
