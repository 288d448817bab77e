"""Between the escalation policy and the phones: who is told of a page now, who waits, who cannot be
reached.

The router holds what is true of every person. It hears what follows from every step of a door
and of the outages (`follow`), and has events of its own (`step`): the staff, somebody's time,
somebody was reached. Both say what is to go out, to whom; by which address is for notify/.

A step on which nobody is, or whom no channel reaches, falls to the next higher one at once, and
beyond the last to everybody of the grid, so that somebody is always told.
"""

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from gateway.core.cases import escalation
from gateway.core.cases.escalation import Ways
from gateway.core.effects import CaseMoved, Effect, PageDue
from gateway.core.events import Event, PersonDue, PersonReached, StaffSet
from gateway.core.paging import person as people
from gateway.core.paging import schedule, staff
from gateway.core.paging.person import (
    DailyTest,
    GroupedPage,
    Person,
    PersonalPage,
    SinglePage,
    Unreachable,
)
from gateway.core.paging.schedule import Role, Schedule
from gateway.core.paging.staff import Staff
from gateway.core.reasons import Reason
from gateway.core.rules import Rules

EVERYBODY_MAX = 50  # told at once where nobody has duty


class Router(Struct, frozen=True):
    """Every person, and who has duty. Made by `of`; never changed in place."""

    staff: Staff
    schedule: Schedule
    people: dict[str, Person]  # by warden_id; who has left stays known
    waiting: frozenset[str]  # those for whom something is queued


class Notification(Struct, frozen=True):
    """This goes out to this person now."""

    warden_id: str
    content: SinglePage | GroupedPage | DailyTest


class SitePage(Struct, frozen=True):
    """A page, before anybody in particular is told of it: for those who get every one."""

    page: PageDue
    door_id: str


Routed = Notification | SitePage
Stepped = tuple[Router, tuple[Routed, ...]]


def of(its: Staff, known: Iterable[Person] = ()) -> Router:
    """A router for this staff, with what is known of them."""
    by_id = {person.warden_id: person for person in known}
    waiting = frozenset(who for who, person in by_id.items() if _waits(person))
    return Router(its, staff.schedule_of(its), by_id, waiting)


def step(router: Router, event: Event, now_ms: int, rules: Rules) -> Stepped:
    """What the router is after an event of its own, and what goes out."""
    match event:
        case StaffSet(staff=its):
            return _staff(router, its, now_ms, rules), ()
        case PersonReached(warden_id=who):
            return _with(router, people.confirm_reachable(router.people[who])), ()
        case PersonDue(warden_id=who):
            return _due(router, who, now_ms, rules)
    raise TypeError(event)


def follow(
    router: Router, effect: Effect, door_id: str, grid_id: str, now_ms: int, rules: Rules
) -> Stepped:
    """What follows from an effect of a door, or of an outage, for which `door_id` stands then.

    It is empty in the pages that come of it where they are about no door, but about a person.
    """
    if isinstance(effect, PageDue):
        return _page(router, effect, door_id, grid_id, now_ms, rules)
    if isinstance(effect, CaseMoved) and effect.case.escalation is None:
        return _settled(router, effect.case.case_id, now_ms, rules), ()
    return router, ()


def next_deadline(router: Router, warden_id: str) -> int | None:
    """When something is due for a person, or None; never for one who has left."""
    if warden_id not in router.staff.members:
        return None
    return people.next_deadline(router.people[warden_id])


def is_unverified(router: Router, warden_id: str) -> bool:
    """Whether it is news that this person was reached."""
    person = router.people.get(warden_id)
    return person is not None and people.confirm_reachable(person) is not person


def grouped(router: Router, page_id: str, warden_id: str) -> tuple[PersonalPage, ...]:
    """What a grouped page was about, for its receipt speaks for all of them."""
    person = router.people.get(warden_id)
    return person.group if person is not None and page_id == person.group_id else ()


