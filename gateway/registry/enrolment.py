"""Enrolment: rows of the registry, and a pending event for the gateway for each that a door must
know of.

Everything is checked against one snapshot, while the gateway goes on writing, and written in one
transaction, or nothing is (`enrol`). A row that is there already changes nothing, so the same file
can be imported twice. A running gateway reads the pending events within a second; one that is
stopped reads them at its next start.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, tzinfo
from typing import assert_never

import msgspec
from msgspec.structs import asdict
from sqlalchemy import Connection

from gateway.core.actor import CENTRE
from gateway.core.events import DoorEnded, Event
from gateway.core.model import Permit
from gateway.core.subject import Subject, of_door
from gateway.language.peoples_text import sameness
from gateway.registry.door_rows import DoorRows
from gateway.registry.enrolled_table import EnrolledTable
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
from gateway.store.database import Store

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
    with store.writing() as connection:
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
        self._orders = OrderRows(connection, at_ms, zone, doors, self._events)
        self._permits = Announcements(connection, at_ms, zone, doors, explains=False)
        self._schedule = ScheduleRows(connection, at_ms, zone, self._grids, self._wardens)

    def foresee(self, seals: Iterable[NewSeal | SealMove]) -> None:
        """Know of seals that will be taken, so that some may change places among themselves."""
        self._seals.foresee(seals)

    def doors_by_label(self) -> dict[str, list[str]]:
        """The doors by what people call them (`peoples_text.sameness`), with those just taken."""
        by_label: defaultdict[str, list[str]] = defaultdict(list)
        for row in self._doors.table.rows():
            by_label[sameness(row["label"])].append(row["door_id"])
        return by_label

    def take(self, row: Row) -> RowResult:
        """Check a row and keep it for `write`. EnrolError, and nothing kept, if it does not fit."""
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
                return self._doors.take(row)
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

    def write(self, connection: Connection | None = None) -> None:
        """Store every row, and the pending events. The caller's transaction.

        Args:
            connection: One that writes, if the snapshot's does not; the snapshot must be current.
        """
        connection = connection or self._connection
        parts = (
            self._grids,
            self._wardens,
            self._doors,
            self._seals,
            self._orders,
            self._schedule,
        )
        for part in parts:  # in an order that foreign keys allow
            part.write(connection)
        pending.leave(connection, self._events)
        self._permits.write(connection)  # no door is new by them: no registry to be read
        ended = [(of_door(door_id), DoorEnded()) for door_id in self._ended_doors]
        pending.leave(connection, ended)  # behind all that ends with it
        if self._events or any(part.is_changed() for part in parts):
            # so that a running gateway reads it anew
            connection.execute(tables.enrolments.insert(), {"at_ms": self._at_ms})

    def _warden(self, new: NewWarden) -> RowResult:
        self._grids.need("grid_id", new.grid_id)
        if new.warden_id == CENTRE.actor_id:
            raise EnrolError("warden_id", new.warden_id, "is the centre's own; take another")
        channels = _encode(new.channels).decode()
        return self._wardens.put(asdict(new) | {"channels": channels, "role": new.role.value})

    def _permit(self, new: NewPermit) -> RowResult:
        self._doors.table.need("door_id", new.door_id)
        values = asdict(new) | {"permit_id": new.permit_id or ""}
        door_id = values.pop("door_id")
        with _as_enrolment():
            announced = self._permits.announce(door_id, Permit(**values))
        return RowResult.ADDED if announced.is_new else RowResult.UNCHANGED

    def _end(self, row: Ending) -> RowResult:
        """Something ends now, and what only it held up with it. What was written of it stays."""
        match row.table:
            case "orders":
                return self._orders.end(row)
            case "permits":
                with _as_enrolment():
                    is_new = self._permits.end(row.id, row.door_id, row.from_ms)
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
            self._orders.ends_on(row.id)
            self._permits.end_on(row.id)
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
