"""Enrolment of quarantine orders: a door has one at a time, and has room for so many to come. Each
is given a code for the door's label."""

import secrets
from collections import defaultdict
from datetime import tzinfo

from sqlalchemy import Connection

from gateway.core.doors.orders import ORDERS_MAX
from gateway.core.duration import DAY_MS
from gateway.core.events import Event, OrderPlaced
from gateway.core.model import Order, Policy
from gateway.core.subject import Subject, of_door
from gateway.registry.door_codes import DoorCodes
from gateway.registry.enrolled_table import EnrolledTable
from gateway.registry.rows import (
    ORDER_DAYS_MAX,
    Ending,
    EnrolError,
    NewOrder,
    RowResult,
    local,
    need_future,
)
from gateway.store import door_writes, tables
from gateway.store.order_keys import OrderKeys, household_of
from gateway.store.statements import Row


class OrderRows:
    """Orders gathered against one snapshot.

    Args:
        connection: The snapshot.
        at_ms: Now, in milliseconds of UTC.
        zone: Where the site's clocks stand.
        doors: On which they may be placed; may still grow.
        events: Where the gateway is told of each.
    """

    def __init__(
        self,
        connection: Connection,
        at_ms: int,
        zone: tzinfo,
        doors: EnrolledTable,
        events: list[tuple[Subject, Event]],
    ) -> None:
        self._at_ms, self._zone, self._doors, self._events = at_ms, zone, doors, events
        self._orders = EnrolledTable(connection, tables.orders)
        self._codes = DoorCodes(connection, at_ms)
        self._on_door: defaultdict[str, dict[str, Row]] = defaultdict(dict)  # by order_id
        for row in self._orders.rows():
            self._on_door[row["door_id"]][row["order_id"]] = row

    def take(self, new: NewOrder) -> RowResult:
        """Check an order and keep it for `write`. One without an id is given one, or that of an
        order which says the same. EnrolError, and nothing kept, if it does not fit."""
        self._doors.need("door_id", new.door_id)
        on_door = self._on_door[new.door_id]
        policy = Policy(new.openings_a_day, new.longest_ms, new.quiet)
        order = Order(new.order_id or "", new.from_ms, new.to_ms, policy)
        row = door_writes.of_order(new.door_id, order)
        order_id = new.order_id or _same(on_door, row) or secrets.token_hex(8)
        row["order_id"] = order_id
        before = self._orders.get(order_id)
        if before == row:
            return RowResult.UNCHANGED
        if before is not None and before["door_id"] != new.door_id:
            raise EnrolError("order_id", order_id, f"is an order on door {before['door_id']}")
        self._need_sense(new, before)
        self._need_room(new, [other for other in on_door.values() if other["order_id"] != order_id])
        return self._place(new.door_id, Order(order_id, new.from_ms, new.to_ms, policy), row)

    def end(self, ending: Ending) -> RowResult:
        """An order ends now; one that has not begun never does. EnrolError if there is none."""
        rows = self._meant(ending)
        result = RowResult.UNCHANGED
        for row in rows:
            if row["to_ms"] > self._at_ms:
                row = {**row, "to_ms": max(self._at_ms, row["from_ms"])}
                self._place(row["door_id"], door_writes.order_from(row), row)
                result = RowResult.ENDED
        return result

    def ends_on(self, door_id: str) -> None:
        """Every order on a door ends now."""
        if self._on_door[door_id]:
            self.end(Ending("orders", "", door_id))

    def _meant(self, ending: Ending) -> list[Row]:
        """The order of an id; without one those of a door, at that beginning if one is said."""
        if ending.id:
            row = self._orders.get(ending.id)
            if row is None:
                raise EnrolError("order_id", ending.id, "there is no such order")
            return [row]
        self._doors.need("door_id", ending.door_id)
        on_door = self._on_door[ending.door_id].values()
        rows = [row for row in on_door if ending.from_ms in (None, row["from_ms"])]
        if not rows:
            raise EnrolError("door_id", ending.door_id, "has no such order")
        return rows

    def _place(self, door_id: str, order: Order, row: Row) -> RowResult:
        self._on_door[door_id][order.order_id] = row
        self._codes.need(order.order_id, door_id)
        self._events.append((of_door(door_id), OrderPlaced(order)))
        return self._orders.put(row)

    def is_changed(self) -> bool:
        """Whether `write` has anything to do."""
        return self._orders.is_changed()

    def new_count(self) -> int:
        """How many orders are new: each may need a key."""
        return sum(map(self._orders.is_new, self._orders.fresh()))

    def write(self, connection: Connection, keys: OrderKeys) -> None:
        """Store them, each with a key of its own. The caller's transaction."""
        self._orders.write(connection)
        self._codes.write(connection)
        placed = {order_id: self._orders.row(order_id) for order_id in self._orders.fresh()}
        households = {
            row["door_id"]: household_of(connection, row["door_id"]) for row in placed.values()
        }
        keys.look_up(households.values())
        for order_id, row in placed.items():
            keys.place(households[row["door_id"]], order_id)
        keys.reseal_doors(households)

    def _need_sense(self, new: NewOrder, before: Row | None) -> None:
        """A new order is not over. A known one may be taken back to a time that is: a release that
        is entered late."""
        if before is None or new.to_ms <= new.from_ms or new.to_ms > self._at_ms:
            need_future(new, self._at_ms, self._zone)
        if new.to_ms - new.from_ms > ORDER_DAYS_MAX * DAY_MS:
            to = local(new.to_ms, self._zone)
            raise EnrolError("to", to, f"an order lasts {ORDER_DAYS_MAX} days at most")

    def _need_room(self, new: NewOrder, others: list[Row]) -> None:
        for other in others:
            if other["from_ms"] < new.to_ms and new.from_ms < other["to_ms"]:
                raise EnrolError(
                    "door_id", new.door_id, f"has order {other['order_id']} in that time already"
                )
        if sum(other["to_ms"] > self._at_ms for other in others) >= ORDERS_MAX:
            raise EnrolError(
                "door_id", new.door_id, f"has {ORDERS_MAX} orders already, which is the limit"
            )


def _same(on_door: dict[str, Row], wanted: Row) -> str | None:
    """The id of the order that one without an id is: of the door and of this beginning."""
    equal = (order_id for order_id, row in on_door.items() if row["from_ms"] == wanted["from_ms"])
    return next(equal, None)
