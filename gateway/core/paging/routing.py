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

from gateway.core import clock_shift
from gateway.core.cases import escalation
from gateway.core.cases.case import secondary_to
from gateway.core.cases.escalation import Ways
from gateway.core.effects import CaseMoved, Effect, PageDue
from gateway.core.ending_events import NamesForgotten
from gateway.core.events import (
    Event,
    PageTestAnswered,
    PageTestAsked,
    PersonDue,
    PersonReached,
    StaffSet,
    TroubleBegan,
    TroubleEnded,
)
from gateway.core.forgetting import names_of_person
from gateway.core.households.effects import MATTERS_MOVED
from gateway.core.model import CaseState
from gateway.core.paging import person as people
from gateway.core.paging import schedule
from gateway.core.paging.person import (
    AskedTest,
    DailyTest,
    GroupedPage,
    Person,
    PersonalPage,
    SinglePage,
    Unreachable,
)
from gateway.core.paging.schedule import Role, Schedule
from gateway.core.paging.staff import Staff, schedule_of
from gateway.core.reasons import Reason
from gateway.core.rules import Rules
from gateway.core.subject import SITE, Subject

EVERYBODY_MAX = 50  # told at once: of a step for the whole site, and where nobody has duty


class Router(Struct, frozen=True):
    """Every person, and who has duty. Made by `of`; never changed in place."""

    staff: Staff
    schedule: Schedule
    people: dict[str, Person]  # by warden_id; who has left stays known
    waiting: frozenset[str]  # those for whom something is queued


class Notification(Struct, frozen=True):
    """This goes out to this person now: on a step of a round, by the duty of a role, where it is a
    page of its own."""

    warden_id: str
    content: SinglePage | GroupedPage | DailyTest | AskedTest
    step_index: int | None = None
    round: int = 0
    role: Role | None = None


class SitePage(Struct, frozen=True):
    """A page, before anybody in particular is told of it: for those who get every one."""

    page: PageDue
    door_id: str


Routed = Notification | SitePage
RouterChange = tuple[Router, tuple[Routed, ...]]


def of(staff: Staff, known: Iterable[Person] = ()) -> Router:
    """A router for this staff, with what is known of them."""
    by_id = {person.warden_id: person for person in known}
    waiting = frozenset(warden_id for warden_id, person in by_id.items() if person.waits)
    return Router(staff, schedule_of(staff), by_id, waiting)


def shifted(router: Router, by_ms: int) -> Router:
    """The router after the gateway's clock was set by so much: every time moves with it."""
    people = {who: clock_shift.shifted(person, by_ms) for who, person in router.people.items()}
    return replace(router, people=people)


def forgetting(router: Router, event: NamesForgotten, now_ms: int) -> Router:
    """The router once nothing is known any more of some doors: no page names them."""
    known = [names_of_person(person, event, now_ms) for person in router.people.values()]
    return of(router.staff, known)


def step(router: Router, event: Event, now_ms: int, rules: Rules) -> RouterChange:
    """One event of the router's own: a staff, a person's time, somebody who was reached, a test.

    Args:
        router: what is true of every person; it stays as it is.
        event: a `StaffSet`, `PersonDue`, `PersonReached`, `PageTestAsked` or `PageTestAnswered`;
            those of a person's time and of who was reached are of somebody it knows.
        now_ms: the event's time, in ms of UTC.
        rules: the site's.

    Returns:
        The router after it, and what goes out: `Notification`s to people, and a `SitePage` where
        somebody turns out not to be reachable.

    Raises:
        TypeError: the event is of another kind.
        KeyError: nobody of that id was ever in a staff.
    """
    match event:
        case StaffSet(staff=staff):
            return _staff(router, staff, now_ms, rules), ()
        case PersonReached(warden_id=warden_id):
            return _with(router, people.confirm_reachable(router.people[warden_id])), ()
        case PersonDue(warden_id=warden_id):
            return _due(router, warden_id, now_ms, rules)
        case PageTestAsked(warden_id=warden_id, page_id=page_id):
            return _ask(router, warden_id, page_id, now_ms)
        case PageTestAnswered(by=by):
            return _answered(router, by), ()
    raise TypeError(event)


def follow(
    router: Router, effect: Effect, door_id: str, grid_id: str, now_ms: int, rules: Rules
) -> RouterChange:
    """What an effect of a door, a household or an outage means to people; most mean nothing.

    Args:
        router: what is true of every person; it stays as it is.
        effect: a `PageDue` is routed; a `CaseMoved` to where nobody is told of it any more takes
            back what is queued of it.
        door_id: the door; of an outage, the one that stands for it; empty where a page is about a
            person and no door.
        grid_id: whose people are told, those of that door; WHOLE_SITE for those of all.
        now_ms: the effect's time, in ms of UTC.
        rules: the site's.

    Returns:
        The router after it, and what goes out, a `SitePage` first. Nobody gets more than
        `Rules.pages_most` in `Rules.pages_window_ms`; the rest is queued in the router.
    """
    if isinstance(effect, PageDue):
        return _page(router, effect, door_id, grid_id, now_ms, rules)
    if isinstance(effect, CaseMoved) and effect.case.escalation is None:
        case = effect.case
        by_rule = case.state is CaseState.CLOSED and case.reported_by is None
        spared = frozenset[Reason]() if by_rule else secondary_to(case.reason)
        return _forget_case(router, case.case_id, now_ms, rules, spared), ()
    if isinstance(effect, MATTERS_MOVED):
        matter = effect.matter
        if matter.escalation is None:
            return _forget_case(router, matter.case_id, now_ms, rules), ()
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


