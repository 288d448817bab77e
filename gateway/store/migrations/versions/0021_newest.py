"""What is over is listed newest first, of the site and of a grid, without going through years."""

from alembic import op

revision = "0021_newest"
down_revision = "0020_contacts"


def upgrade() -> None:
    """Cases by when they were raised, what households want by when it moved last."""
    op.create_index("ix_cases_grid_id", "cases", ["grid_id", "raised_ms"])
    for table in ("requests", "disputes"):
        op.create_index(f"ix_{table}_moved_ms", table, ["moved_ms"])
        op.create_index(f"ix_{table}_grid_id", table, ["grid_id", "moved_ms"])
