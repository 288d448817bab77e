"""One person who is told: how much of it, what waits for them, and whether they can be reached.

Nobody's phone rings more than so many times in so long (`Rules.pages_most`, EEMUA 191); but what
there is to know is never rationed. What is beyond the limit comes at once as one grouped page that
does not ring: how many cases there are, and which, breaches first. It is renewed as it grows, the
same conversation under further page ids, and rings as soon as there is a place. All but what is
urgent may fill half of the places only, so a breach finds room in a storm of faults. The same page
by another channel is not another page.

Once a day a silent test goes to each of a person's channels. Who did not get it within
`TEST_MS` is unreachable: is left out when a step is told, until anything arrives again. Where
nothing does for `Rules.unreached_ms`, the person is lost, which is a trouble of the site.
"""

from collections.abc import Container
from zlib import crc32

from msgspec import Struct
from msgspec.structs import replace

from gateway.core import local_time
from gateway.core.cases.escalation import Ways
from gateway.core.duration import HOUR_MS, MINUTE_MS, SECOND_MS
from gateway.core.effects import PageDue
from gateway.core.paging import lesser_pages, places
from gateway.core.paging.contents import AskedTest as AskedTest
from gateway.core.paging.contents import Content, Named
from gateway.core.paging.contents import DailyTest as DailyTest
from gateway.core.paging.contents import EarlierCase as EarlierCase
from gateway.core.paging.contents import GroupedPage as GroupedPage
from gateway.core.paging.contents import PersonalPage as PersonalPage
from gateway.core.paging.contents import SinglePage as SinglePage
from gateway.core.paging.contents import Unreachable as Unreachable
from gateway.core.paging.places import SentPage
from gateway.core.reasons import BREACHES, MATTERS, NOTICES, URGENT, Reason
from gateway.core.rules import Rules

QUEUED_MAX = 200  # cases named in one grouped page; the next ones begin another part of it
EARLIER_MAX = 1_000  # cases known of earlier parts; those before are counted, by no name
RENEW_SOON_MS = SECOND_MS  # what one storm brings comes together; so soon it is told,
RENEW_EVERY_MS = 5 * SECOND_MS  # and then so often: no case waits longer
TEST_MS = HOUR_MS  # so long a test may take to arrive
NOTICED_EVERY_MS = HOUR_MS  # so seldom does knowledge disturb; what comes between is there to read
ASKED_MAX = 3  # test pages that people may ask for, of one person ...
ASKED_WINDOW_MS = MINUTE_MS  # ... within this
ASKED_PREFIX = "asked-"  # of their page ids


class Person(Struct, frozen=True, omit_defaults=True):
    """All that is known of one person. `queued` are the cases of the grouped page that has not rung
    yet, the breaches first, each case once."""

    warden_id: str
    sent: tuple[SentPage, ...] = ()  # that take a place; at most Rules.pages_most
    rang: tuple[SentPage, ...] = ()  # lately, of their own: told once, whatever step comes next
    queued: tuple[PersonalPage, ...] = ()
    earlier: tuple[EarlierCase, ...] = ()  # that earlier parts of it named, none of them queued
    lesser: lesser_pages.Lesser = ()  # what waits behind a worse page of its case
    more: int = 0  # cases that parts before those named
    more_breaches: int = 0
    more_matters: int = 0
    due_ms: int | None = None  # when it may ring
    renew_ms: int | None = None  # when what is new in it is told
    renewed_ms: int = 0  # when it was last told,
    renewals: int = 0  # and how often
    conversation: str = ""  # what its page ids begin with
    group_id: str = ""  # the latest grouped page,
    # and what was in it, for its receipt speaks for all of them
    group: tuple[PersonalPage, ...] = ()
    test_ms: int | None = None  # when the next test goes out
    fails_ms: int | None = None  # when the test that is under way has failed
    working: bool = True
    unreached_ms: int | None = None  # since when nothing came through,
    lost_ms: int | None = None  # when that is told,
    is_lost: bool = False  # and whether it was
    asked_ms: tuple[int, ...] = ()  # when test pages were asked for; at most ASKED_MAX
    noticed_ms: int | None = None  # when knowledge last disturbed

    @property
    def waits(self) -> bool:
        """Whether a grouped page waits until it may ring."""
        return bool(self.queued or self.earlier or self.more)


PersonChange = tuple[Person, tuple[Content, ...]]


def new(warden_id: str, now_ms: int, rules: Rules) -> Person:
    """Somebody of whom nothing is known yet. They are believed until a test says otherwise."""
    return Person(warden_id, test_ms=next_test_ms(warden_id, now_ms, rules))


