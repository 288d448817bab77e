"""What is true of one site, as of its last turn."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gateway.core.cases import outages, troubles
from gateway.core.deadline_index import earliest
from gateway.core.doors.step import next_deadline
from gateway.core.doubted_time import doubted
from gateway.core.households import step as households
from gateway.core.households.model import Household
from gateway.core.model import SURE, Door, Doubt
from gateway.core.paging import routing
from gateway.core.paging.routing import Router
from gateway.core.paging.staff import Staff
from gateway.core.rules import Rulebook
from gateway.core.site_model import Outages, Troubles
from gateway.core.subject import Subject, SubjectKind

if TYPE_CHECKING:
    from gateway.core.site import SiteTurn


class SiteState:
    """What is true of one site: its rules, its doors, what it knows of all of them, its people."""

    def __init__(
        self,
        rulebook: Rulebook,
        doors: Mapping[str, Door] | None = None,
        known: Outages | None = None,
        router: Router | None = None,
        troubled: Troubles | None = None,
        doubt: Doubt = SURE,
        households: Mapping[str, Household] | None = None,
    ) -> None:
        self.rulebook = rulebook
        self.doors = dict(doors or {})
        self.households = dict(households or {})  # those of which anything is known
        self.outages = known or Outages()
        self.troubles = troubled or Troubles()
        self.doubt = doubt  # of the gateway's clock
        self.router = router or routing.of(Staff())
        self.sealed = outages.sealed_of(self.doors.values())

    def add(self, doors: Mapping[str, Door]) -> None:
        """Take in doors that were not known yet."""
        for door_id, door in doors.items():
            if door_id not in self.doors:
                self.doors[door_id] = door
                self.sealed.update(outages.sealed_areas(door))

    def adopt(self, turn: "SiteTurn") -> None:
        """A turn on top of this site is true now."""
        self.rulebook, self.outages = turn.rulebook, turn.outages
        self.troubles, self.doubt = turn.troubles, turn.doubt
        self.router = turn.router
        self.doors.update(turn.doors)
        self.households.update(turn.households)
        self.sealed.update(turn.sealed)

    def due_ms(self, subject: Subject) -> int | None:
        """When the subject needs a `DeadlineCame`, though nobody speaks; None if it does not."""
        if subject.kind is SubjectKind.SITE:
            return site_due_ms(self)
        if subject.kind is SubjectKind.HOUSEHOLD:
            return households.next_deadline(doubted(self.households[subject.id], self.doubt))
        door = doubted(self.doors[subject.id], self.doubt)
        return next_deadline(door, self.rulebook.of(door.door_class))

    def person_due_ms(self, warden_id: str) -> int | None:
        """When the site needs a `PersonDue` for somebody; None if it does not."""
        return routing.next_deadline(self.router, warden_id)


def site_due_ms(site: "SiteState | SiteTurn") -> int | None:
    """When the site needs a step by itself: for its outages or for its troubles."""
    return earliest(outages.next_deadline(site.outages), troubles.next_deadline(site.troubles))