def lost_and_found(
    before: Router,
    after: Router,
    event: StaffSet | PersonDue | PersonReached | PageTestAsked | PageTestAnswered,
    now_ms: int,
) -> list[tuple[Subject, TroubleBegan | TroubleEnded]]:
    """What is to be told, after an event, of those whom nothing reaches any more, or something does
    again; who has left is nobody's trouble."""
    if before is after or isinstance(event, PageTestAsked):
        return []
    if isinstance(event, StaffSet):
        concerned: Iterable[str] = after.people
    else:
        concerned = (event.by if isinstance(event, PageTestAnswered) else event.warden_id,)
    news: list[tuple[Subject, TroubleBegan | TroubleEnded]] = []
    for warden_id in concerned:
        was_lost, is_lost = _is_lost(before, warden_id), _is_lost(after, warden_id)
        if is_lost and not was_lost:
            age_ms = now_ms - (after.people[warden_id].unreached_ms or now_ms)
            began = TroubleBegan(Reason.UNREACHED, people.code(warden_id), age_ms)
            news.append((SITE, began))
        elif was_lost and not is_lost:
            news.append((SITE, TroubleEnded(Reason.UNREACHED, people.code(warden_id))))
    return news


def _is_lost(router: Router, warden_id: str) -> bool:
    person = router.people.get(warden_id)
    return person is not None and person.is_lost and warden_id in router.staff.members


def duty_of(on_call: Schedule, grid_id: str, now_ms: int, rules: Rules) -> tuple[str, ...]:
    """Everybody who has a grid's duty now, by warden_id: the lowest step first, nobody twice."""
    on_duty = (
        warden_id
        for role in Role
        for warden_id in schedule.on_duty(on_call, grid_id, role, now_ms, rules.zone)
    )
    return tuple(dict.fromkeys(on_duty))


def grouped(router: Router, page_id: str, warden_id: str) -> tuple[PersonalPage, ...]:
    """What a grouped page was about, for its receipt speaks for all of them."""
    person = router.people.get(warden_id)
    return person.group if person is not None and page_id == person.group_id else ()


def _page(
    router: Router, page: PageDue, door_id: str, grid_id: str, now_ms: int, rules: Rules
) -> RouterChange:
    """Tell those of the step. What is beyond somebody's limit waits."""
    routed: tuple[Routed, ...] = (SitePage(page, door_id),)
    role, recipients = _recipients(router, page, grid_id, now_ms, rules)
    step_index = None if page.to else page.step_index
    for warden_id, of_step in recipients:
        ways = of_step
        if ways is Ways.OTHER and not people.knows(router.people[warden_id], page):
            ways = Ways.ALL  # the duty went over since the step before
        if ways is Ways.OTHER and len(router.staff.members[warden_id].channels) == 1:
            continue
        personal_page = PersonalPage(
            page.page_id, page.case_id, door_id, page.reason, page.since_ms, ways
        )
        person, contents = people.page(router.people[warden_id], personal_page, now_ms, rules)
        router = _with(router, person)
        routed += tuple(
            Notification(warden_id, content, step_index, page.round, role)
            if isinstance(content, SinglePage)
            else Notification(warden_id, content)
            for content in contents
            if not isinstance(content, Unreachable)
        )
    return router, routed


def _recipients(
    router: Router, page: PageDue, grid_id: str, now_ms: int, rules: Rules
) -> tuple[Role | None, list[tuple[str, Ways]]]:
    """Who is told of this step, and by which of their channels; everybody has one. The role by
    whose duty they are; None where it is by no duty."""
    if page.reason is Reason.CANARY:  # it asks whether they can be reached: nobody else is
        return Role.WARDEN, _of_grid(router, grid_id, (Role.WARDEN,))
    if page.to and _is_there(router, page.to, now_ms):
        return None, [(page.to, Ways.ALL)]
    steps = escalation.steps_for(page.reason)
    for step in steps[min(page.step_index, len(steps) - 1) :]:
        reachable = reachable_on_duty(router, grid_id, step.role, now_ms, rules)
        if reachable:
            return step.role, [(who, step.ways) for who in reachable[:EVERYBODY_MAX]]
    return None, _of_grid(router, grid_id, tuple(Role)) or _anybody(router)


