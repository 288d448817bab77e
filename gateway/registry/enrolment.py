"""Enrolment: rows of the registry, and a pending event for the gateway for each that a door must
know of.

Everything is checked against one snapshot, while the gateway goes on writing, and written in one
transaction, or nothing is (`enrol`). A row that is there already changes nothing, so the same file
can be imported twice. A running gateway reads the pending events within a second; one that is
stopped reads them at its next start.
"""

import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, tzinfo
from typing import assert_never

import msgspec
from msgspec.structs import asdict, replace
from sqlalchemy import Connection

from gateway.core.actor import CENTRE
from gateway.core.events import DoorEnded, Event
from gateway.core.model import Permit
from gateway.core.subject import Subject, of_door
from gateway.registry.door_rows import DoorRows
from gateway.registry.enrolled_table import EnrolledTable
from gateway.registry.household_rows import HouseholdRows
from gateway.registry.load import enrolment as latest_enrolment
from gateway.registry.order_rows import OrderRows
from gateway.registry.permits import Announcements, PermitError, PermitPastError
from gateway.registry.rows import (
    Ending,
    EnrolError,
    NewContact,
    NewDoor,
    NewGrid,
    NewOrder,
    NewOverride,
    NewPermit,
    NewRow,
    NewSeal,
    NewShift,
    NewWarden,
    PastError,
    Row,
    RowResult,
    SealMove,
    id_of,
    kind_of,
)
from gateway.registry.schedule_rows import ScheduleRows
from gateway.registry.seal_rows import SealRows
from gateway.store import pending, tables
from gateway.store.database import Store, as_store_error
from gateway.store.order_keys import OrderKeys

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
    """Enrol one seal, on a door or on none yet.

    Args:
        seal_id: 16 hexadecimal digits.
        key: 32 bytes.
        broker_password: Random; only its hash is stored.
        at_ms: Now, in milliseconds of UTC.
        heartbeat_ms: How often it will send a heartbeat, so that its silence is noticed.
        replace: Whether it may take the door from another seal.

    Raises:
        EnrolError: The seal is known with another key or hangs on another door, or there is no such
            door.
        StoreError: Nothing can be stored.
    """
    seal = NewSeal(seal_id, key, door_id, broker_password, heartbeat_ms=heartbeat_ms)

    def take(connection: Connection) -> Enrolment:
        enrolment = Enrolment(connection, at_ms, UTC, replace=replace)  # a seal's row has no time
        enrolment.take(seal)
        return enrolment

    enrol(store, take)


def enrol(store: Store, take: "Callable[[Connection], Enrolment | None]") -> None:
    """Enrol: checked on a snapshot, while the gateway goes on writing; it waits only while what is
    new is written. Where another enrolment was quicker, all is checked once more.

    Args:
        store: The database.
        take: Takes the rows against a connection; None if nothing is to be written.

    Raises:
        StoreError: Nothing can be stored. And whatever `take` raises.
    """
    with store.reading() as snapshot:
        enrolment = take(snapshot)
    if enrolment is None:
        return
    # A key is on the disk before what it seals; a gateway's reports do not wait for that.
    made = store.keys.spares(enrolment.keys_max())
    with as_store_error(store.path), made, store.writing() as connection:
        if not enrolment.is_current(connection):
            enrolment = take(connection)
        if enrolment is not None:
            enrolment.write(connection)


