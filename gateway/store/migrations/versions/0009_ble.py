"""When seals were heard on each of their two ways."""

import sqlalchemy as sa
from alembic import op

revision = "0009_ble"
down_revision = "0008_spans"


def upgrade() -> None:
    """A table of ways; it begins with what is heard from now on."""
    op.create_table(
        "seal_paths",
        sa.Column("seal_id", sa.String(length=16), nullable=False),
        sa.Column("path", sa.String(length=8), nullable=False),
        sa.Column("heard_ms", sa.BigInteger(), nullable=False),
        sa.Column("signal_dbm", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["seal_id"], ["seals.seal_id"], name=op.f("fk_seal_paths_seal_id")),
        sa.PrimaryKeyConstraint("seal_id", "path", name=op.f("pk_seal_paths")),
        sqlite_with_rowid=False,
    )
