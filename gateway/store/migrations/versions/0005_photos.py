"""Photos with reports, and the household's telephone."""

import sqlalchemy as sa
from alembic import op

revision = "0005_photos"
down_revision = "0004_workflow"


def upgrade() -> None:
    """Say of a door how its household is rung; a table of what photos there are or were."""
    op.add_column("doors", sa.Column("telephone", sa.String(length=32), nullable=True))
    op.create_table(
        "photos",
        sa.Column("case_id", sa.String(length=80), nullable=False),
        sa.Column("photo_id", sa.String(length=80), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("taken_ms", sa.BigInteger(), nullable=False),
        sa.Column("arrived_ms", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("destroyed_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("case_id", "photo_id", name=op.f("pk_photos")),
        sqlite_with_rowid=False,
    )
