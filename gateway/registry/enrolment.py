"""Enrolment: rows of the registry, and a pending event for the gateway for each that a door must
know of.

Everything is checked against one snapshot and written in the same transaction, or nothing is. A
row that is there already changes nothing, so the same file can be imported twice. A running gateway
reads the pending events within a second; one that is stopped reads them at its next start.
"""

import secrets
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, tzinfo
from typing import Any, assert_never

import msgspec
from sqlalchemy import Connection

from gateway.core.actor import CENTRE
from gateway.core.doors.orders import ORDERS_MAX
from gateway.core.duration import DAY_MS
from gateway.core.events import DoorClassed, Event, OrderPlaced, SealBound
from gateway.core.model import Order, Permit
from gateway.core.subject import SubjectKind
from gateway.registry.credentials import hash_password, password_matches
from gateway.registry.enrolled_rows import UNBIND, by_door, kept, known, policy, said_of, same
from gateway.registry.permits import Announcements, PermitError
from gateway.registry.rows import (
    ORDER_DAYS_MAX,
    EnrolError,
    NewDoor,
    NewGrid,
    NewOrder,
    NewOverride,
    NewPermit,
    NewSeal,
    NewShift,
    NewWarden,
    Row,
    RowResult,
    kind_of,
    local,
    need_future,
)
from gateway.registry.schedule_rows import ScheduleRows
from gateway.store import tables
from gateway.store.database import Store
from gateway.store.statements import upsert

_encode = msgspec.json.Encoder().encode


def enrol_seal(
    store: Store,
    *,
    seal_id: str,
    key: bytes,
    door_id: str | None,
    broker_password: str,
    at_ms: int,
    heartbeat_ms: int | None = None,
    replace: bool = True,
) -> None:
    """Enrol one seal, on a door or on none yet. With `replace` it may take a door from another.
    `heartbeat_ms` is how often it will send a heartbeat, so that its silence is noticed.

    EnrolError if the seal is known with another key or hangs on another door, or if there is no
    such door; StoreError if nothing can be stored.
    """
    with store.writing() as connection:
        enrolment = Enrolment(connection, at_ms, UTC, replace=replace)  # a seal's row has no time
        enrolment.take(NewSeal(seal_id, key, door_id, broker_password, heartbeat_ms=heartbeat_ms))
        enrolment.write()


