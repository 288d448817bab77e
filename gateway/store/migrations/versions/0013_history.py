"""What engineers ask of pages and cases: on which step, by whose duty; and whose numbers the lines
have that InfluxDB will never take."""

import sqlalchemy as sa
from alembic import op

revision = "0013_history"
down_revision = "0012_wire"


def upgrade() -> None:
    """Columns of the outbox and of milestones, empty so far; a longer key of the unwritten."""
    with op.batch_alter_table("outbox") as outbox:
        outbox.add_column(sa.Column("step_index", sa.Integer(), nullable=True))
        outbox.add_column(sa.Column("round", sa.Integer(), server_default="0", nullable=False))
        outbox.add_column(
            sa.Column("role", sa.String(length=16), server_default="", nullable=False)
        )
    with op.batch_alter_table("milestones") as milestones:
        milestones.add_column(sa.Column("raised_ms", sa.BigInteger(), nullable=True))
        milestones.add_column(sa.Column("step_index", sa.Integer(), nullable=True))
        milestones.add_column(
            sa.Column("role", sa.String(length=16), server_default="", nullable=False)
        )
        milestones.add_column(
            sa.Column("by_person", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        milestones.add_column(sa.Column("outcome", sa.String(length=24), nullable=True))
    op.rename_table("unwritten", "unwritten_before")
    unwritten = op.create_table(
        "unwritten",
        sa.Column("reader", sa.String(length=32), nullable=False),
        sa.Column("journal_id", sa.BigInteger(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("reader", "journal_id", name=op.f("pk_unwritten")),
    )
    before = sa.table(
        "unwritten_before", *(sa.column(name) for name in ("journal_id", "at_ms", "line", "error"))
    )
    of_before = sa.select(sa.literal("influx"), *before.columns)
    op.execute(unwritten.insert().from_select(unwritten.columns.keys(), of_before))
    op.drop_table("unwritten_before")
