"""Between the ladder and the phones: who is told of a page now, who waits, who cannot be reached.

The switchboard holds what is true of every person. It hears what follows from every step of a door
and of the outages (`follow`), and has events of its own (`step`): the staff, somebody's time,
somebody was reached. Both say what is to go out, to whom; by which address is for notify/.

A rung on which nobody is, or whom no channel reaches, falls to the next higher one at once, and
beyond the last to everybody of the grid, so that somebody is always told.
"""

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from gateway.core import ladder, people, rota, staff
from gateway.core.effects import CaseMoved, Effect, PageDue
from gateway.core.events import Event, PersonDue, PersonReached, StaffSet
from gateway.core.ladder import Ways
from gateway.core.people import Call, DailyTest, Person, Tell, TellGroup, Unreachable
from gateway.core.reason import Reason
from gateway.core.rota import Role, Rota
from gateway.core.rules import Rules
from gateway.core.staff import Staff

EVERYBODY_MAX = 50  # told at once where nobody has duty


class Switchboard(Struct, frozen=True):
    """Every person, and who has duty. Made by `of`; never changed in place."""

    staff: Staff
    rota: Rota
    people: dict[str, Person]  # by warden_id; who has left stays known
    holding: frozenset[str]  # those for whom something is held


class Ring(Struct, frozen=True):
    """This goes out to this person now."""

    warden_id: str
    said: Tell | TellGroup | DailyTest


class SitePage(Struct, frozen=True):
    """A page, before anybody in particular is told of it: for those who get every one."""

    page: PageDue
    door_id: str


Goes = Ring | SitePage
Outcome = tuple[Switchboard, tuple[Goes, ...]]


def of(its: Staff, known: Iterable[Person] = ()) -> Switchboard:
    """A switchboard for this staff, with what is known of them."""
    by_id = {person.warden_id: person for person in known}
    holding = frozenset(who for who, person in by_id.items() if _waits(person))
    return Switchboard(its, staff.rota_of(its), by_id, holding)


def step(board: Switchboard, event: Event, now_ms: int, rules: Rules) -> Outcome:
    """What the switchboard is after an event of its own, and what goes out."""
    match event:
        case StaffSet(staff=its):
            return _staff(board, its, now_ms, rules), ()
        case PersonReached(warden_id=who):
            return _with(board, people.proved(board.people[who])), ()
        case PersonDue(warden_id=who):
            return _due(board, who, now_ms, rules)
    raise TypeError(event)


def follow(
    board: Switchboard, effect: Effect, door_id: str, grid_id: str, now_ms: int, rules: Rules
) -> Outcome:
    """What follows from an effect of a door, or of an outage, for which `door_id` stands then.

    It is empty in the pages that come of it where they are about no door, but about a person.
    """
    if isinstance(effect, PageDue):
        return _page(board, effect, door_id, grid_id, now_ms, rules)
    if isinstance(effect, CaseMoved) and effect.case.ladder is None:
        return _settled(board, effect.case.case_id, now_ms, rules), ()
    return board, ()


def next_deadline(board: Switchboard, warden_id: str) -> int | None:
    """When something is due for a person, or None; never for one who has left."""
    if warden_id not in board.staff.members:
        return None
    return people.next_deadline(board.people[warden_id])


def doubts(board: Switchboard, warden_id: str) -> bool:
    """Whether it is news that this person was reached."""
    person = board.people.get(warden_id)
    return person is not None and people.proved(person) is not person


def grouped(board: Switchboard, page_id: str, warden_id: str) -> tuple[Call, ...]:
    """What a grouped page was about, for its receipt speaks for all of them."""
    person = board.people.get(warden_id)
    return person.group if person is not None and page_id == person.group_id else ()


def _page(
    board: Switchboard, page: PageDue, door_id: str, grid_id: str, now_ms: int, rules: Rules
) -> Outcome:
    """Tell the rung. What is beyond somebody's limit waits."""
    goes: tuple[Goes, ...] = (SitePage(page, door_id),)
    for who, ways in _told(board, page, grid_id, now_ms, rules):
        if ways is Ways.OTHER and len(board.staff.members[who].channels) == 1:
            continue
        call = Call(page.page_id, page.case_id, door_id, page.reason, page.since_ms, ways)
        person, said = people.tell(board.people[who], call, now_ms, rules)
        board = _with(board, person)
        goes += tuple(Ring(who, one) for one in said if not isinstance(one, Unreachable))
    return board, goes


