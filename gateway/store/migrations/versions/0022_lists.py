"""Doors are found by their grid, and a case by its number, without going through all of them."""

from hashlib import blake2b

import sqlalchemy as sa
from alembic import op

revision = "0022_lists"
down_revision = "0021_newest"

_ROWS = 10_000  # in memory at once


def upgrade() -> None:
    """An index each, and the number of every case beside its id (core.cases.number as it was)."""
    in_use = sa.text("ended_ms IS NULL")
    op.create_index(
        "ix_doors_grid_id", "doors", ["grid_id"], sqlite_where=in_use, postgresql_where=in_use
    )
    op.add_column("cases", sa.Column("number", sa.String(7), nullable=False, server_default=""))
    cases = sa.table("cases", sa.column("case_id", sa.Text), sa.column("number", sa.Text))
    c, connection, last = cases.c, op.get_bind(), ""
    change = cases.update().where(c.case_id == sa.bindparam("its_id"))
    change = change.values(number=sa.bindparam("its_number"))
    while True:
        some = sa.select(c.case_id).where(c.case_id > last).order_by(c.case_id).limit(_ROWS)
        ids = list(connection.execute(some).scalars())
        if not ids:
            break
        last = ids[-1]
        rows = [{"its_id": case_id, "its_number": _number(case_id)} for case_id in ids]
        connection.execute(change, rows)
    op.create_index("ix_cases_number", "cases", ["number"])


def _number(case_id: str) -> str:
    digits = f"{int.from_bytes(blake2b(case_id.encode(), digest_size=8).digest()) % 10**6:06}"
    return f"{digits[:3]}-{digits[3:]}"
