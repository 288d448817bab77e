"""Who keeps an order's records beyond their time: a person by name, with a reason and an end.

What is held stays whole, its key included, until the hold ends by itself or is lifted; then the
schedule goes on as if nothing had been. The household sees that it is held, by whom and why. What
it contests is held by itself, until somebody has answered.

No hold is ever changed: who extends one ends it and makes the next, so that each row says who
answered for which time, and why. The reason is about a household, so it is sealed with the order's
key like all that people write, and goes with it.
"""

import secrets
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Select, func, insert, or_, select, update

from gateway.core.duration import DAY_MS
from gateway.core.schedule_of_ends import Hold
from gateway.language import peoples_text
from gateway.language.catalogue import N_
from gateway.store import tables
from gateway.store.ending_tables import endings, holds
from gateway.store.household_tables import disputes
from gateway.store.matter_reach import OPEN_DISPUTES
from gateway.store.order_keys import SITE_HOUSEHOLD, OrderKeys
from gateway.store.records import Key, Part, part, records

HOLD_MAX_MS: Final = 365 * DAY_MS  # from when it is made: a longer one is made anew
ID_BYTES: Final = 8
BY_MAX: Final = 64  # characters of a name,
WHY_MAX: Final = 300  # and of a reason
ENDED_SHOWN_MAX: Final = 50
OF_ORDER_MAX: Final = 16  # that hold one order at the same time
_h = holds.c

_NAMELESS = N_("A hold needs the name of who answers for it, and a reason.")
_ENDLESS = N_("A hold ends in the future, within 365 days; make it anew after that.")
_TOO_LONG = N_("A name has at most 64 characters, and a reason at most 300.")
_NO_ORDER = N_("Of this order nothing is there any more that could be held.")
_NOT_LONGER = N_("A hold is extended to a later day; to end it earlier, lift it.")
_ANOTHERS = N_("This id is that of another hold; give each one its own.")
_OVER = N_("This hold has ended already.")
_ENOUGH = N_("Sixteen hold this order already; extend one of these, or lift one.")


class HeldRow(Struct, frozen=True):
    """A hold as it was made; `ended_ms`: it was taken back before `until_ms`."""

    hold_id: str
    order_id: str
    by: str
    why: str
    made_ms: int
    until_ms: int
    ended_ms: int | None

    def is_living(self, now_ms: int) -> bool:
        """Whether it holds at a time."""
        return self.ended_ms is None and now_ms < self.until_ms


class HeldOrder(Struct, frozen=True):
    """An order of a household of which something is there, with whoever held it, the oldest hold
    first. `is_disputed`: it is held by itself until a dispute is answered."""

    order_id: str
    from_ms: int
    to_ms: int
    held: list[HeldRow]
    is_disputed: bool

    def is_held(self, now_ms: int) -> bool:
        """Whether it is held at a time, by anybody."""
        return self.is_disputed or any(one.is_living(now_ms) for one in self.held)

    def over(self, now_ms: int) -> list[HeldRow]:
        """The latest holds that have ended, the oldest first."""
        return [one for one in self.held if not one.is_living(now_ms)][-ENDED_SHOWN_MAX:]

    def has_more_over(self, now_ms: int) -> bool:
        """Whether there were more than `over` says."""
        return sum(not one.is_living(now_ms) for one in self.held) > ENDED_SHOWN_MAX


class _Span(Struct, frozen=True):
    """An order's times."""

    order_id: str
    from_ms: int
    to_ms: int


class ListedHold(HeldRow, frozen=True, kw_only=True):
    """A hold in a list of many: whose it is, by a door of theirs (None once no door is there), and
    the time of its order."""

    door_id: str | None
    label: str | None
    from_ms: int
    to_ms: int


class HoldError(Exception):
    """It cannot be held so. The text is a sentence of the catalogues for whoever wants it."""