def _page(
    router: Router, page: PageDue, door_id: str, grid_id: str, now_ms: int, rules: Rules
) -> Stepped:
    """Tell those of the step. What is beyond somebody's limit waits."""
    routed: tuple[Routed, ...] = (SitePage(page, door_id),)
    for who, ways in _told(router, page, grid_id, now_ms, rules):
        if ways is Ways.OTHER and len(router.staff.members[who].channels) == 1:
            continue
        personal_page = PersonalPage(
            page.page_id, page.case_id, door_id, page.reason, page.since_ms, ways
        )
        person, said = people.page(router.people[who], personal_page, now_ms, rules)
        router = _with(router, person)
        routed += tuple(Notification(who, one) for one in said if not isinstance(one, Unreachable))
    return router, routed


def _told(
    router: Router, page: PageDue, grid_id: str, now_ms: int, rules: Rules
) -> list[tuple[str, Ways]]:
    """Who is told of this step, and by which of their channels. Everybody has one."""
    if page.reason is Reason.CANARY:  # it asks whether they can be reached: nobody else is
        return _there(router, grid_id, (Role.WARDEN,))
    steps = escalation.steps_for(page.reason)
    for step in steps[min(page.step_index, len(steps) - 1) :]:
        on_duty = schedule.on_duty(router.schedule, grid_id, step.role, now_ms, rules.zone)
        found = [(who, step.ways) for who in on_duty if _works(router, who)]
        if found:
            return found
    return _there(router, grid_id, tuple(Role)) or _anybody(router)


def _works(router: Router, warden_id: str) -> bool:
    """Whether the person can be reached, as far as anybody knows."""
    member = router.staff.members.get(warden_id)
    return member is not None and bool(member.channels) and router.people[warden_id].working


def _there(router: Router, grid_id: str, roles: tuple[Role, ...]) -> list[tuple[str, Ways]]:
    members = router.staff.members.items()
    found = (w for w, its in members if its.grid_id == grid_id and its.role in roles)
    return _at_most(router, found)


def _anybody(router: Router) -> list[tuple[str, Ways]]:
    """A grid of nobody: the site's captains and centre, else whoever there is."""
    members = router.staff.members
    heads = [who for who, its in members.items() if its.role in (Role.CAPTAIN, Role.CENTRE)]
    return _at_most(router, heads) or _at_most(router, members)


def _at_most(router: Router, wardens: Iterable[str]) -> list[tuple[str, Ways]]:
    members = router.staff.members
    return [(who, Ways.ALL) for who in wardens if members[who].channels][:EVERYBODY_MAX]


def _staff(router: Router, its: Staff, now_ms: int, rules: Rules) -> Router:
    """Take over another staff. Whoever could not be reached and has other channels now is tested
    at once."""
    known = dict(router.people)
    for who, member in its.members.items():
        person = known.get(who) or people.new(who, now_ms, rules)
        before = router.staff.members.get(who)
        if before is not None and before.channels != member.channels and not person.working:
            person = replace(person, test_ms=now_ms)
        known[who] = person
    return of(its, known.values())


def _due(router: Router, who: str, now_ms: int, rules: Rules) -> Stepped:
    """What somebody's time has come for: groups, a test, or that it did not arrive."""
    person, said = people.due(router.people[who], now_ms, rules)
    router = _with(router, person)
    routed: tuple[Routed, ...] = ()
    for one in said:
        if not isinstance(one, Unreachable):
            routed += (Notification(who, one),)
            continue
        page = PageDue(one.page_id, "", Reason.UNREACHABLE, now_ms)
        grid_id = router.staff.members[who].grid_id
        router, more = _page(router, page, "", grid_id, now_ms, rules)
        routed += more
    return router, routed


def _settled(router: Router, case_id: str, now_ms: int, rules: Rules) -> Router:
    """A case is in somebody's hands, or over: what waits of it need not be told."""
    for who in sorted(router.waiting):
        router = _with(router, people.forget(router.people[who], case_id, now_ms, rules))
    return router


def _with(router: Router, person: Person) -> Router:
    """The router with this person as they are now."""
    who = person.warden_id
    if person is router.people[who]:
        return router
    waiting = router.waiting
    if _waits(person) != (who in waiting):
        waiting = waiting ^ {who}
    return replace(router, people={**router.people, who: person}, waiting=waiting)


def _waits(person: Person) -> bool:
    return bool(person.queued or person.more)