class Enrolment:
    """Rows gathered against one snapshot of the registry; `write` stores all of them.

    Args:
        connection: The snapshot, in a transaction that writes if `write` is to be called.
        at_ms: Now, in milliseconds of UTC.
        zone: Where the site's clocks stand.
        replace: Whether a new seal takes a door from the seal that hangs there.
    """

    def __init__(
        self, connection: Connection, at_ms: int, zone: tzinfo, *, replace: bool = False
    ) -> None:
        self.counts: Counter[tuple[str, RowResult]] = Counter()  # by table
        self._connection, self._at_ms = connection, at_ms
        self._snapshot = latest_enrolment(connection)
        self._events: list[tuple[Subject, Event]] = []
        self._ended_doors: list[str] = []
        self._grids = EnrolledTable(connection, tables.grids)
        self._wardens = EnrolledTable(connection, tables.wardens)
        self._doors = DoorRows(connection, self._grids, self._events)
        doors = self._doors.table
        self._seals = SealRows(connection, at_ms, doors, self._events, replace=replace)
        self._households = HouseholdRows(connection, at_ms, doors)
        self._orders = OrderRows(connection, at_ms, zone, self._households, self._events)
        self._permits = Announcements(connection, at_ms, zone, self._households, explains=False)
        self._schedule = ScheduleRows(connection, at_ms, zone, self._grids, self._wardens)

    def foresee(self, rows: Iterable[Row]) -> None:
        """Know of rows that will be taken, so that some seals may change places among themselves,
        and all doors of a household their grid."""
        rows = list(rows)
        self._seals.foresee(row for row in rows if isinstance(row, NewSeal | SealMove))
        self._households.foresee(row for row in rows if isinstance(row, NewDoor))

    def doors_by_label(self) -> dict[str, list[str]]:
        """The doors by what people call them (`peoples_text.sameness`), with those just taken."""
        return self._doors.by_label()

    def take(self, row: Row) -> RowResult:
        """Check a row and keep it for `write`. EnrolError, and nothing kept, if it does not fit.

        A door may be named by its label, where only one is called so. A door of no id is the one of
        its grid that is called so, or a new one.
        """
        row = self._named(row)
        if isinstance(row, SealMove):
            result = self._seals.move(row)
        else:
            result = self._end(row) if isinstance(row, Ending) else self._take(row)
        self.counts[kind_of(row), result] += 1
        return result

    def _take(self, row: NewRow) -> RowResult:
        match row:
            case NewGrid():
                return self._grids.put(asdict(row))
            case NewWarden():
                return self._warden(row)
            case NewDoor():
                return self._door(row)
            case NewSeal() | NewContact():
                return self._seals.take(row)
            case NewOrder():
                return self._orders.take(row)
            case NewPermit():
                return self._permit(row)
            case NewShift() | NewOverride():
                return self._schedule.take(row)
            case _:
                assert_never(row)

    def is_current(self, connection: Connection) -> bool:
        """Whether nobody has enrolled anything since the snapshot."""
        return latest_enrolment(connection) == self._snapshot

    def keys_max(self) -> int:
        """How many new keys `write` makes at most. A household's first order takes over its key."""
        new, ordered = self._doors.new_households(), self._orders.new_of_households()
        return len(new) + len(ordered) - len(new.intersection(ordered))

    def write(self, connection: Connection | None = None) -> None:
        """Store every row, and the pending events. The caller's transaction.

        Args:
            connection: One that writes, if the snapshot's does not; the snapshot must be current.
        """
        connection = connection or self._connection
        keys = OrderKeys(connection, self._at_ms)
        self._grids.write(connection)  # in an order that foreign keys allow
        self._wardens.write(connection)
        self._households.write(connection)
        self._doors.write(connection, keys)
        self._seals.write(connection)
        self._orders.write(connection, keys)
        self._schedule.write(connection)
        pending.leave(connection, self._events, keys)
        self._permits.write(connection)  # no door is new by them: no registry to be read
        ended = [(of_door(door_id), DoorEnded()) for door_id in self._ended_doors]
        pending.leave(connection, ended, keys)  # behind all that ends with it
        people = self._grids, self._wardens, self._households, self._schedule
        parts = *people, self._doors, self._seals, self._orders
        if self._events or any(part.is_changed() for part in parts):
            # so that a running gateway reads it anew
            connection.execute(tables.enrolments.insert(), {"at_ms": self._at_ms})

    def _named(self, row: Row) -> Row:
        """The row with its door's id, where it names it by its label or not at all."""
        door_id = getattr(row, "door_id", None)
        if isinstance(row, NewDoor):
            return row if door_id else replace(row, door_id=self._by_label(row) or self._new_id())
        if not door_id or self._doors.table.get(door_id) is not None:
            return row
        called = self._doors.called(door_id)
        if len(called) > 1:
            sentence = f"is what {len(called)} doors are called; name the one meant by its id"
            raise EnrolError("door_id", door_id, sentence)
        return replace(row, door_id=called[0]) if called else row

    def _by_label(self, new: NewDoor) -> str | None:
        """The door of its grid that is called so; None for none. EnrolError for several."""
        rows = map(self._doors.table.row, self._doors.called(new.label))
        called = [row["door_id"] for row in rows if row["grid_id"] == new.grid_id]
        if len(called) > 1:
            sentence = f"is what {len(called)} doors of this grid are called; give their ids"
            raise EnrolError("label", new.label, sentence)
        return called[0] if called else None

    def _new_id(self) -> str:
        """An id that no door has: it says nothing, for ids stand where no label may."""
        while True:  # of four thousand million
            door_id = f"d{secrets.token_hex(4)}"
            if self._doors.table.get(door_id) is None:
                return door_id

    def _door(self, new: NewDoor) -> RowResult:
        """A door, with the household whose contact it is: another only while nothing binds it."""
        household_id = self._households.wanted(new)
        before = self._households.of(new.door_id)
        if before not in (None, household_id):
            self._need_unbound(new.door_id, before)
        result = self._doors.take(replace(new, household_id=household_id))
        self._households.place(new.door_id, household_id, before)
        return result

    def _need_unbound(self, door_id: str, household_id: str) -> None:
        """EnrolError while a household has what its door would take along, or leave behind."""
        order_id, permit_id = self._orders.live(household_id), self._permits.live(household_id)
        bound = (order_id and f"order {order_id}") or (permit_id and f"permit {permit_id}")
        if bound:
            whose = self._households.called(household_id)
            sentence = f"is of the household of {whose}, which has {bound}; that must end first"
            raise EnrolError("door_id", door_id, sentence)

    def _warden(self, new: NewWarden) -> RowResult:
        self._grids.need("grid_id", new.grid_id)
        if new.warden_id == CENTRE.actor_id:
            raise EnrolError("warden_id", new.warden_id, "is the centre's own; take another")
        channels = _encode(new.channels).decode()
        return self._wardens.put(asdict(new) | {"channels": channels, "role": new.role.value})

    def _permit(self, new: NewPermit) -> RowResult:
        household_id = self._households.meant(new.door_id, new.household_id)
        values = asdict(new) | {"permit_id": new.permit_id or ""}
        del values["household_id"]
        door_id = values.pop("door_id") or self._households.doors_of(household_id)[0]
        with _as_enrolment():
            announced = self._permits.announce(door_id, Permit(**values))
        return RowResult.ADDED if announced.is_new else RowResult.UNCHANGED

    def _end(self, row: Ending) -> RowResult:
        """Something ends now, and what only it held up with it. What was written of it stays."""
        match row.table:
            case "orders":
                return self._orders.end(row)
            case "permits":
                door_id = row.door_id
                if row.household_id and not row.id:
                    household_id = self._households.meant(row.door_id, row.household_id)
                    door_id = self._households.doors_of(household_id)[0]
                with _as_enrolment():
                    is_new = self._permits.end(row.id, door_id, row.from_ms)
                return RowResult.ENDED if is_new else RowResult.UNCHANGED
            case "seals" | "contacts":
                return self._seals.end(row.id)
        table = {"grids": self._grids, "wardens": self._wardens, "doors": self._doors.table}
        return self._end_in(table[row.table], row)

    def _end_in(self, table: EnrolledTable, row: Ending) -> RowResult:
        known = table.get(row.id)
        if known is None:
            kind = row.table.removesuffix("s")
            raise EnrolError(id_of(row.table), row.id, f"there is no such {kind}")
        if known["ended_ms"] is not None:
            return RowResult.UNCHANGED
        if row.table == "grids":
            self._need_empty(row.id)
        elif row.table == "wardens":
            self._schedule.leave(row.id)
        else:
            household_id = known["household_id"]
            if self._households.doors_of(household_id) == [row.id]:  # else it has its others
                self._orders.ends_on(household_id)
                self._permits.end_on(row.id)
            self._households.leave(row.id, household_id)
            self._seals.take_off(row.id)
            self._ended_doors.append(row.id)
        table.end(row.id, self._at_ms)
        return RowResult.ENDED

    def _need_empty(self, grid_id: str) -> None:
        """EnrolError while somebody or something is in the grid."""
        for what, rows in (("doors", self._doors.table.rows()), ("wardens", self._wardens.rows())):
            count = sum(row["grid_id"] == grid_id for row in rows)
            if count:
                sentence = f"still has {count} of the {what}; end those or move them first"
                raise EnrolError("grid_id", grid_id, sentence)


@contextmanager
def _as_enrolment() -> Iterator[None]:
    """What the law of announcing says of a row, as what is wrong with it."""
    try:
        yield
    except PermitError as wrong:
        kind = PastError if isinstance(wrong, PermitPastError) else EnrolError
        raise kind(wrong.field, wrong.value, wrong.told("en")) from None
