"""Enrolment of doors: each in a grid and of a class, a household's contact, with the places that
may silence it and the household's telephone."""

from collections import defaultdict

from msgspec.structs import asdict
from sqlalchemy import Connection

from gateway.core.events import DoorClassed, Event
from gateway.core.subject import Subject, of_door
from gateway.language.peoples_text import sameness
from gateway.registry.enrolled_table import EnrolledTable, kept
from gateway.registry.rows import EnrolError, NewDoor, RowResult
from gateway.store import tables
from gateway.store.order_keys import SEALED_COLUMNS, OrderKeys
from gateway.store.statements import Row

_COLUMNS = (
    "door_id",
    "label",
    "grid_id",
    "door_class",
    "building",
    "stair",
    "point",
    "telephone",
    "household_id",
)


class DoorRows:
    """Doors gathered against one snapshot.

    Args:
        connection: The snapshot.
        grids: In which they lie; may still grow.
        events: Where the gateway is told of a door's class.
    """

    def __init__(
        self,
        connection: Connection,
        grids: EnrolledTable,
        events: list[tuple[Subject, Event]],
    ) -> None:
        self.table = EnrolledTable(connection, tables.doors, *_COLUMNS)
        self._grids, self._events = grids, events
        self._called: dict[str, list[str]] | None = None  # what they are or were called

    def take(self, new: NewDoor) -> RowResult:
        """Check a door, which names its household, and keep it for `write`. EnrolError if it does
        not fit."""
        self._grids.need("grid_id", new.grid_id)
        before = self.table.get(new.door_id) or {"door_class": ""}
        before = {name: value for name, value in before.items() if name != "ended_ms"}
        row = kept(asdict(new), before)
        row["door_class"] = row["door_class"] or ""
        if row["stair"] and not row["building"]:
            raise EnrolError("stair", row["stair"], "needs its building")
        if row["door_class"] != before["door_class"]:
            self._events.append((of_door(new.door_id), DoorClassed(row["door_class"])))
        if self._called is not None:
            self._called.setdefault(sameness(row["label"]), []).append(new.door_id)
        return self.table.put(row)

    def by_label(self) -> dict[str, list[str]]:
        """The doors in use by what people call them (`peoples_text.sameness`)."""
        by_label: defaultdict[str, list[str]] = defaultdict(list)
        for row in self.table.rows():
            by_label[sameness(row["label"])].append(row["door_id"])
        return by_label

    def called(self, label: str) -> list[str]:
        """The doors that people call so, by id."""
        if self._called is None:
            self._called = self.by_label()
        wanted = sameness(label)
        found = {each: self.table.row(each) for each in self._called.get(wanted, ())}
        return sorted(
            door_id
            for door_id, row in found.items()
            if row["ended_ms"] is None and sameness(row["label"]) == wanted
        )

    def write(self, connection: Connection, keys: OrderKeys) -> None:
        """Store every door, with its label and its telephone sealed; a new household is given its
        key. The caller's transaction."""
        fresh = {door_id: self.table.row(door_id)["household_id"] for door_id in self.table.fresh()}
        keys.know(fresh)
        keys.provide(fresh.values())

        def as_stored(row: Row) -> Row:
            household_id = row["household_id"]
            return row | {
                name: row[name] and keys.seal(household_id, row[name]) for name in SEALED_COLUMNS
            }

        self.table.write(connection, as_stored)

    def new_households(self) -> set[str]:
        """Whose contacts the new doors are: each may need a key."""
        new = filter(self.table.is_new, self.table.fresh())
        return {self.table.row(door_id)["household_id"] for door_id in new}

    def is_changed(self) -> bool:
        """Whether there is anything to store."""
        return self.table.is_changed()
