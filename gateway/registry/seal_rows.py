"""Enrolment of seals: each its key until it is retired, a door that it shares with none, and a
password."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, bindparam, update

from gateway.core.events import Event, SealBound, SealUnbound
from gateway.core.makes import TITLES, Make
from gateway.core.subject import Subject, of_door
from gateway.registry import contact_addresses
from gateway.registry.contact_addresses import HEARTBEAT_MS
from gateway.registry.credentials import (
    fresh_seal_id,
    hash_password,
    is_secret,
    password_matches,
)
from gateway.registry.door_names import named
from gateway.registry.enrolled_table import EnrolledTable, kept
from gateway.registry.rows import EnrolError, NewContact, NewSeal, RowResult, SealMove
from gateway.store import tables
from gateway.store.statements import Row
from sealwire.ccm import KEY_BYTES

# A seal that loses its door to another hangs nowhere.
_UNBIND = (
    update(tables.seals)
    .where(tables.seals.c.seal_id == bindparam("b_seal_id"))
    .values(door_id=None)
)
WIPED = bytes(KEY_BYTES)  # a retired seal's key
_COLUMNS = (
    "seal_id",
    "door_id",
    "key",
    "broker_hash",
    "batch",
    "heartbeat_ms",
    "make",
    "address",
)
_NO_SEAL: Row = {"door_id": None, "broker_hash": "", "batch": None, "heartbeat_ms": None}
_OURS: Row = {"make": "", "address": ""}
_NO_CONTACT: Row = {**_NO_SEAL, "key": b""}


class SealRows:
    """Seals gathered against one snapshot.

    Args:
        connection: The snapshot.
        at_ms: Now, in milliseconds of UTC.
        doors: On which they may hang; may still grow.
        events: Where the gateway is told of a seal that hangs on a door.
        replace: Whether a new seal takes a door from the seal that hangs there.
    """

    def __init__(
        self,
        connection: Connection,
        at_ms: int,
        doors: EnrolledTable,
        events: list[tuple[Subject, Event]],
        *,
        replace: bool,
    ) -> None:
        self._at_ms = at_ms
        self._doors, self._events, self._replace = doors, events, replace
        self._seals = EnrolledTable(connection, tables.seals, *_COLUMNS)
        self._seal_on: dict[str, str] = {
            row["door_id"]: row["seal_id"] for row in self._seals.rows() if row["door_id"]
        }
        self._contacts: dict[tuple[str, str], str] = {
            (row["make"], row["address"]): row["seal_id"]
            for row in self._seals.rows()
            if row["make"]
        }
        self._unbound: list[str] = []
        self._left: dict[str, str] = {}  # door_id -> seal_id, of those that are taken off
        self._wanted_doors: set[str] = set()
        self._wanted: dict[str, str] = {}  # seal_id -> door_id, of all that will be taken

    def foresee(self, seals: Iterable[NewSeal | SealMove]) -> None:
        """Know of seals that will be taken: those that change places need not be said to replace
        each other."""
        self._wanted |= {seal.seal_id: seal.door_id for seal in seals if seal.door_id is not None}
        self._wanted_doors = set(self._wanted.values())

    def take(self, new: NewSeal | NewContact) -> RowResult:
        """Check a seal, or a contact of another maker, and keep it for `write`. EnrolError if it
        does not fit."""
        if isinstance(new, NewContact):
            return self._take_contact(new)
        known = self._seals.get(new.seal_id)
        if known is None and not is_secret(new.key):
            raise EnrolError("key", "", "is that of a sample, which everybody knows")
        if known is not None:
            if known["ended_ms"] is not None:
                raise EnrolError(
                    "seal_id", new.seal_id, "is out of use for good; flash a fresh one"
                )
            self._need_same_seal(new, known)
        before = known or _NO_SEAL
        door_id = self._hung(new.seal_id, before["door_id"], new.door_id)
        broker_hash = before["broker_hash"]
        if new.broker_password and not password_matches(new.broker_password, broker_hash):
            broker_hash = hash_password(new.broker_password)
        row: dict[str, Any] = {"seal_id": new.seal_id, "door_id": door_id, "key": new.key, **_OURS}
        row |= {"broker_hash": broker_hash}
        row |= kept({"batch": new.batch, "heartbeat_ms": new.heartbeat_ms}, before)
        binding = row["door_id"], row["heartbeat_ms"]
        if door_id is not None and binding != (before["door_id"], before["heartbeat_ms"]):
            self._bind(row)
        return self._seals.put(row)

    def _take_contact(self, new: NewContact) -> RowResult:
        """It hangs on a door as a seal does, under an id of its own that says nothing of it."""
        address = _address(new)
        seal_id = self._contacts.get((new.make, address))
        if new.contact_id is not None and new.contact_id != seal_id:
            sentence = "is not this contact's; leave it empty, and a new one is given its own"
            raise EnrolError("contact_id", new.contact_id, sentence)
        if new.bind_key and new.make is not Make.BTHOME:
            raise EnrolError("bind_key", "", "only BTHome has one; leave it empty")
        before = self._seals.get(seal_id or "") or _NO_CONTACT
        seal_id = seal_id or self._contacts.setdefault((new.make, address), fresh_seal_id())
        if new.door_id and before["door_id"] not in (None, new.door_id) and not self._replace:
            there, here = named(self._doors, before["door_id"]), named(self._doors, new.door_id)
            sentence = f"but this contact hangs on door {there} already; say --replace if it hangs"
            raise EnrolError("door_id", new.door_id, f"{sentence} on {here} now")
        door_id = self._hung(seal_id, before["door_id"], new.door_id)
        beats = new.heartbeat_ms or before["heartbeat_ms"] or HEARTBEAT_MS[new.make]
        key = before["key"] if new.bind_key is None else new.bind_key
        row = {"seal_id": seal_id, "door_id": door_id, "key": key, "heartbeat_ms": beats}
        row |= {"broker_hash": "", "batch": None, "make": new.make.value, "address": address}
        if door_id is not None and (door_id, beats) != (before["door_id"], before["heartbeat_ms"]):
            self._bind(row)
        return self._seals.put(row)

    def _hung(self, seal_id: str, before: str | None, wanted: str | None) -> str | None:
        """The door on which it hangs now: the wanted one, none (empty), or as before (None)."""
        door_id = before if wanted is None else wanted or None
        if door_id != before:
            self._leave_door(before, seal_id)
        if door_id is not None:
            self._take_door(door_id, seal_id)
        return door_id

    def _bind(self, row: Row) -> None:
        """Its door hears that it hangs there."""
        bound = SealBound(row["seal_id"], row["heartbeat_ms"], must_certify=True, make=row["make"])
        self._events.append((of_door(row["door_id"]), bound))

    def move(self, move: SealMove) -> RowResult:
        """A seal hangs elsewhere, or nowhere. EnrolError if there is no such seal in use, or the
        door carries another that is not foreseen to hang elsewhere."""
        known = self._seals.get(move.seal_id)
        if known is None or known["ended_ms"] is not None:
            raise EnrolError("seal_id", move.seal_id, "there is no such seal in use")
        if move.door_id is not None:
            self._take_door(move.door_id, move.seal_id)
        if move.door_id != known["door_id"]:
            self._leave_door(known["door_id"], move.seal_id)
            if move.door_id is not None:
                self._bind({**known, "door_id": move.door_id})
        return self._seals.put({**known, "door_id": move.door_id})

    def end(self, seal_id: str) -> RowResult:
        """A seal is out of use for good: its key and its password are destroyed. EnrolError if
        there is none."""
        known = self._seals.get(seal_id)
        if known is None:
            raise EnrolError("seal_id", seal_id, "there is no such seal")
        if known["ended_ms"] is not None:
            return RowResult.UNCHANGED
        self._leave_door(known["door_id"], seal_id)
        self._contacts.pop((known["make"], known["address"]), None)
        known |= {"door_id": None, "key": WIPED, "broker_hash": "", "address": ""}
        self._seals.end(seal_id, self._at_ms)
        return RowResult.ENDED

    def take_off(self, door_id: str) -> None:
        """Whatever seal hangs on the door hangs nowhere."""
        seal = self._seals.get(self._seal_on.get(door_id, ""))
        if seal is not None:
            self._leave_door(door_id, seal["seal_id"])
            self._seals.put({**seal, "door_id": None})

    def is_changed(self) -> bool:
        """Whether `write` has anything to do."""
        return self._seals.is_changed()

    def write(self, connection: Connection) -> None:
        """Store them. The caller's transaction."""
        if self._unbound:
            rows = [{"b_seal_id": seal_id} for seal_id in self._unbound]
            connection.execute(_UNBIND, rows)
        self._seals.write(connection, enrolled_ms=self._at_ms)
        self._events += [
            (of_door(door_id), SealUnbound(seal_id))
            for door_id, seal_id in self._left.items()
            if door_id not in self._seal_on
        ]

    def _take_door(self, door_id: str, seal_id: str) -> None:
        """The door is this seal's; the one that hung there, if any, hangs nowhere."""
        self._doors.need("door_id", door_id)
        other_id = self._seal_on.get(door_id)
        other = None if other_id in (None, seal_id) else self._seals.get(other_id)
        if other is not None:
            if not self._replace and not self._moves(other_id, door_id):
                label = self._doors.row(door_id)["label"]
                sentence = f"carries seal {other_id} already{label and f', at {label}'}; say"
                sentence += " --replace if the new one hangs instead"
                raise EnrolError("door_id", door_id, sentence)
            other["door_id"] = None
            self._unbound.append(other["seal_id"])
        self._seal_on[door_id] = seal_id

    def _leave_door(self, door_id: str | None, seal_id: str) -> None:
        """The seal hangs there no more."""
        if door_id is not None and self._seal_on.get(door_id) == seal_id:
            del self._seal_on[door_id]
            self._left[door_id] = seal_id

    def _moves(self, seal_id: str | None, door_id: str) -> bool:
        """Whether a seal is said to hang elsewhere by another row."""
        return seal_id is not None and self._wanted.get(seal_id, door_id) != door_id

    def _need_same_seal(self, new: NewSeal, known: Row) -> None:
        if known["make"]:
            raise EnrolError("seal_id", new.seal_id, "is a contact of another maker, and no seal")
        if known["key"] != new.key:
            raise EnrolError("seal_id", new.seal_id, "is enrolled already, with another key")
        if not new.door_id or known["door_id"] in (None, new.door_id) or self._replace:
            return
        is_left = self._moves(self._seal_on.get(new.door_id), new.door_id)
        if not is_left and known["door_id"] not in self._wanted_doors:
            there, here = named(self._doors, known["door_id"]), named(self._doors, new.door_id)
            raise EnrolError(
                "door_id",
                new.door_id,
                f"but seal {new.seal_id} hangs on door {there} already; flash a fresh seal for "
                f"{here}, or say --replace if this one hangs here now",
            )


def _address(new: NewContact) -> str:
    """A contact's address as it is kept. EnrolError if it is none of its maker's."""
    try:
        return contact_addresses.address(new.make, new.address)
    except ValueError as wrong:
        sentence = f"is not allowed at {TITLES[new.make]}: {wrong}"
        raise EnrolError("address", new.address, sentence) from None
