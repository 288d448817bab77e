"""The codes on the labels of doors: one for each order and contact of its household, and which
order and door one is of."""

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Index,
    String,
    Table,
    bindparam,
    select,
)

from gateway.core.proof import Scan
from gateway.store import tables
from gateway.store.records import records
from gateway.store.sealed_columns import revealed
from gateway.store.tables import metadata

DOOR_CODES = Table(
    "door_codes",  # readable, as a label must be printed again; registry/door_codes.py makes them
    metadata,
    Column("order_id", String(64), primary_key=True),
    Column("door_id", String(64), ForeignKey("doors.door_id"), primary_key=True),
    Column("code", String(16), nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Column("printed_ms", BigInteger, nullable=True),  # when its label was last printed
    Index("ix_door_codes_code", "code", unique=True),
    Index("ix_door_codes_door_id", "door_id"),
)


class LabelRow(msgspec.Struct, frozen=True):
    """A door, its order whose label hangs there or is to, and the code; None before it has one."""

    door_id: str
    label: str
    order_id: str
    from_ms: int
    to_ms: int
    code: str | None
    printed_ms: int | None


def scan_of(connection: Connection, code: str) -> Scan:
    """Which door and order the ten digits are of; an empty scan where they are nobody's."""
    c = DOOR_CODES.c
    row = connection.execute(select(c.door_id, c.order_id).where(c.code == code)).first()
    return Scan() if row is None else Scan(*row)


_CODE_OF = (
    select(DOOR_CODES.c.order_id).where(DOOR_CODES.c.door_id == bindparam("its_door_id")).limit(1)
)


def has_code(connection: Connection, door_id: str) -> bool:
    """Whether a label of the door may hang there."""
    return connection.execute(_CODE_OF, {"its_door_id": door_id}).first() is not None


def labels(connection: Connection, now_ms: int) -> list[LabelRow]:
    """Of each door in use the order that runs, else the next to come; doors without one are left
    out. In the order in which an installer walks: by building, stair and label."""
    o, d, c = tables.orders.c, tables.doors.c, DOOR_CODES.c
    own = d.door_id, d.label, o.order_id, o.from_ms, o.to_ms, c.code, c.printed_ms
    query = (
        select(*own)
        .join(tables.doors, d.household_id == o.household_id)
        .join(DOOR_CODES, (c.order_id == o.order_id) & (c.door_id == d.door_id), isouter=True)
        .where(o.to_ms > now_ms, o.from_ms < o.to_ms, d.ended_ms.is_(None))
        .order_by(d.building, d.stair, revealed(d.label), d.door_id, o.from_ms)
    )
    first: dict[str, LabelRow] = {}
    for row in records(connection, query, LabelRow):
        first.setdefault(row.door_id, row)
    return list(first.values())
