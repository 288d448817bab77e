"""Enrolment of households: which doors are the contacts of one. A door whose row names none is a
household of its own, by the door's id.

A household lies in one grid, so that one warden has it; and a door stays its contact while an order
or a permit of the household is not over, for both are the household's.
"""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import Connection

from gateway.registry.door_names import named
from gateway.registry.enrolled_table import EnrolledTable
from gateway.registry.rows import EnrolError, NewDoor
from gateway.store import tables

CONTACTS_MAX = 8  # of one household


class HouseholdRows:
    """Households gathered against one snapshot.

    Args:
        connection: The snapshot.
        at_ms: Now, in milliseconds of UTC.
        doors: The doors, with their households; may still grow.
    """

    def __init__(self, connection: Connection, at_ms: int, doors: EnrolledTable) -> None:
        self._at_ms, self._doors = at_ms, doors
        self._households = EnrolledTable(connection, tables.households, "household_id")
        self._contacts: defaultdict[str, set[str]] = defaultdict(set)
        for row in doors.rows():
            self._contacts[row["household_id"]].add(row["door_id"])
        self._foreseen: dict[str, str] = {}  # door_id -> the grid in which it will lie

    def foresee(self, doors: Iterable[NewDoor]) -> None:
        """Know of doors that will be taken, so that all of a household may move to another grid."""
        self._foreseen |= {door.door_id: door.grid_id for door in doors}

    def of(self, door_id: str) -> str | None:
        """The household of a door in use; None if there is none."""
        row = self._doors.get(door_id)
        return None if row is None or row["ended_ms"] is not None else row["household_id"]

    def doors_of(self, household_id: str) -> list[str]:
        """Its contacts in use, by id."""
        return sorted(self._contacts.get(household_id, ()))

    def meant(self, door_id: str, household_id: str) -> str:
        """The household that a row is about, which names one of its doors, or itself, or both.
        EnrolError if there is none, or they contradict each other."""
        if not door_id:
            if not self._contacts.get(household_id):
                sentence = "there is no such household; name it with a door of it in doors first"
                raise EnrolError("household", household_id, sentence)
            return household_id
        own: str = self._doors.need("door_id", door_id)["household_id"]
        if household_id and household_id != own:
            called = named(self._doors, door_id)
            sentence = f"is not that of door {called}, which is {own}; name one of the two only"
            raise EnrolError("household", household_id, sentence)
        return own

    def wanted(self, new: NewDoor) -> str:
        """Whose contact a door is to be. EnrolError where that household lies elsewhere, has
        contacts enough, or goes by the door's own id without it."""
        before = self._doors.get(new.door_id)
        household_id = new.household_id
        if household_id is None and before is not None:
            household_id = before["household_id"]
        own = household_id or new.door_id
        others = self._contacts.get(own, set()) - {new.door_id}
        if others and not household_id:
            called = named(self._doors, min(others))
            sentence = f"is the name of a household with other doors, as {called}; say whose it is"
            raise EnrolError("door_id", new.door_id, sentence)
        for other in sorted(others):
            grid_id = self._foreseen.get(other) or (self._doors.get(other) or {}).get("grid_id")
            if grid_id != new.grid_id:
                called = named(self._doors, other)
                sentence = f"has door {called} in grid {grid_id}; a household lies in one grid"
                raise EnrolError("household", own, sentence)
        if len(others) >= CONTACTS_MAX:
            raise EnrolError("household", own, f"has {CONTACTS_MAX} doors, which is the limit")
        return own

    def called(self, household_id: str) -> str:
        """A household in a sentence: by its doors; by its id where it has none any more."""
        doors = self.doors_of(household_id)
        return f"door {named(self._doors, *doors)}" if doors else f"household {household_id}"

    def place(self, door_id: str, household_id: str, before: str | None) -> None:
        """The door is this household's contact from now on, and no other's."""
        if before is not None and before != household_id:
            self.leave(door_id, before)
        self._contacts[household_id].add(door_id)
        self._households.put({"household_id": household_id})

    def leave(self, door_id: str, household_id: str) -> None:
        """The door is its contact no more. One without any is out of use."""
        self._contacts[household_id].discard(door_id)
        if not self._contacts[household_id] and household_id in self._households:
            self._households.end(household_id, self._at_ms)

    def write(self, connection: Connection) -> None:
        """Store them. The caller's transaction."""
        self._households.write(connection, made_ms=self._at_ms)

    def is_changed(self) -> bool:
        """Whether `write` has anything to do."""
        return self._households.is_changed()