def next_test_ms(warden_id: str, now_ms: int, rules: Rules) -> int:
    """The next test: at a time of day that is this person's own, spread over the hours of tests."""
    first, last = rules.daily_test_from_min, rules.daily_test_to_min
    minute = first + _number(warden_id) % ((last - first) % local_time.DAY_MIN or 1)
    return local_time.next_at(rules.zone, now_ms, minute % local_time.DAY_MIN)


def tested_by_day(person: Person, now_ms: int, rules: Rules) -> Person:
    """Somebody once the gateway's clock was set: the next test, if it is not due already, is at
    their own minute by the right wall."""
    if person.test_ms is None or person.test_ms <= now_ms:
        return person
    return replace(person, test_ms=next_test_ms(person.warden_id, now_ms, rules))


def code(warden_id: str) -> str:
    """What stands for a person where nobody may be named."""
    return f"{_number(warden_id):08x}"


def ask(person: Person, page_id: str, now_ms: int) -> PersonChange:
    """Somebody wants to know now whether pages come through. Nothing where that was asked as often
    as it may be."""
    lately = tuple(at_ms for at_ms in person.asked_ms if at_ms > now_ms - ASKED_WINDOW_MS)
    if len(lately) >= ASKED_MAX:
        return person, ()
    return replace(person, asked_ms=(*lately, now_ms)), (AskedTest(page_id),)


def page(person: Person, personal_page: PersonalPage, now_ms: int, rules: Rules) -> PersonChange:
    """A page for the person: it rings now, or stands in a grouped page; nothing where these
    channels had it already."""
    if personal_page.reason in NOTICES:
        return _notice(person, personal_page, now_ms, rules)
    before = next((sent for sent in person.rang if sent.page_id == personal_page.page_id), None)
    if before is not None:
        return _by_other_ways(person, before, personal_page)
    if any(personal_page.page_id == other.page_id for other in person.group):
        return person, ()  # the grouped page told of it, by every channel
    person, contents = _ring(person, now_ms, rules)
    is_urgent = personal_page.reason in URGENT
    if _has_room(person, is_urgent, now_ms, rules):
        sent = SentPage(now_ms, personal_page.page_id, personal_page.ways, is_urgent)
        person = _took_place(person, sent, rules)
        rang = places.remembered(person.rang, sent)
        person = replace(person, due_ms=_due_ms(person, now_ms, rules), rang=rang)
        return person, (*contents, SinglePage(personal_page))
    person, told = _join(person, personal_page, now_ms)
    return replace(person, due_ms=_due_ms(person, now_ms, rules)), contents + told


def _notice(person: Person, notice: PersonalPage, now_ms: int, rules: Rules) -> PersonChange:
    """Knowledge. It rings where nothing of its kind did for a while and there is a place; else it
    is there to be read. No group holds it, for nobody need do anything about it."""
    is_soon = person.noticed_ms is not None and now_ms < person.noticed_ms + NOTICED_EVERY_MS
    if is_soon or person.waits or not _has_room(person, False, now_ms, rules):
        return person, (SinglePage(replace(notice, ways=Ways.READ)),)
    person = _took_place(person, SentPage(now_ms, notice.page_id), rules)
    return replace(person, noticed_ms=now_ms), (SinglePage(notice),)


def knows(person: Person, page: PageDue) -> bool:
    """Whether a page rang for the person, or stands in what waits for them."""
    rang = any(sent.page_id == page.page_id for sent in person.rang)
    waits = any(other.page_id == page.page_id for other in (*person.queued, *person.group))
    return rang or waits or any(other.case_id == page.case_id for other in person.earlier)


def forget(
    person: Person, case_id: str, now_ms: int, rules: Rules, spared: Container[Reason] = ()
) -> Person:
    """A case is in somebody's hands, or over: no phone rings for it, but for what is `spared`."""
    queued = tuple(p for p in person.queued if p.case_id != case_id or p.reason in spared)
    earlier = tuple(p for p in person.earlier if p.case_id != case_id or p.reason in spared)
    if (len(queued), len(earlier)) == (len(person.queued), len(person.earlier)):
        return person
    known = lesser_pages.of_case(person.lesser, case_id, spared)
    if known is not None and known.page is not None and len(queued) < QUEUED_MAX:
        queued = (*queued, known.page)
    elif known is not None:
        earlier = (*earlier, EarlierCase(case_id, known.reason))
    left = lesser_pages.without(person.lesser, case_id)
    person = replace(person, queued=queued, earlier=earlier, lesser=left)
    due_ms = _due_ms(person, now_ms, rules)
    if due_ms is None:
        return _ended(person)
    renew_ms = person.renew_ms
    if known is not None and renew_ms is None:  # what it says of the case is new
        renew_ms = max(now_ms, person.renewed_ms + RENEW_EVERY_MS)
    return replace(person, due_ms=due_ms, renew_ms=renew_ms)


