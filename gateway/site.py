"""What is true as of the last commit, in memory: the registry, and every state made of reports.

What is enrolled (staff, and the grid of each door) is journaled before anything hangs on it, so
that a replay needs nothing else. The gateway asks for it when it starts, and whenever the registry
has changed.
"""

from collections.abc import Mapping

from gateway.core import outages, switchboard
from gateway.core.events import DoorPlaced, Event, StaffSet
from gateway.core.model import SITE
from gateway.core.rules import Rulebook
from gateway.core.staff import Staff
from gateway.core.step import next_deadline
from gateway.store.registry import Registry

News = list[tuple[str, Event]]  # (door_id, event): acts for the loop


class Site:
    """What is true now: the registry, every door's state and seal's mark, what each was told."""

    def __init__(self, registry: Registry, rulebook: Rulebook) -> None:
        self.rulebook = rulebook
        self.registry = registry
        self.outages = registry.outages
        self.switchboard = switchboard.of(registry.staff_journaled, registry.people)
        self.doors = dict(registry.doors)
        self.marks = {seal_id: row.mark for seal_id, row in registry.seals.items()}

    def due_ms(self, door_id: str) -> int | None:
        """When a door must be looked at though nobody speaks; with SITE, all of them together."""
        if door_id == SITE:
            return outages.next_deadline(self.outages)
        door = self.doors[door_id]
        return next_deadline(door, self.rulebook.of(door.door_class))

    def unsaid(self) -> News:
        """What is enrolled and not journaled yet: to be stepped before what hangs on it."""
        said = {door_id: door.grid_id for door_id, door in self.doors.items()}
        return _enrolled(self.registry, self.switchboard.staff, said)

    def enlarge(self, registry: Registry) -> News:
        """Take over a newer registry. Doors and marks that are known here are newer here.

        What is new in it, as `unsaid`.
        """
        news = _enrolled(registry, self.registry.staff, self.registry.grid_of)
        self.registry = registry
        self.doors = {**registry.doors, **self.doors}
        self.marks = {seal_id: row.mark for seal_id, row in registry.seals.items()} | self.marks
        return news


def _enrolled(registry: Registry, said: Staff, grids: Mapping[str, str]) -> News:
    """The staff and the places of doors that differ from what was said of them."""
    news: News = [
        (door_id, DoorPlaced(grid_id))
        for door_id, grid_id in registry.grid_of.items()
        if grids.get(door_id) != grid_id
    ]
    return news if registry.staff == said else [(SITE, StaffSet(registry.staff)), *news]
