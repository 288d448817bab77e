"""Which seal hangs on which door, and what would be said of it there."""

from typing import NamedTuple

from sqlalchemy import Connection, func, select

from gateway.store import tables


class Hanging(NamedTuple):
    """A seal in use. `door_id` and `label`: where it hangs, None if nowhere. `until_ms`: the end of
    that door's order, if one runs. `openings`: recorded there by this seal."""

    seal_id: str
    door_id: str | None
    label: str | None
    until_ms: int | None
    openings: int


def of_seal(connection: Connection, seal_id: str, now_ms: int) -> Hanging | None:
    """A seal in use; None if there is none of this id."""
    s, d = tables.seals.c, tables.doors.c
    query = (
        select(s.seal_id, s.door_id, d.label)
        .join_from(tables.seals, tables.doors, s.door_id == d.door_id, isouter=True)
        .where(s.seal_id == seal_id, s.ended_ms.is_(None))
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    if row.door_id is None:
        return Hanging(seal_id, None, None, None, 0)
    until_ms = order_until_ms(connection, row.door_id, now_ms)
    return Hanging(*row, until_ms, _openings(connection, row.door_id, seal_id))


def on_door(connection: Connection, door_id: str, now_ms: int) -> Hanging | None:
    """The seal that hangs on a door; None if none does."""
    c = tables.seals.c
    seal_id = connection.execute(
        select(c.seal_id).where(c.door_id == door_id, c.ended_ms.is_(None))
    ).scalar()
    return None if seal_id is None else of_seal(connection, seal_id, now_ms)


def order_until_ms(connection: Connection, door_id: str, now_ms: int) -> int | None:
    """The end of the order that runs on a door's household now."""
    c, d = tables.orders.c, tables.doors.c
    runs = (d.door_id == door_id) & (c.from_ms <= now_ms) & (c.to_ms > now_ms)
    query = select(func.max(c.to_ms)).join(tables.doors, d.household_id == c.household_id)
    return connection.execute(query.where(runs)).scalar()


def _openings(connection: Connection, door_id: str, seal_id: str) -> int:
    c = tables.openings.c  # an opening's id begins with the seal that told of it
    theirs = (c.door_id == door_id) & c.opening_id.startswith(f"{seal_id}-", autoescape=True)
    return connection.execute(select(func.count()).where(theirs)).scalar() or 0