def reachable_on_duty(
    router: Router, grid_id: str, role: Role, now_ms: int, rules: Rules
) -> tuple[str, ...]:
    """Those of a step whom something reaches. One who helps in all grids is not hidden by one of
    this grid whom nothing reaches."""
    on_call, zone = router.schedule, rules.zone
    on_duty = schedule.on_duty(on_call, grid_id, role, now_ms, zone)
    reachable = tuple(who for who in on_duty if _is_reachable(router, who))
    if reachable or role not in schedule.SITE_WIDE:
        return reachable
    anywhere = schedule.anywhere_on_duty(on_call, role, now_ms, zone)
    return tuple(who for who in anywhere if _is_reachable(router, who))


def _is_reachable(router: Router, warden_id: str) -> bool:
    """Whether the person can be reached, as far as anybody knows."""
    member = router.staff.members.get(warden_id)
    return member is not None and bool(member.channels) and router.people[warden_id].working


def _is_there(router: Router, warden_id: str, now_ms: int) -> bool:
    """Whether the person can be reached and is not away."""
    stands = schedule.stands_for(router.schedule, warden_id, now_ms)
    return stands == warden_id and _is_reachable(router, warden_id)


def _of_grid(router: Router, grid_id: str, roles: tuple[Role, ...]) -> list[tuple[str, Ways]]:
    wardens = [
        warden_id
        for warden_id, member in router.staff.members.items()
        if member.grid_id == grid_id and member.role in roles
    ]
    return _at_most(router, wardens)


def _anybody(router: Router) -> list[tuple[str, Ways]]:
    """A grid of nobody: the site's captains and centre, else whoever there is."""
    members = router.staff.members
    heads = [
        warden_id
        for warden_id, member in members.items()
        if member.role in (Role.CAPTAIN, Role.CENTRE)
    ]
    return _at_most(router, heads) or _at_most(router, members)


def _at_most(router: Router, wardens: Iterable[str]) -> list[tuple[str, Ways]]:
    members = router.staff.members
    reachable = [warden_id for warden_id in wardens if members[warden_id].channels]
    return [(warden_id, Ways.ALL) for warden_id in reachable[:EVERYBODY_MAX]]


def _staff(router: Router, staff: Staff, now_ms: int, rules: Rules) -> Router:
    """Take over another staff. Whoever could not be reached and has other channels now is tested
    at once."""
    known = dict(router.people)
    for warden_id, member in staff.members.items():
        person = known.get(warden_id) or people.new(warden_id, now_ms, rules)
        before = router.staff.members.get(warden_id)
        if before is not None and before.channels != member.channels and not person.working:
            person = replace(person, test_ms=now_ms)
        known[warden_id] = person
    return of(staff, known.values())


def _due(router: Router, warden_id: str, now_ms: int, rules: Rules) -> RouterChange:
    """What somebody's time has come for: groups, a test, or that it did not arrive."""
    member = router.staff.members.get(warden_id)
    of_texts = member is not None and member.of_texts
    person, contents = people.due(router.people[warden_id], now_ms, rules, of_texts)
    router = _with(router, person)
    routed: tuple[Routed, ...] = ()
    for content in contents:
        if not isinstance(content, Unreachable):
            routed += (Notification(warden_id, content),)
            continue
        page = PageDue(content.page_id, "", Reason.UNREACHABLE, now_ms)
        grid_id = router.staff.members[warden_id].grid_id
        router, more = _page(router, page, "", grid_id, now_ms, rules)
        routed += more
    return router, routed


def _ask(router: Router, warden_id: str, page_id: str, now_ms: int) -> RouterChange:
    """A test page goes to somebody; nothing to who has left or has no channel."""
    member = router.staff.members.get(warden_id)
    if member is None or not member.channels:
        return router, ()
    person, contents = people.ask(router.people[warden_id], page_id, now_ms)
    routed = tuple(
        Notification(warden_id, content) for content in contents if isinstance(content, AskedTest)
    )
    return _with(router, person), routed


def _answered(router: Router, warden_id: str) -> Router:
    """A test came through to somebody."""
    person = router.people.get(warden_id)
    return router if person is None else _with(router, people.confirm_reachable(person))


def _forget_case(
    router: Router,
    case_id: str,
    now_ms: int,
    rules: Rules,
    spared: frozenset[Reason] = frozenset(),
) -> Router:
    """A case is in somebody's hands, or over: what waits of it need not be told, but for a fault
    secondary to it, which is another's to mend."""
    for warden_id in sorted(router.waiting):
        person = people.forget(router.people[warden_id], case_id, now_ms, rules, spared)
        router = _with(router, person)
    return router


def _with(router: Router, person: Person) -> Router:
    """The router with this person as they are now."""
    warden_id = person.warden_id
    if person is router.people[warden_id]:
        return router
    waiting = router.waiting
    if person.waits != (warden_id in waiting):
        waiting = waiting ^ {warden_id}
    return replace(router, people={**router.people, warden_id: person}, waiting=waiting)
