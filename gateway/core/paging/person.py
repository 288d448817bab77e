"""One person who is told: how much of it, what waits for them, and whether they can be reached.

Nobody gets more than so many pages in so long (`Rules.pages_most`, EEMUA 191). What is beyond that
is queued, and goes out as one grouped page, breaches first, as soon as there is a place. All but
breaches may fill half of the places only, so a breach finds room in a storm of faults. The same
page by another channel is not another page.

Once a day a silent test goes to each of a person's channels. Who did not get it within
`TEST_MS` is unreachable: is left out when a step is told, until anything arrives again.
"""

from zlib import crc32

from msgspec import Struct
from msgspec.structs import replace

from gateway.core import local_time
from gateway.core.cases.escalation import Ways
from gateway.core.duration import HOUR_MS
from gateway.core.reasons import BREACHES, Reason
from gateway.core.rules import Rules

QUEUED_MAX = 200  # cases that wait for one person; beyond it they are counted only
TEST_MS = HOUR_MS  # so long a test may take to arrive


class PersonalPage(Struct, frozen=True):
    """A page for this person, by some of their channels."""

    page_id: str
    case_id: str
    door_id: str
    reason: Reason
    since_ms: int
    ways: Ways = Ways.ALL


class SentPage(Struct, frozen=True, omit_defaults=True):
    """A page that went out: it takes a place until the window has passed over it."""

    at_ms: int
    page_id: str
    ways: Ways = Ways.ALL
    breach: bool = False


class Person(Struct, frozen=True, omit_defaults=True):
    """All that is known of one person. `queued` has the breaches first, each case once."""

    warden_id: str
    sent: tuple[SentPage, ...] = ()  # at most Rules.pages_most
    queued: tuple[PersonalPage, ...] = ()
    more: int = 0  # cases beyond QUEUED_MAX
    more_breaches: int = 0
    due_ms: int | None = None  # when what is queued may go out
    group_id: str = ""  # the latest grouped page,
    # and what was in it, for its receipt speaks for all of them
    group: tuple[PersonalPage, ...] = ()
    test_ms: int | None = None  # when the next test goes out
    fails_ms: int | None = None  # when the test that is under way has failed
    working: bool = True


class SinglePage(Struct, frozen=True):
    """This page goes out now."""

    page: PersonalPage


class GroupedPage(Struct, frozen=True):
    """One page for many: how many cases, how many of them breaches, and which, breaches first."""

    page_id: str
    pages: tuple[PersonalPage, ...]
    cases: int
    breaches: int


class DailyTest(Struct, frozen=True):
    """A silent test goes to each channel now."""

    page_id: str


class Unreachable(Struct, frozen=True):
    """The test did not arrive: others are to be told of this person."""

    page_id: str


Content = SinglePage | GroupedPage | DailyTest | Unreachable
PersonChange = tuple[Person, tuple[Content, ...]]


def new(warden_id: str, now_ms: int, rules: Rules) -> Person:
    """Somebody of whom nothing is known yet. They are believed until a test says otherwise."""
    return Person(warden_id, test_ms=next_test_ms(warden_id, now_ms, rules))


def next_test_ms(warden_id: str, now_ms: int, rules: Rules) -> int:
    """The next test: at a time of day that is this person's own, spread over the working day."""
    length = (rules.day_to_min - rules.day_from_min) % local_time.DAY_MIN or local_time.DAY_MIN
    minute = (rules.day_from_min + _number(warden_id) % length) % local_time.DAY_MIN
    return local_time.next_at(rules.zone, now_ms, minute)


def page(person: Person, personal_page: PersonalPage, now_ms: int, rules: Rules) -> PersonChange:
    """A page for the person: out now, queued, or nothing where these channels had it already."""
    before = next((sent for sent in person.sent if sent.page_id == personal_page.page_id), None)
    if before is not None:
        return _by_other_ways(person, before, personal_page)
    if any(personal_page.page_id == other.page_id for other in person.group):
        return person, ()  # the grouped page told of it, by every channel
    is_breach = personal_page.reason in BREACHES
    waits = any(is_breach <= (other.reason in BREACHES) for other in person.queued)
    if waits or not _has_room(person, is_breach, now_ms, rules):
        return _release(_queue(person, personal_page), now_ms, rules)
    sent = SentPage(now_ms, personal_page.page_id, personal_page.ways, is_breach)
    return _release(_took_place(person, sent, rules), now_ms, rules, (SinglePage(personal_page),))


def forget(person: Person, case_id: str, now_ms: int, rules: Rules) -> Person:
    """A case is in somebody's hands, or over: what is queued of it need not be told."""
    queued = tuple(
        personal_page for personal_page in person.queued if personal_page.case_id != case_id
    )
    if len(queued) == len(person.queued):
        return person
    person = replace(person, queued=queued)
    return replace(person, due_ms=_due_ms(person, now_ms, rules))


