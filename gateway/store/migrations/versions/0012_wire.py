"""What seals say of themselves, what they are asked to do, and whose identity follows whose."""

import sqlalchemy as sa
from alembic import op

revision = "0012_wire"
down_revision = "0011_updates"


def upgrade() -> None:
    """A table of readings, one of commands, and a column of seals; all begin empty."""
    op.create_table(
        "seal_readings",
        sa.Column("seal_id", sa.String(length=16), nullable=False),
        sa.Column("heard_ms", sa.BigInteger(), nullable=False),
        sa.Column("battery_mv", sa.Integer(), nullable=True),
        sa.Column("signal_dbm", sa.Integer(), nullable=True),
        sa.Column("firmware", sa.String(length=16), nullable=True),
        sa.Column("reset_cause", sa.String(length=16), nullable=True),
        sa.Column("booted_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["seal_id"], ["seals.seal_id"], name=op.f("fk_seal_readings_seal_id")
        ),
        sa.PrimaryKeyConstraint("seal_id", name=op.f("pk_seal_readings")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "seal_commands",
        sa.Column(
            "command_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("seal_id", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("ticket", sa.BigInteger(), nullable=False),
        sa.Column("plain", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("about", sa.String(length=64), server_default="", nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("ends_ms", sa.BigInteger(), nullable=False),
        sa.Column("sent_ms", sa.BigInteger(), nullable=True),
        sa.Column("moved_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["seal_id"], ["seals.seal_id"], name=op.f("fk_seal_commands_seal_id")
        ),
        sa.PrimaryKeyConstraint("command_id", name=op.f("pk_seal_commands")),
    )
    op.create_index("ix_seal_commands_state", "seal_commands", ["state"])
    op.create_index("ix_seal_commands_seal_id", "seal_commands", ["seal_id"])
    with op.batch_alter_table("seals") as seals:
        seals.add_column(sa.Column("follows", sa.String(length=16), nullable=True))