def hold(
    connection: Connection,
    order_id: str,
    by: str,
    why: str,
    until_ms: int,
    now_ms: int,
    hold_id: str = "",
) -> str:
    """Hold an order; the hold's id. The caller's transaction.

    Args:
        connection: one that writes.
        order_id: of a household, also once it is over, as long as its row is there.
        by: the name of the person who answers for it.
        why: in a sentence that its household reads.
        until_ms: when it ends by itself, in ms of UTC.
        now_ms: the gateway's time.
        hold_id: of the act that it came by, so that the same sent twice is one; drawn without.

    Raises:
        TextError: a name or a reason that cannot stand in a text.
        HoldError: without a name, a reason, a possible end, or such an order.
    """
    by, why = peoples_text.tidied(by), peoples_text.tidied(why)
    if not by or not why:
        raise HoldError(_NAMELESS)
    if len(by) > BY_MAX or len(why) > WHY_MAX:
        raise HoldError(_TOO_LONG)
    by, why = peoples_text.line(by, BY_MAX), peoples_text.line(why, WHY_MAX)
    if not now_ms < until_ms <= now_ms + HOLD_MAX_MS:
        raise HoldError(_ENDLESS)
    hold_id = hold_id or secrets.token_hex(ID_BYTES)
    if _is_made(connection, hold_id, order_id, now_ms):
        return hold_id
    its = [row for row in of_order(connection, order_id) if row.is_living(now_ms)]
    if len(its) >= OF_ORDER_MAX:
        raise HoldError(_ENOUGH)
    sealed = _sealed(connection, order_id, why, now_ms)
    row = HeldRow(hold_id, order_id, by, sealed, now_ms, until_ms, None)
    connection.execute(insert(holds), {name: getattr(row, name) for name in row.__struct_fields__})
    return hold_id


def extend(
    connection: Connection,
    hold_id: str,
    by: str,
    why: str,
    until_ms: int,
    now_ms: int,
    next_id: str = "",
) -> str:
    """A hold goes on until a later time, by whoever extends it: it ends, and another takes its
    place at the same moment; the id of that. As `hold`."""
    before = one(connection, hold_id)
    if before is not None and next_id and _is_made(connection, next_id, before.order_id, now_ms):
        return next_id
    if before is None or not before.is_living(now_ms):
        raise HoldError(_OVER)
    if until_ms <= before.until_ms:
        raise HoldError(_NOT_LONGER)
    lift(connection, hold_id, now_ms)  # the caller's transaction: both are, or neither
    return hold(connection, before.order_id, by, why, until_ms, now_ms, next_id)


def _is_made(connection: Connection, hold_id: str, order_id: str, now_ms: int) -> bool:
    """Whether there is this hold of an order. HoldError where its id is that of another one, or of
    one that has ended: it would be said to be held, and is not."""
    known = one(connection, hold_id)
    if known is None:
        return False
    if known.order_id != order_id:
        raise HoldError(_ANOTHERS)
    if not known.is_living(now_ms):
        raise HoldError(_OVER)
    return True


def alike(
    connection: Connection, order_id: str, by: str, why: str, until_ms: int, now_ms: int
) -> str | None:
    """The hold by which the same person holds an order now, for the same reason and as long."""
    for row in of_order(connection, order_id):
        if row.is_living(now_ms) and (row.by, row.why, row.until_ms) == (by, why, until_ms):
            return row.hold_id
    return None


def lift(connection: Connection, hold_id: str, now_ms: int) -> bool:
    """Take one hold back; whether it held. The caller's transaction."""
    its = update(holds).where(_h.hold_id == hold_id, _h.ended_ms.is_(None), _h.until_ms > now_ms)
    return connection.execute(its.values(ended_ms=now_ms)).rowcount > 0


def release(connection: Connection, order_id: str, now_ms: int) -> bool:
    """Take all holds of an order back; whether there was any. The caller's transaction."""
    its = update(holds).where(_h.order_id == order_id, _h.ended_ms.is_(None), _h.until_ms > now_ms)
    return connection.execute(its.values(ended_ms=now_ms)).rowcount > 0


def one(connection: Connection, hold_id: str) -> HeldRow | None:
    """A hold; None if there is none of this id."""
    found = records(connection, select(holds).where(_h.hold_id == hold_id), HeldRow)
    return next(iter(found), None)


def of_order(connection: Connection, order_id: str) -> list[HeldRow]:
    """All holds of an order, the oldest first, for its household and its record."""
    query = select(holds).where(_h.order_id == order_id).order_by(_h.made_ms, _h.hold_id)
    return records(connection, query, HeldRow)


