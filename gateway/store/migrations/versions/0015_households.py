"""Households: an order and a permit are a household's, whatever the number of its contacts.

Every door that is there is a household of its own, of the door's id. The code on a label is of an
order and a door, for each contact has its label.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015_households"
down_revision = "0014_after"


def upgrade() -> None:
    """A table of households, filled; doors, orders and permits name theirs."""
    households = op.create_table(
        "households",
        sa.Column("household_id", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=8), server_default="zh", nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=True),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("household_id", name=op.f("pk_households")),
    )
    doors = sa.table("doors", sa.column("door_id"), sa.column("ended_ms"))
    site = sa.table("site", sa.column("made_ms"))
    made_ms = sa.func.coalesce(sa.select(sa.func.min(site.c.made_ms)).scalar_subquery(), 0)
    of_doors = sa.select(doors.c.door_id, made_ms, doors.c.ended_ms)
    op.execute(households.insert().from_select(["household_id", "made_ms", "ended_ms"], of_doors))
    _doors()
    for name in ("orders", "permits"):
        _of_households(name)
    _codes()
    op.add_column("openings", sa.Column("beside", sa.String(length=80), nullable=True))
    op.add_column("cases", sa.Column("contacts", sa.Text(), server_default="[]", nullable=False))


def _doors() -> None:
    """Each door its own household's."""
    op.add_column("doors", sa.Column("household_id", sa.String(length=64), nullable=True))
    op.execute("UPDATE doors SET household_id = door_id")
    with op.batch_alter_table("doors") as doors:
        doors.alter_column("household_id", existing_type=sa.String(length=64), nullable=False)
        doors.create_foreign_key(
            op.f("fk_doors_household_id"), "households", ["household_id"], ["household_id"]
        )
    op.create_index("ix_doors_household_id", "doors", ["household_id"])


def _of_households(name: str) -> None:
    """What was on a door is its household's, under the door's id."""
    op.drop_index(f"ix_{name}_door_id", table_name=name)
    with op.batch_alter_table(name) as table:
        table.alter_column(
            "door_id",
            new_column_name="household_id",
            existing_type=sa.String(length=64),
            existing_nullable=False,
        )
        table.drop_constraint(op.f(f"fk_{name}_door_id"), type_="foreignkey")
    with op.batch_alter_table(name) as table:  # the name it has since the one before
        table.create_foreign_key(
            op.f(f"fk_{name}_household_id"), "households", ["household_id"], ["household_id"]
        )
    op.create_index(f"ix_{name}_household_id", name, ["household_id"])


def _codes() -> None:
    """A code of each contact: its order alone names it no more."""
    for name in ("code", "door_id"):
        op.drop_index(f"ix_door_codes_{name}", table_name="door_codes")
    op.rename_table("door_codes", "door_codes_before")
    codes = op.create_table(
        "door_codes",
        sa.Column("order_id", sa.String(length=64), nullable=False),
        sa.Column("door_id", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("printed_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["door_id"], ["doors.door_id"], name=op.f("fk_door_codes_door_id")),
        sa.PrimaryKeyConstraint("order_id", "door_id", name=op.f("pk_door_codes")),
    )
    names = list(codes.columns.keys())
    before = sa.table("door_codes_before", *(sa.column(name) for name in names))
    op.execute(codes.insert().from_select(names, sa.select(*before.columns)))
    op.drop_table("door_codes_before")
    op.create_index("ix_door_codes_code", "door_codes", ["code"], unique=True)
    op.create_index("ix_door_codes_door_id", "door_codes", ["door_id"])
