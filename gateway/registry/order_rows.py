"""Enrolment of quarantine orders: a household has one at a time, and has room for so many to come.
Each is given a code for the label of each of its doors."""

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
from gateway.registry.household_rows import HouseholdRows
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
from gateway.store.order_keys import OrderKeys
from gateway.store.statements import Row


class OrderRows:
    """Orders gathered against one snapshot.

    Args:
        connection: The snapshot.
        at_ms: Now, in milliseconds of UTC.
        zone: Where the site's clocks stand.
        households: On which they may be placed; may still grow.
        events: Where the gateway is told of each.
    """

    def __init__(
        self,
        connection: Connection,
        at_ms: int,
        zone: tzinfo,
        households: HouseholdRows,
        events: list[tuple[Subject, Event]],
    ) -> None:
        self._at_ms, self._zone, self._households = at_ms, zone, households
        self._events = events
        self._orders = EnrolledTable(connection, tables.orders)
        self._codes = DoorCodes(connection, at_ms)
        self._on: defaultdict[str, dict[str, Row]] = defaultdict(dict)  # by household and order_id
        for row in self._orders.rows():
            self._on[row["household_id"]][row["order_id"]] = row

    def take(self, new: NewOrder) -> RowResult:
        """Check an order and keep it for `write`. One without an id is given one, or that of an
        order which says the same. EnrolError, and nothing kept, if it does not fit."""
        household_id = self._households.meant(new.door_id, new.household_id)
        theirs = self._on[household_id]
        policy = Policy(new.openings_a_day, new.longest_ms, new.quiet, new.health_daily)
        order = Order(new.order_id or "", new.from_ms, new.to_ms, policy)
        row = door_writes.of_order(household_id, order)
        order_id = new.order_id or _same(theirs, row) or secrets.token_hex(8)
        row["order_id"] = order_id
        before = self._orders.get(order_id)
        if before == row:
            return RowResult.UNCHANGED
        if before is not None and before["household_id"] != household_id:
            whose = self._households.called(before["household_id"])
            raise EnrolError("order_id", order_id, f"is an order on {whose}")
        self._need_sense(new, before)
        self._need_room(new, [other for other in theirs.values() if other["order_id"] != order_id])
        return self._place(household_id, Order(order_id, new.from_ms, new.to_ms, policy), row)

    def end(self, ending: Ending) -> RowResult:
        """An order ends now; one that has not begun never does. EnrolError if there is none."""
        rows = self._meant(ending)
        result = RowResult.UNCHANGED
        for row in rows:
            if row["to_ms"] > self._at_ms:
                row = {**row, "to_ms": max(self._at_ms, row["from_ms"])}
                self._place(row["household_id"], door_writes.order_from(row), row)
                result = RowResult.ENDED
        return result

    def ends_on(self, household_id: str) -> None:
        """Every order on a household ends now."""
        if self._on[household_id]:
            self.end(Ending("orders", "", household_id=household_id))

    def live(self, household_id: str) -> str | None:
        """An order on a household that is not over, by its id; None if there is none."""
        rows = self._on.get(household_id, {}).values()
        return next((row["order_id"] for row in rows if row["to_ms"] > self._at_ms), None)

    def _meant(self, ending: Ending) -> list[Row]:
        """The order of an id; without one those of a household, at that beginning if one is
        said."""
        if ending.id:
            row = self._orders.get(ending.id)
            if row is None:
                raise EnrolError("order_id", ending.id, "there is no such order")
            return [row]
        household_id = self._households.meant(ending.door_id, ending.household_id)
        theirs = self._on[household_id].values()
        rows = [row for row in theirs if ending.from_ms in (None, row["from_ms"])]
        if not rows:
            raise EnrolError(*_column_of(ending), "has no such order")
        return rows

    def _place(self, household_id: str, order: Order, row: Row) -> RowResult:
        self._on[household_id][order.order_id] = row
        doors = self._households.doors_of(household_id)
        for door_id in doors:
            self._codes.need(order.order_id, door_id)
        for door_id in doors[:1]:  # who tells its other doors is the core
            self._events.append((of_door(door_id), OrderPlaced(order)))
        return self._orders.put(row)

    def is_changed(self) -> bool:
        """Whether `write` has anything to do."""
        return self._orders.is_changed()

    def new_of_households(self) -> list[str]:
        """Whose the new orders are, for each of them: it may need a key."""
        new = filter(self._orders.is_new, self._orders.fresh())
        return [self._orders.row(order_id)["household_id"] for order_id in new]

    def write(self, connection: Connection, keys: OrderKeys) -> None:
        """Store them, each with a key of its own. The caller's transaction."""
        self._orders.write(connection)
        self._codes.write(connection)
        placed = {order_id: self._orders.row(order_id) for order_id in self._orders.fresh()}
        households = {row["household_id"] for row in placed.values()}
        keys.look_up(sorted(households))
        for order_id, row in placed.items():
            keys.place(row["household_id"], order_id)
        keys.reseal_doors(sorted(households))

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
                whose = self._households.called(other["household_id"])
                sentence = f"has order {other['order_id']} on {whose} in that time already"
                raise EnrolError(*_column_of(new), sentence)
        if sum(other["to_ms"] > self._at_ms for other in others) >= ORDERS_MAX:
            raise EnrolError(
                *_column_of(new), f"has {ORDERS_MAX} orders already, which is the limit"
            )


def _column_of(row: NewOrder | Ending) -> tuple[str, str]:
    """The column by which a row says whose it is, and what stands there."""
    return ("door_id", row.door_id) if row.door_id else ("household", row.household_id)


def _same(theirs: dict[str, Row], wanted: Row) -> str | None:
    """The id of the order that one without an id is: of the household and of this beginning."""
    equal = (order_id for order_id, row in theirs.items() if row["from_ms"] == wanted["from_ms"])
    return next(equal, None)
