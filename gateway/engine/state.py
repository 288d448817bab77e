"""The gateway's own site, in memory, as of the last commit: its state, its registry, its marks.

What is enrolled (staff, and the place of each door) is journaled before anything hangs on it, so
that a replay needs nothing else. The gateway asks for it when it starts, and whenever the registry
has changed.
"""

from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from gateway.core.cases import outages
from gateway.core.events import DoorPlaced, Event, StaffSet
from gateway.core.households.model import Household
from gateway.core.model import Door
from gateway.core.paging import routing
from gateway.core.paging.staff import Staff
from gateway.core.rules import Rulebook
from gateway.core.site import SiteState
from gateway.core.site_model import Outages, Troubles
from gateway.core.subject import SITE, Subject, SubjectKind, of_door
from gateway.engine.open_spans import OpenSpans
from gateway.registry.certificates import Certifier
from gateway.registry.load import Registry, SealRow

News = list[tuple[Subject, Event]]  # acts for the loop

Known = Door | Household | tuple[Outages, Troubles]


class CommittedSite(SiteState):
    """A site's state, with the registry behind it, every seal's mark, and what is kept of its
    heartbeats. `certifier` signs for it; without one nobody could know its signatures again."""

    def __init__(
        self, registry: Registry, rulebook: Rulebook, certifier: Certifier | None = None
    ) -> None:
        self.certifier = certifier or Certifier("", Ed25519PrivateKey.generate())
        staff, people = registry.staff_journaled, {who.warden_id for who in registry.people}
        if not people.issuperset(staff.members):  # somebody's state was lost: as if all were new
            staff = Staff()
        router = routing.of(staff, registry.people)
        known = registry.outages, router, registry.troubles, registry.doubt, registry.households
        super().__init__(rulebook, registry.doors, *known)
        self.registry = registry
        self.windows = registry.windows()
        self.spans = OpenSpans()
        self._became: dict[str, SealRow | None] = {}  # in this life, by a command

    def known(self, subject: Subject) -> Known:
        """The state of a subject."""
        if subject.kind is SubjectKind.SITE:
            return self.outages, self.troubles
        if subject.kind is SubjectKind.HOUSEHOLD:
            return self.households.get(subject.id) or Household(subject.id)
        return self.doors[subject.id]

    def is_known(self, subject: Subject) -> bool:
        """Whether there is such a subject, so that it can have events."""
        if subject.kind is SubjectKind.HOUSEHOLD:
            return subject.id in self.registry.homes
        return subject.kind is SubjectKind.SITE or subject.id in self.doors

    def replace(self, subject: Subject, made: Known) -> None:
        """Another state of a subject, in the place of one that made no sense."""
        if isinstance(made, Door):
            self.doors[subject.id] = made
            self.sealed = outages.sealed_of(self.doors.values())
        elif isinstance(made, Household):
            self.households[subject.id] = made
        else:
            self.outages, self.troubles = made

    def unjournaled(self) -> News:
        """What is enrolled and not journaled yet: to be stepped before what hangs on it."""
        places = {
            d.door_id: DoorPlaced(d.grid_id, d.areas, d.household, d.beside)
            for d in self.doors.values()
        }
        return _enrolled(self.registry, self.router.staff, places)

    def became(self, seals: Mapping[str, SealRow | None]) -> None:
        """These seals became others by a command; None: they are none any more."""
        self._became |= seals
        known = {seal_id: row for seal_id, row in seals.items() if row is not None}
        self.registry = self._as_became(replace(self.registry, seals=self.registry.seals | known))

    def _as_became(self, registry: Registry) -> Registry:
        """A registry that may have been read before these were committed."""
        seals = {
            seal_id: row
            for seal_id, read in registry.seals.items()
            if (row := _latest(read, self._became.get(seal_id, read))) is not None
        }
        return replace(registry, seals=seals)

    def enlarge(self, registry: Registry) -> News:
        """Take over a newer registry. Doors and marks that are known here are newer here.

        What is new in it, as `unjournaled`.
        """
        news = _enrolled(registry, self.registry.staff, self.registry.places)
        self.registry = self._as_became(registry) if self._became else registry
        self.add(registry.doors)
        self.windows = registry.windows() | self.windows
        return news


def _latest(read: SealRow, became: SealRow | None) -> SealRow | None:
    """Who has ended never comes back, and who follows nobody any more never does again."""
    is_older = became is None or (read.follows is not None and became.follows is None)
    return became if is_older else read


def _enrolled(registry: Registry, staff: Staff, places: Mapping[str, DoorPlaced]) -> News:
    """The staff and the places of doors that differ from what is journaled."""
    news: News = [
        (of_door(door_id), placed)
        for door_id, placed in registry.places.items()
        if places.get(door_id) != placed
    ]
    return news if registry.staff == staff else [(SITE, StaffSet(registry.staff)), *news]