def _told(
    board: Switchboard, page: PageDue, grid_id: str, now_ms: int, rules: Rules
) -> list[tuple[str, Ways]]:
    """Who is told of this rung, and by which of their channels. Everybody has one."""
    if page.reason is Reason.CANARY:  # it asks whether they can be reached: nobody else is
        return _there(board, grid_id, (Role.WARDEN,))
    steps = ladder.rungs(page.reason)
    for rung in steps[min(page.rung, len(steps) - 1) :]:
        on_duty = rota.on_duty(board.rota, grid_id, rung.role, now_ms, rules.zone)
        found = [(who, rung.ways) for who in on_duty if _works(board, who)]
        if found:
            return found
    return _there(board, grid_id, tuple(Role)) or _anybody(board)


def _works(board: Switchboard, warden_id: str) -> bool:
    """Whether the person can be reached, as far as anybody knows."""
    member = board.staff.members.get(warden_id)
    return member is not None and bool(member.channels) and board.people[warden_id].working


def _there(board: Switchboard, grid_id: str, roles: tuple[Role, ...]) -> list[tuple[str, Ways]]:
    members = board.staff.members.items()
    found = (w for w, its in members if its.grid_id == grid_id and its.role in roles)
    return _at_most(board, found)


def _anybody(board: Switchboard) -> list[tuple[str, Ways]]:
    """A grid of nobody: the site's captains and centre, else whoever there is."""
    members = board.staff.members
    heads = [who for who, its in members.items() if its.role in (Role.CAPTAIN, Role.CENTRE)]
    return _at_most(board, heads) or _at_most(board, members)


def _at_most(board: Switchboard, wardens: Iterable[str]) -> list[tuple[str, Ways]]:
    members = board.staff.members
    return [(who, Ways.ALL) for who in wardens if members[who].channels][:EVERYBODY_MAX]


def _staff(board: Switchboard, its: Staff, now_ms: int, rules: Rules) -> Switchboard:
    """Take over another staff. Whoever could not be reached and has other channels now is tested
    at once."""
    known = dict(board.people)
    for who, member in its.members.items():
        person = known.get(who) or people.new(who, now_ms, rules)
        before = board.staff.members.get(who)
        if before is not None and before.channels != member.channels and not person.working:
            person = replace(person, test_ms=now_ms)
        known[who] = person
    return of(its, known.values())


def _due(board: Switchboard, who: str, now_ms: int, rules: Rules) -> Outcome:
    """What somebody's time has come for: groups, a test, or that it did not arrive."""
    person, said = people.due(board.people[who], now_ms, rules)
    board = _with(board, person)
    goes: tuple[Goes, ...] = ()
    for one in said:
        if not isinstance(one, Unreachable):
            goes += (Ring(who, one),)
            continue
        page = PageDue(one.page_id, "", Reason.UNREACHABLE, now_ms)
        grid_id = board.staff.members[who].grid_id
        board, more = _page(board, page, "", grid_id, now_ms, rules)
        goes += more
    return board, goes


def _settled(board: Switchboard, case_id: str, now_ms: int, rules: Rules) -> Switchboard:
    """A case is in somebody's hands, or over: what waits of it need not be told."""
    for who in sorted(board.holding):
        board = _with(board, people.forget(board.people[who], case_id, now_ms, rules))
    return board


def _with(board: Switchboard, person: Person) -> Switchboard:
    """The switchboard with this person as they are now."""
    who = person.warden_id
    if person is board.people[who]:
        return board
    holding = board.holding
    if _waits(person) != (who in holding):
        holding = holding ^ {who}
    return replace(board, people={**board.people, who: person}, holding=holding)


def _waits(person: Person) -> bool:
    return bool(person.held or person.more)
