"""Releases for seals, and how they are rolled out."""

import sqlalchemy as sa
from alembic import op

revision = "0011_updates"
down_revision = "0010_commission"


def upgrade() -> None:
    """Three tables, empty."""
    op.create_table(
        "releases",
        sa.Column("release_id", sa.String(length=12), nullable=False),
        sa.Column("counter", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("file", sa.LargeBinary(), nullable=False),
        sa.Column("added_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("release_id", name=op.f("pk_releases")),
        sa.UniqueConstraint("counter", name=op.f("uq_releases_counter")),
    )
    op.create_table(
        "rollouts",
        sa.Column("rollout_id", sa.Integer(), nullable=False),
        sa.Column("release_id", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("why", sa.String(length=200), nullable=False),
        sa.Column("at_once", sa.Integer(), nullable=False),
        sa.Column("share_percent", sa.Integer(), nullable=False),
        sa.Column("stop_percent", sa.Integer(), nullable=False),
        sa.Column("started_ms", sa.BigInteger(), nullable=False),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["release_id"], ["releases.release_id"], name=op.f("fk_rollouts_release_id")
        ),
        sa.PrimaryKeyConstraint("rollout_id", name=op.f("pk_rollouts")),
    )
    op.create_table(
        "seal_updates",
        sa.Column("rollout_id", sa.Integer(), nullable=False),
        sa.Column("seal_id", sa.String(length=16), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("have_bytes", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rollout_id"], ["rollouts.rollout_id"], name=op.f("fk_seal_updates_rollout_id")
        ),
        sa.PrimaryKeyConstraint("rollout_id", "seal_id", name=op.f("pk_seal_updates")),
        sqlite_with_rowid=False,
    )