def living(connection: Connection, now_ms: int) -> list[HeldRow]:
    """The holds that hold now, the next to end first."""
    query = select(holds).where(_holds_at(now_ms))
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


def orders_of(connection: Connection, household_id: str) -> list[HeldOrder]:
    """The orders of a household of which anything is left, the latest first, each with its
    holds."""
    o = tables.orders.c
    query = select(o.order_id, o.from_ms, o.to_ms).where(
        o.household_id == household_id, o.from_ms < o.to_ms
    )
    contested = disputed(connection)
    known = records(connection, query.order_by(o.to_ms.desc(), o.order_id), _Span)
    return [
        HeldOrder(
            one.order_id,
            one.from_ms,
            one.to_ms,
            of_order(connection, one.order_id),
            one.order_id in contested,
        )
        for one in known
    ]


def at_time(connection: Connection, household_id: str, at_ms: int) -> HeldOrder | None:
    """The order in whose time something at a household was; of several, the one that ends last."""
    known = orders_of(connection, household_id)
    return next((order for order in known if order.from_ms <= at_ms < order.to_ms), None)


def living_part(
    connection: Connection,
    now_ms: int,
    grids: frozenset[str] | None,
    limit: int,
    after: Key | None = None,
) -> Part[ListedHold]:
    """What holds now at a site or in some grids, the next to end first, from a key on."""
    query, order = _listed(_columns(), grids).where(_holds_at(now_ms)), (_h.until_ms, _h.hold_id)
    return part(connection, query, ListedHold, order, limit, after)


def ended_part(
    connection: Connection,
    now_ms: int,
    grids: frozenset[str] | None,
    limit: int,
    after: Key | None = None,
) -> Part[ListedHold]:
    """The same of what has ended, the latest first."""
    query = _listed(_columns(), grids).where(~_holds_at(now_ms))
    order = func.coalesce(_h.ended_ms, _h.until_ms), _h.hold_id
    return part(connection, query, ListedHold, order, limit, after, descends=True)


def living_count(connection: Connection, now_ms: int, grids: frozenset[str] | None) -> int:
    """How many hold now, of a site or of some grids."""
    query = _listed([func.count().label("count")], grids).where(_holds_at(now_ms))
    return int(connection.execute(query).scalar() or 0)


def _holds_at(now_ms: int) -> ColumnElement[bool]:
    return _h.ended_ms.is_(None) & (_h.until_ms > now_ms)


def _columns() -> list[ColumnElement[Any]]:
    d, o = tables.doors.c, tables.orders.c
    own = [_h[name] for name in HeldRow.__struct_fields__]
    return [*own, d.door_id, d.label, o.from_ms, o.to_ms]


def _listed(columns: list[ColumnElement[Any]], grids: frozenset[str] | None) -> Select[Any]:
    """Holds, each once, with its order and the first door of its household: in these grids, or
    anywhere and also where there is none any more."""
    d, o = tables.doors.c, tables.orders.c
    first = select(func.min(d.door_id).label("door_id"), d.household_id).group_by(d.household_id)
    if grids is not None:
        first = first.where(d.grid_id.in_(grids))
    home, is_outer = first.subquery(), grids is None
    return (
        select(*columns)
        .select_from(holds)
        .join(tables.orders, o.order_id == _h.order_id)
        .join(home, home.c.household_id == o.household_id, isouter=is_outer)
        .join(tables.doors, d.door_id == home.c.door_id, isouter=is_outer)
    )


def _sealed(connection: Connection, order_id: str, why: str, now_ms: int) -> str:
    """The reason, sealed with the order's key; with the site's once that is destroyed, for who it
    was cannot be told any more then. HoldError where there is no such order."""
    o = tables.orders.c
    query = (
        select(o.household_id, o.from_ms, endings.c.linked_ms)
        .join(endings, endings.c.order_id == o.order_id, isouter=True)
        .where(o.order_id == order_id)
    )
    row = connection.execute(query).first()
    if row is None:
        raise HoldError(_NO_ORDER)
    household_id = row.household_id if row.linked_ms is None else SITE_HOUSEHOLD
    return OrderKeys(connection, now_ms).seal(household_id, why, row.from_ms)
