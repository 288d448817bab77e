"""The entries of a day are found without going through all that is newer."""

from alembic import op

revision = "0007_days"
down_revision = "0006_things"


def upgrade() -> None:
    """An index by time: the clock may go back, so the numbers of entries are in no order of it."""
    op.create_index("ix_audit_at_ms", "audit", ["at_ms"])
