"""On the way, handed over, taken back, and a note with a report."""

import sqlalchemy as sa
from alembic import op

revision = "0004_workflow"
down_revision = "0003_webhooks"


def upgrade() -> None:
    """Say of a case who is on the way, what was noted, and who is to have it; a table of what
    people did about it beside its loop."""
    columns: list[sa.Column[object]] = [
        sa.Column("on_the_way_by", sa.Text(), nullable=True),
        sa.Column("on_the_way_ms", sa.BigInteger(), nullable=True),
        sa.Column("on_the_way_arrived_ms", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("reported_from", sa.String(length=16), nullable=True),
        sa.Column("handed_to", sa.Text(), server_default="", nullable=False),
    ]
    for column in columns:
        op.add_column("cases", column)
    op.create_table(
        "detours",
        sa.Column("case_id", sa.String(length=80), nullable=False),
        sa.Column("action_id", sa.String(length=80), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("done_ms", sa.BigInteger(), nullable=False),
        sa.Column("arrived_ms", sa.BigInteger(), nullable=False),
        sa.Column("to", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "action_id", name=op.f("pk_detours")),
        sqlite_with_rowid=False,
    )