def due(person: Person, now_ms: int, rules: Rules, of_texts: bool = False) -> PersonChange:
    """What this person's time has come for: a grouped page, a test, or the end of one. `of_texts`:
    no channel of theirs answers by itself."""
    person, contents = _ring(person, now_ms, rules)
    if person.renew_ms is not None and person.renew_ms <= now_ms:  # so it has not rung
        person, contents = _renew(person, now_ms, rings=False)
    if person.fails_ms is not None and person.fails_ms <= now_ms:
        person = _failed(person, person.fails_ms, rules)
        contents += (Unreachable(f"unreachable-{code(person.warden_id)}-{now_ms}"),)
    if person.lost_ms is not None and person.lost_ms <= now_ms:
        person = replace(person, lost_ms=None, is_lost=True)
    if person.test_ms is not None and person.test_ms <= now_ms:
        person = replace(person, test_ms=next_test_ms(person.warden_id, now_ms, rules))
        if rules.daily_test and (rules.daily_test_texts or not of_texts):
            person = replace(person, fails_ms=now_ms + TEST_MS)
            page_id = f"test-{code(person.warden_id)}-{now_ms}"
            contents += (DailyTest(page_id, rules.daily_test_texts),)
    return person, contents


def _failed(person: Person, fails_ms: int, rules: Rules) -> Person:
    """The test did not arrive. The first such begins the time after which the person is lost."""
    person = replace(person, fails_ms=None, working=False)
    if person.unreached_ms is not None:
        return person
    since_ms = fails_ms - TEST_MS  # when it went out
    return replace(person, unreached_ms=since_ms, lost_ms=since_ms + rules.unreached_ms)


def confirm_reachable(person: Person) -> Person:
    """Something arrived: a handheld signed for it, or a channel took it."""
    if person.working and person.fails_ms is None:
        return person
    return replace(
        person, working=True, fails_ms=None, unreached_ms=None, lost_ms=None, is_lost=False
    )


def next_deadline(person: Person) -> int | None:
    """The earliest time at which `due` has something to do, or None."""
    times = (person.due_ms, person.renew_ms, person.test_ms, person.fails_ms, person.lost_ms)
    return min((at_ms for at_ms in times if at_ms is not None), default=None)


def _by_other_ways(person: Person, before: SentPage, personal_page: PersonalPage) -> PersonChange:
    """The page went out before; only channels that did not have it are used."""
    if before.ways in (Ways.ALL, personal_page.ways):
        return person, ()
    missing = Ways.OTHER if before.ways is Ways.FIRST else Ways.FIRST
    both = replace(before, ways=Ways.ALL)
    rang = tuple(both if sent is before else sent for sent in person.rang)
    return replace(person, rang=rang), (SinglePage(replace(personal_page, ways=missing)),)


def _join(person: Person, personal_page: PersonalPage, now_ms: int) -> PersonChange:
    """Put it into the grouped page, behind its equals. A case stands there once, with the worst
    that was said of it, in the latest part; what says nothing new of it is not told again."""
    case_id, is_breach = personal_page.case_id, personal_page.reason in BREACHES
    before = next((other for other in person.queued if other.case_id == case_id), None)
    known = before or next((other for other in person.earlier if other.case_id == case_id), None)
    if known is not None and known.reason in BREACHES and not is_breach:
        return replace(person, lesser=lesser_pages.behind(person.lesser, known, personal_page)), ()
    if known is not None:
        person = replace(person, lesser=lesser_pages.behind(person.lesser, personal_page, known))
    earlier = tuple(other for other in person.earlier if other.case_id != case_id)
    person = person if len(earlier) == len(person.earlier) else replace(person, earlier=earlier)
    if before is not None and _says(before) == _says(personal_page):  # another round of it
        again = tuple(personal_page if other is before else other for other in person.queued)
        return replace(person, queued=again), ()
    contents: tuple[Content, ...] = ()
    if not person.conversation:
        conversation = f"group-{code(person.warden_id)}-{now_ms}"
        person = replace(person, conversation=conversation, renewals=0, renewed_ms=now_ms)
    elif before is None and len(person.queued) >= QUEUED_MAX:
        person, contents = _next_part(person, now_ms)
    queued = tuple(other for other in person.queued if other is not before)
    breaches = sum(other.reason in BREACHES for other in queued)
    place = breaches if is_breach else len(queued)
    person = replace(person, queued=(*queued[:place], personal_page, *queued[place:]))
    wait_ms = RENEW_SOON_MS if person.renewals == 1 else RENEW_EVERY_MS
    if person.renewed_ms != now_ms and now_ms < person.renewed_ms + wait_ms:
        return replace(person, renew_ms=person.renewed_ms + wait_ms), contents
    person, told = _renew(person, now_ms, rings=False)
    return person, contents + told


