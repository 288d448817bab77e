"""Who keeps an order's records beyond their time: a person by name, with a reason and an end.

What is held stays whole, its key included, until the hold ends by itself or is taken back; then the
schedule goes on as if nothing had been. The household sees that it is held, by whom and why. What
it contests is held by itself, until somebody has answered.
"""

import secrets
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, insert, or_, select, update

from gateway.core.duration import DAY_MS
from gateway.core.schedule_of_ends import Hold
from gateway.language import peoples_text
from gateway.language.peoples_text import TextError
from gateway.store import tables
from gateway.store.ending_tables import holds
from gateway.store.household_tables import disputes
from gateway.store.household_views import OPEN_DISPUTES
from gateway.store.records import records

HOLD_MAX_MS: Final = 365 * DAY_MS  # from when it is made: a longer one is made anew
ID_BYTES: Final = 8
LINE_MAX: Final = 200  # characters of a name, and of a reason
_h = holds.c


class HeldRow(Struct, frozen=True):
    """A hold as it was made; `ended_ms`: it was taken back before `until_ms`."""

    hold_id: str
    order_id: str
    by: str
    why: str
    made_ms: int
    until_ms: int
    ended_ms: int | None


class HoldError(Exception):
    """It cannot be held so. The text is a sentence for whoever wants it."""


def hold(
    connection: Connection, order_id: str, by: str, why: str, until_ms: int, now_ms: int
) -> str:
    """Hold an order; the hold's id. HoldError without a name, a reason or a possible end. The
    caller's transaction."""
    if not by.strip() or not why.strip():
        raise HoldError("a hold needs the name of who answers for it, and a reason")
    try:  # its household reads both
        by, why = peoples_text.line(by, LINE_MAX), peoples_text.line(why, LINE_MAX)
    except TextError as error:
        raise HoldError(error.told("en")) from None
    if not now_ms < until_ms <= now_ms + HOLD_MAX_MS:
        raise HoldError("a hold ends in the future, within 365 days; make it anew after that")
    hold_id = secrets.token_hex(ID_BYTES)
    row = HeldRow(hold_id, order_id, by, why, now_ms, until_ms, None)
    connection.execute(insert(holds), {name: getattr(row, name) for name in row.__struct_fields__})
    return hold_id


def release(connection: Connection, order_id: str, now_ms: int) -> bool:
    """Take all holds of an order back; whether there was any. The caller's transaction."""
    its = update(holds).where(_h.order_id == order_id, _h.ended_ms.is_(None), _h.until_ms > now_ms)
    return connection.execute(its.values(ended_ms=now_ms)).rowcount > 0


def of_order(connection: Connection, order_id: str) -> list[HeldRow]:
    """All holds of an order, the oldest first, for its household and its record."""
    query = select(holds).where(_h.order_id == order_id).order_by(_h.made_ms, _h.hold_id)
    return records(connection, query, HeldRow)


def living(connection: Connection, now_ms: int) -> list[HeldRow]:
    """The holds that hold now, the next to end first."""
    query = select(holds).where(_h.ended_ms.is_(None), _h.until_ms > now_ms)
    return records(connection, query.order_by(_h.until_ms, _h.hold_id), HeldRow)


def disputed(connection: Connection) -> set[str]:
    """The orders of which a household contests a record, and nobody has answered yet: that in whose
    time it said so; said after an order, all of the household's."""
    d, o = disputes.c, tables.orders.c
    query = (
        select(o.order_id)
        .join(disputes, d.household_id == o.household_id)
        .where(d.state.in_(OPEN_DISPUTES), or_(d.order_id == o.order_id, d.order_id == ""))
    )
    return set(connection.execute(query).scalars())


def terms(connection: Connection, now_ms: int) -> list[Hold]:
    """All that is held now, for the schedule. A row that is spoilt holds too, until somebody takes
    it back: what is destroyed early nobody makes good."""
    query = select(_h.order_id, _h.until_ms).where(_h.ended_ms.is_(None), _h.until_ms > now_ms)
    by_people = [
        Hold(order_id, until_ms if isinstance(until_ms, int) else None)
        for order_id, until_ms in connection.execute(query)
    ]
    return [*by_people, *(Hold(order_id, None) for order_id in sorted(disputed(connection)))]