def due(person: Person, now_ms: int, rules: Rules) -> PersonChange:
    """What this person's time has come for: queued pages, a test, or the end of one."""
    contents: tuple[Content, ...] = ()
    if person.due_ms is not None and person.due_ms <= now_ms:
        person, contents = _release(person, now_ms, rules)
    if person.fails_ms is not None and person.fails_ms <= now_ms:
        person = replace(person, fails_ms=None, working=False)
        contents += (Unreachable(f"unreachable-{_number(person.warden_id):08x}-{now_ms}"),)
    if person.test_ms is not None and person.test_ms <= now_ms:
        test_ms = next_test_ms(person.warden_id, now_ms, rules)
        person = replace(person, test_ms=test_ms, fails_ms=now_ms + TEST_MS)
        contents += (DailyTest(f"test-{_number(person.warden_id):08x}-{now_ms}"),)
    return person, contents


def confirm_reachable(person: Person) -> Person:
    """Something arrived: a handheld signed for it, or a channel took it."""
    if person.working and person.fails_ms is None:
        return person
    return replace(person, working=True, fails_ms=None)


def next_deadline(person: Person) -> int | None:
    """The earliest time at which `due` has something to do, or None."""
    times = (person.due_ms, person.test_ms, person.fails_ms)
    return min((at_ms for at_ms in times if at_ms is not None), default=None)


def _by_other_ways(person: Person, before: SentPage, personal_page: PersonalPage) -> PersonChange:
    """The page went out before; only channels that did not have it are used."""
    if before.ways in (Ways.ALL, personal_page.ways):
        return person, ()
    missing = Ways.OTHER if before.ways is Ways.FIRST else Ways.FIRST
    both = replace(before, ways=Ways.ALL)
    sent = tuple(both if sent is before else sent for sent in person.sent)
    return replace(person, sent=sent), (SinglePage(replace(personal_page, ways=missing)),)


def _queue(person: Person, personal_page: PersonalPage) -> Person:
    """Put it behind its equals. A case waits once, with the worst that was said of it."""
    before = next(
        (other for other in person.queued if other.case_id == personal_page.case_id), None
    )
    if before is not None:
        if before.reason in BREACHES and personal_page.reason not in BREACHES:
            return person
        person = replace(
            person, queued=tuple(other for other in person.queued if other is not before)
        )
    breaches = sum(other.reason in BREACHES for other in person.queued)
    place = breaches if personal_page.reason in BREACHES else len(person.queued)
    queued = (*person.queued[:place], personal_page, *person.queued[place:])
    if len(queued) <= QUEUED_MAX:
        return replace(person, queued=queued)
    return replace(
        person,
        queued=queued[:QUEUED_MAX],
        more=person.more + 1,
        more_breaches=person.more_breaches + (queued[-1].reason in BREACHES),
    )


def _release(
    person: Person, now_ms: int, rules: Rules, contents: tuple[Content, ...] = ()
) -> PersonChange:
    """Let out what is queued, if there is a place for it; else set the time when there will be."""
    due_ms = _due_ms(person, now_ms, rules)
    if due_ms is None or due_ms > now_ms:
        return replace(person, due_ms=due_ms), contents
    breaches = (
        sum(personal_page.reason in BREACHES for personal_page in person.queued)
        + person.more_breaches
    )
    page_id = f"group-{_number(person.warden_id):08x}-{now_ms}"
    group = GroupedPage(page_id, person.queued, len(person.queued) + person.more, breaches)
    person = _took_place(person, SentPage(now_ms, page_id, Ways.ALL, breaches > 0), rules)
    person = replace(
        person,
        queued=(),
        more=0,
        more_breaches=0,
        due_ms=None,
        group_id=page_id,
        group=group.pages,
    )
    return person, (*contents, group)


def _took_place(person: Person, sent: SentPage, rules: Rules) -> Person:
    since_ms = sent.at_ms - rules.pages_window_ms
    kept = tuple(other for other in person.sent if other.at_ms > since_ms)
    return replace(person, sent=(*kept, sent))


def _has_room(person: Person, is_breach: bool, now_ms: int, rules: Rules) -> bool:
    return _room_ms(person, is_breach, now_ms, rules) <= now_ms


def _room_ms(person: Person, is_breach: bool, now_ms: int, rules: Rules) -> int:
    """When there is a place for such a page."""
    since_ms = now_ms - rules.pages_window_ms
    taken = [sent for sent in person.sent if sent.at_ms > since_ms]
    room_ms = now_ms
    if len(taken) >= rules.pages_most:
        room_ms = taken[-rules.pages_most].at_ms + rules.pages_window_ms
    if not is_breach:
        half = max(1, rules.pages_most // 2)
        faults = [sent for sent in taken if not sent.breach]
        if len(faults) >= half:
            room_ms = max(room_ms, faults[-half].at_ms + rules.pages_window_ms)
    return room_ms


def _due_ms(person: Person, now_ms: int, rules: Rules) -> int | None:
    """When what is queued may go out: as the worst of it may, and the rest goes with it."""
    if not person.queued and not person.more:
        return None
    is_breach = person.more_breaches > 0 or (
        bool(person.queued) and person.queued[0].reason in BREACHES
    )
    return _room_ms(person, is_breach, now_ms, rules)


def _number(warden_id: str) -> int:
    """A number for a person that names nobody, for page ids leave the house."""
    return crc32(warden_id.encode())