class Enrolment:
    """Rows gathered against one snapshot of the registry; `write` stores all of them.

    `replace` lets a new seal take a door from the seal that hangs there.
    """

    def __init__(
        self, connection: Connection, at_ms: int, zone: tzinfo, *, replace: bool = False
    ) -> None:
        self._connection, self._at_ms, self._zone = connection, at_ms, zone
        self._replace = replace
        self.counts: Counter[tuple[str, RowResult]] = Counter()
        self._fresh: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
        self._pending_events: list[dict[str, Any]] = []
        self._unbound: list[dict[str, Any]] = []
        self._grids = known(connection, tables.grids, "grid_id")
        self._wardens = known(connection, tables.wardens, "warden_id")
        self._doors = known(connection, tables.doors, *_DOOR)
        self._seals = known(connection, tables.seals, *_SEAL)
        self._orders = known(connection, tables.orders, "order_id")
        self._permits = Announcements(connection, at_ms, zone, self._doors)
        self._schedule = ScheduleRows(connection, at_ms, zone, self._grids, self._wardens)
        self._seal_on = {row["door_id"]: row["seal_id"] for row in self._seals.values()}
        self._orders_on = by_door(self._orders.values())

    def take(self, row: Row) -> RowResult:
        """Check a row and keep it for `write`. EnrolError, and nothing kept, if it does not fit."""
        match row:
            case NewGrid():
                outcome = self._put("grids", self._grids, row.grid_id, msgspec.structs.asdict(row))
            case NewWarden():
                outcome = self._warden(row)
            case NewDoor():
                outcome = self._door(row)
            case NewSeal():
                outcome = self._seal(row)
            case NewOrder():
                outcome = self._order(row)
            case NewPermit():
                outcome = self._permit(row)
            case NewShift() | NewOverride():
                outcome = self._schedule.take(row)
            case _:
                assert_never(row)
        self.counts[kind_of(row), outcome] += 1
        return outcome

    def write(self) -> None:
        """Store every row, and the pending events. The caller's transaction."""
        if self._unbound:
            self._connection.execute(UNBIND, self._unbound)
        for name in ("grids", "wardens", "doors", "seals", "orders"):
            rows = list(self._fresh[name].values())
            if name == "seals":
                rows = [{**row, "enrolled_ms": self._at_ms} for row in rows]
            if rows:
                table = tables.metadata.tables[name]
                changes = [column for column in rows[0] if column != "enrolled_ms"]
                statement = upsert(self._connection.dialect.name, table, changes)
                self._connection.execute(statement, rows)
        self._schedule.write()
        if self._pending_events:
            self._connection.execute(tables.pending_events.insert(), self._pending_events)
        self._permits.write()  # no door is new by them: the gateway need not read the registry
        changed = self._pending_events or any(self._fresh.values()) or self._schedule.changed
        if changed:  # so that a running gateway reads it anew
            self._connection.execute(tables.enrolments.insert(), {"at_ms": self._at_ms})

    def _put(
        self, name: str, known: dict[str, dict[str, Any]], key: str, row: dict[str, Any]
    ) -> RowResult:
        before = known.get(key)
        if before == row:
            return RowResult.UNCHANGED
        known[key] = self._fresh[name][key] = row
        return RowResult.ADDED if before is None else RowResult.CHANGED

    def _tell(self, door_id: str, event: Event) -> None:
        self._pending_events.append(
            {"subject_kind": SubjectKind.DOOR, "subject_id": door_id, "body": _encode(event)}
        )

    def _warden(self, row: NewWarden) -> RowResult:
        self._need_grid(row.grid_id)
        if row.warden_id == CENTRE.actor_id:
            raise EnrolError("warden_id", row.warden_id, "is the centre's own; take another")
        values = msgspec.structs.asdict(row)
        values |= {"channels": _encode(row.channels).decode(), "role": row.role.value}
        return self._put("wardens", self._wardens, row.warden_id, values)

    def _door(self, row: NewDoor) -> RowResult:
        self._need_grid(row.grid_id)
        before = self._doors.get(row.door_id, {"door_class": ""})
        values = kept(msgspec.structs.asdict(row), before)
        values["door_class"] = values["door_class"] or ""
        if values["stair"] and not values["building"]:
            raise EnrolError("stair", values["stair"], "needs its building")
        if values["door_class"] != before["door_class"]:
            self._tell(row.door_id, DoorClassed(values["door_class"]))
        return self._put("doors", self._doors, row.door_id, values)

    def _seal(self, row: NewSeal) -> RowResult:
        before = self._seals.get(row.seal_id)
        if before is not None:
            self._need_same_seal(row, before)
        door_id = row.door_id or (before["door_id"] if before else None)
        if door_id is not None:
            self._take_door(door_id, row.seal_id)
        password_hash = before["broker_hash"] if before else ""
        if row.broker_password and not password_matches(row.broker_password, password_hash):
            password_hash = hash_password(row.broker_password)
        said = {"batch": row.batch, "heartbeat_ms": row.heartbeat_ms}
        values: dict[str, Any] = {"seal_id": row.seal_id, "door_id": door_id, "key": row.key}
        values |= {"broker_hash": password_hash, **kept(said, before or {})}
        told = before or {"door_id": None, "heartbeat_ms": None}
        outcome = self._put("seals", self._seals, row.seal_id, values)
        heartbeat_ms = values["heartbeat_ms"]
        if door_id is not None and (told["door_id"], told["heartbeat_ms"]) != (
            door_id,
            heartbeat_ms,
        ):
            self._tell(door_id, SealBound(row.seal_id, heartbeat_ms))
        return outcome

    def _need_same_seal(self, row: NewSeal, before: dict[str, Any]) -> None:
        if before["key"] != row.key:
            raise EnrolError("seal_id", row.seal_id, "is enrolled already, with another key")
        if before["door_id"] not in (None, row.door_id) and row.door_id is not None:
            raise EnrolError(
                "door_id",
                row.door_id,
                f"but seal {row.seal_id} hangs on door {before['door_id']} already; "
                "flash a fresh seal for this door",
            )

    def _take_door(self, door_id: str, seal_id: str) -> None:
        """The door is this seal's; the one that hung there, if any, hangs nowhere."""
        self._need_door(door_id)
        other = self._seal_on.get(door_id)
        if other not in (None, seal_id):
            if not self._replace:
                raise EnrolError(
                    "door_id",
                    door_id,
                    f"carries seal {other} already; say --replace if the new one hangs instead",
                )
            self._seals[other]["door_id"] = None
            self._unbound.append({"b_seal_id": other})
        self._seal_on[door_id] = seal_id

    def _order(self, row: NewOrder) -> RowResult:
        self._need_door(row.door_id)
        on_door = self._orders_on[row.door_id]
        said = said_of(row)
        order_id = row.order_id or same(on_door, "order_id", said) or secrets.token_hex(8)
        values = {"order_id": order_id, **said}
        before = self._orders.get(order_id)
        if before == values:
            return RowResult.UNCHANGED
        if before is not None and before["door_id"] != row.door_id:
            raise EnrolError("order_id", order_id, f"is an order on door {before['door_id']}")
        need_future(row, self._at_ms, self._zone)
        if row.to_ms - row.from_ms > ORDER_DAYS_MAX * DAY_MS:
            to = local(row.to_ms, self._zone)
            raise EnrolError("to", to, f"an order lasts {ORDER_DAYS_MAX} days at most")
        others = [order for order in on_door if order["order_id"] != order_id]
        for other in others:
            if other["from_ms"] < row.to_ms and row.from_ms < other["to_ms"]:
                raise EnrolError(
                    "door_id", row.door_id, f"has order {other['order_id']} in that time already"
                )
        self._need_room(others, row.door_id)
        self._orders_on[row.door_id] = [*others, values]
        self._tell(row.door_id, OrderPlaced(Order(order_id, row.from_ms, row.to_ms, policy(row))))
        return self._put("orders", self._orders, order_id, values)

    def _permit(self, row: NewPermit) -> RowResult:
        self._need_door(row.door_id)
        its_own = {k: v for k, v in msgspec.structs.asdict(row).items() if k != "door_id"}
        try:
            announced = self._permits.announce(
                row.door_id, Permit(**its_own | {"permit_id": row.permit_id or ""})
            )
        except PermitError as wrong:
            raise EnrolError(wrong.field, wrong.value, wrong.told("en")) from None
        return RowResult.ADDED if announced.is_new else RowResult.UNCHANGED

    def _need_grid(self, grid_id: str) -> None:
        if grid_id not in self._grids:
            raise EnrolError("grid_id", grid_id, "there is no such grid; enrol the grids first")

    def _need_door(self, door_id: str) -> None:
        if door_id not in self._doors:
            raise EnrolError("door_id", door_id, "there is no such door; enrol the doors first")

    def _need_room(self, others: Iterable[dict[str, Any]], door_id: str) -> None:
        if sum(row["to_ms"] > self._at_ms for row in others) >= ORDERS_MAX:
            raise EnrolError(
                "door_id", door_id, f"has {ORDERS_MAX} orders already, which is the limit"
            )


_DOOR = ("door_id", "label", "grid_id", "door_class", "building", "stair", "point")
_SEAL = ("seal_id", "door_id", "key", "broker_hash", "batch", "heartbeat_ms")