def _says(personal_page: PersonalPage) -> tuple[Reason, int]:
    return personal_page.reason, personal_page.since_ms


def _next_part(person: Person, now_ms: int) -> PersonChange:
    """So many are named in it that the next ones begin another part; these have all been told."""
    contents: tuple[Content, ...] = ()
    if person.renew_ms is not None:
        person, contents = _renew(person, now_ms, rings=False)
    told = tuple(EarlierCase(page.case_id, page.reason) for page in person.queued)
    earlier = (*person.earlier, *told)
    surplus, earlier = earlier[:-EARLIER_MAX], earlier[-EARLIER_MAX:]
    more, more_breaches = person.more + len(surplus), person.more_breaches + _of(BREACHES, surplus)
    more_matters = person.more_matters + _of(MATTERS, surplus)
    person = replace(person, more=more, more_breaches=more_breaches, more_matters=more_matters)
    gone = {other.case_id for other in surplus}
    left = tuple(other for other in person.lesser if other.case_id not in gone)
    return replace(person, queued=(), earlier=earlier, lesser=left), contents


def _named(person: Person) -> tuple[Named, ...]:
    """All that its parts name, each case once."""
    return (*person.queued, *person.earlier)


def _of(reasons: frozenset[Reason], cases: tuple[Named, ...]) -> int:
    """How many of these are there for one of those reasons."""
    return sum(case.reason in reasons for case in cases)


def _renew(person: Person, now_ms: int, rings: bool) -> PersonChange:
    """The grouped page as it is now."""
    named = _named(person)
    cases, breaches = len(named) + person.more, _of(BREACHES, named) + person.more_breaches
    matters = _of(MATTERS, named) + person.more_matters
    renewals = person.renewals + 1
    page_id = person.conversation + (f"-{renewals}" if renewals > 1 else "")
    conversation = person.conversation
    group = GroupedPage(page_id, person.queued, cases, breaches, rings, conversation, matters)
    person = replace(
        person,
        renew_ms=None,
        renewed_ms=now_ms,
        renewals=renewals,
        group_id=page_id,
        group=group.pages,
    )
    return person, (group,)


def _ring(person: Person, now_ms: int, rules: Rules) -> PersonChange:
    """Let the grouped page ring, if there is a place for it; else note when there will be."""
    due_ms = _due_ms(person, now_ms, rules)
    if due_ms is None or due_ms > now_ms:
        return (person if due_ms == person.due_ms else replace(person, due_ms=due_ms)), ()
    is_urgent = _is_urgent(person)
    person, contents = _renew(person, now_ms, rings=True)
    person = _took_place(person, SentPage(now_ms, person.group_id, Ways.ALL, is_urgent), rules)
    noted = person.lesser
    return _goes_on(_ended(person), noted, now_ms, rules), contents


def _goes_on(person: Person, noted: lesser_pages.Lesser, now_ms: int, rules: Rules) -> Person:
    """It rang for the worse of each case. What that stood before waits on, in a page of its own."""
    if not noted:
        return person
    named = [other.page for other in noted if other.page is not None][:QUEUED_MAX]
    rest = [
        EarlierCase(p.case_id, p.reason) for p in noted if p.page is None or p.page not in named
    ]
    person = replace(
        person,
        queued=tuple(named),
        earlier=tuple(rest[-EARLIER_MAX:]),
        conversation=f"group-{code(person.warden_id)}-{now_ms}",
        renewed_ms=now_ms,
        renew_ms=now_ms + RENEW_EVERY_MS,
    )
    return replace(person, due_ms=_due_ms(person, now_ms, rules))


def _ended(person: Person) -> Person:
    """Its grouped page has rung, or need not any more: what comes next is another conversation."""
    return replace(
        person,
        queued=(),
        earlier=(),
        lesser=(),
        more=0,
        more_breaches=0,
        more_matters=0,
        due_ms=None,
        renew_ms=None,
        renewals=0,
        conversation="",
    )


def _took_place(person: Person, sent: SentPage, rules: Rules) -> Person:
    return replace(person, sent=places.taken(person.sent, sent, rules))


def _has_room(person: Person, is_urgent: bool, now_ms: int, rules: Rules) -> bool:
    return places.free_ms(person.sent, is_urgent, now_ms, rules) <= now_ms


def _due_ms(person: Person, now_ms: int, rules: Rules) -> int | None:
    """When the grouped page may ring: as the worst of it may, and the rest rings with it."""
    if not person.waits:
        return None
    return places.free_ms(person.sent, _is_urgent(person), now_ms, rules)


def _is_urgent(person: Person) -> bool:
    return person.more_breaches > 0 or _of(URGENT, _named(person)) > 0


def _number(warden_id: str) -> int:
    """A number for a person that names nobody, for page ids leave the house."""
    return crc32(warden_id.encode())
