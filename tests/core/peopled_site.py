"""A site with people in it: the doors of a timeline, and wardens whose phones take pages and sign.

`roots` is its journal as it comes from outside: what follows from an event is not in it."""

from collections.abc import Callable, Iterable

from gateway.core.events import Event, PageReceived, PersonDue, StaffSet
from gateway.core.model import Contact
from gateway.core.paging import staff
from gateway.core.paging.person import AskedTest, DailyTest, GroupedPage, SinglePage
from gateway.core.paging.routing import Notification
from gateway.core.paging.schedule import Role
from gateway.core.paging.staff import Member
from gateway.core.rules import Rules
from gateway.core.site import Step
from gateway.core.subject import Subject
from tests.core.actors import HOUR, SECOND, Person
from tests.core.dated import as_dated
from tests.core.timeline import SITE, Site, place_of, subject_of, where

FLATS = ("1-1", "1-2", "1-3", "2-1", "2-2")
TEAM = {
    "chen": Member("g", Role.WARDEN, (1,)),
    "wang": Member("g", Role.CAPTAIN, (2, 3)),
    "zhao": Member("g", Role.INSTALLER, (4,)),
}
NARROW = Rules(pages_most=2, pages_window_ms=HOUR)  # so that pages wait, and go out as one


class PeopledSite(Site):
    """Every event steps on one turn that never ends, as in a timeline."""

    whose_times: Iterable[str] = TEAM  # those whose own times come: tests, and what waits for them

    def __init__(
        self, *flats: str, rules: Rules = NARROW, households: tuple[tuple[str, ...], ...] = ()
    ) -> None:
        self.roots: list[tuple[int, Subject, Event]] = []
        self.steps: list[Step] = []
        self.notified: list[Notification] = []
        super().__init__(*(flats or FLATS), rules=rules, households=households)
        self.tell(SITE, StaffSet(staff.of(TEAM, [], [])))

    def tell(self, place: str, event: Event) -> None:
        self.keep(self.turn.apply(self.now_ms, subject_of(place), event))

    def keep(self, steps: list[Step]) -> None:
        for step in steps:
            if not step.follows:
                self.roots.append((self.now_ms, step.subject, step.event))
            effects = as_dated(step.effects, self.now_ms)
            self.followed += [(self.now_ms, where(step, it), it) for it in effects]
            self.due[place_of(step.subject)] = self.turn.due_ms(step.subject)
            self.notified += [out for out in step.routed if isinstance(out, Notification)]
        self.steps += steps

    def live_until(self, until_ms: int) -> None:
        """As a timeline does; and people's times come among the doors'."""
        while (due := self.next_person())[0] <= until_ms:
            super().live_until(max(self.now_ms, due[0]))
            self.tell(SITE, PersonDue(due[1]))
        super().live_until(until_ms)

    def next_person(self) -> tuple[int, str]:
        times = [(self.turn.person_due_ms(warden_id), warden_id) for warden_id in self.whose_times]
        due = [(due_ms, warden_id) for due_ms, warden_id in times if due_ms is not None]
        return min(due, default=(self.now_ms + 100 * 24 * HOUR, ""))

    # What a channel and a phone do with the latest that went out.

    def channel_takes(self, notification: Notification) -> None:
        page_id, case_id, place = _addressed(notification)
        steps = self.turn.page_sent(self.now_ms, case_id, page_id, place, notification.warden_id)
        self.keep(steps)

    def phone_signs(self, notification: Notification) -> None:
        page_id, case_id, place = _addressed(notification)
        self.tell(place or SITE, PageReceived(case_id, page_id, notification.warden_id))

    # Anything happens.

    def act(self, name: str, number: int) -> None:
        self.live_until(self.now_ms + number * SECOND)
        HAPPENINGS[name](self, number)

    def cut_building(self, number: int) -> None:
        for flat in FLATS:
            if flat[0] == FLATS[number % len(FLATS)][0]:
                self.cut(flat)

    def moves(self, number: int) -> None:
        door = self.door(FLATS[number % len(FLATS)])
        door.shuts() if door.seal.leaf is Contact.OPEN else door.opens()

    def somebody(self, number: int) -> Person:
        return self.person("chen", SITE if number % 2 else FLATS[number % len(FLATS)])

    def latest(self, number: int) -> list[Notification]:
        """One of the three that went out last, if any did."""
        return self.notified[-1 - number % 3 :][:1]

    def cut(self, flat: str) -> None:
        door = self.door(flat)
        door.loses_power() if door.seal.power else door.gets_power()


def _addressed(notification: Notification) -> tuple[str, str, str]:
    """The page, its case and its door, as the page in a phone names them."""
    match notification.content:
        case SinglePage(page=page):
            return page.page_id, page.case_id, page.door_id
        case GroupedPage(page_id=page_id, pages=pages):
            return page_id, pages[0].case_id, pages[0].door_id
        case DailyTest(page_id=page_id) | AskedTest(page_id=page_id):
            return page_id, "", ""


HAPPENINGS: dict[str, Callable[[PeopledSite, int], object]] = {
    "building": PeopledSite.cut_building,
    "flat": lambda site, number: site.cut(FLATS[number % len(FLATS)]),
    "opens": PeopledSite.moves,
    "acknowledge": lambda site, number: site.somebody(number).acknowledges(),
    "report": lambda site, number: site.somebody(number).reports("supply"),
    "send": lambda site, number: [site.channel_takes(out) for out in site.latest(number)],
    "sign": lambda site, number: [site.phone_signs(out) for out in site.latest(number)],
    "wait": lambda site, number: site.live_until(site.now_ms + number * SECOND),
}
