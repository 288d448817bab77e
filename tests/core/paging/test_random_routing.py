"""Routers at random: people who come, leave and fall silent, in storms and in quiet days."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.cases.escalation import steps_for
from gateway.core.effects import CaseMoved, Effect, PageDue
from gateway.core.events import Event, PersonDue, PersonReached, StaffSet
from gateway.core.model import Case, CaseState
from gateway.core.paging import routing, staff
from gateway.core.paging.person import GroupedPage, Person, PersonalPage, SinglePage
from gateway.core.paging.routing import Notification, Routed, Router
from gateway.core.paging.schedule import Override, Role, Shift
from gateway.core.paging.staff import Member, Staff
from gateway.core.reasons import Reason
from gateway.core.rules import Rules

RULES = Rules(pages_most=4)
NOON_MS = 1_590_033_600_000
MINUTE_MS, HOUR_MS = 60_000, 3_600_000
PEOPLE = ("wang", "li", "chen", "zhao")
REASONS = (Reason.NO_PERMIT, Reason.COVER_TAMPER, Reason.CHATTER, Reason.REFUSALS, Reason.OUTAGE)
DUE_MAX = 500
Happenings = list[tuple[str, Any]]

quick = settings(max_examples=150, deadline=None, derandomize=True, print_blob=True)
people = st.builds(
    Member,
    st.sampled_from(["g", "h"]),
    st.sampled_from(list(Role)),
    st.sampled_from([(), (1,), (2,), (1, 2)]),
)
shifts = st.builds(
    Shift,
    st.just("g"),
    st.sampled_from(list(Role)),
    st.sampled_from(PEOPLE),
    st.integers(1, 127),
    st.integers(0, 1_439),
    st.integers(0, 1_440),
)
overrides = st.builds(
    lambda who, from_h, hours, by: Override(
        who, NOON_MS + from_h * HOUR_MS, NOON_MS + (from_h + hours) * HOUR_MS, by
    ),
    st.sampled_from(PEOPLE),
    st.integers(-5, 20),
    st.integers(1, 20),
    st.sampled_from([None, *PEOPLE]),
)
staffs = st.builds(
    staff.of,
    st.dictionaries(st.sampled_from(PEOPLE), people, max_size=4),
    st.lists(shifts, max_size=3),
    st.lists(overrides, max_size=2),
)
happenings = st.lists(
    st.one_of(
        st.tuples(st.just("page"), st.integers(0, 400)),
        st.tuples(st.just("storm"), st.integers(1, 12)),
        st.tuples(st.just("taken"), st.integers(0, 400)),
        st.tuples(st.just("reached"), st.integers(0, 3)),
        st.tuples(st.just("staff"), staffs),
        st.tuples(st.just("passes"), st.integers(1, 90)),
        st.tuples(st.just("passes"), st.integers(60, 1_500)),
    ),
    max_size=40,
)


class Life:
    """A router; every step is checked, and kept to be lived through again."""

    def __init__(self, team: Staff) -> None:
        self.now_ms, self.cases = NOON_MS, 0
        self.router = routing.of(Staff())
        self.reasons: dict[str, Reason] = {}  # what each case is about
        self.kept: list[tuple[int, Event | Effect]] = []
        self.sent: defaultdict[str, dict[str, int]] = defaultdict(dict)  # who -> page -> when
        self.tell(StaffSet(team))

    def tell(self, what: Event | Effect) -> tuple[Routed, ...]:
        self.kept.append((self.now_ms, what))
        before = self.router
        self.router, routed = _stepped(before, what, self.now_ms)
        for out in routed:
            if isinstance(out, Notification):
                self.check_ring(out)
        waiting = {warden_id for warden_id, person in self.router.people.items() if person.waits}
        assert self.router.waiting == waiting
        for person in self.router.people.values():
            assert len(person.sent) <= RULES.pages_most
        return routed

    def check_ring(self, notification: Notification) -> None:
        member = self.router.staff.members[notification.warden_id]
        if isinstance(notification.content, SinglePage):
            assert member.channels, "told by no channel"
            self.count(notification.warden_id, notification.content.page.page_id)
        elif isinstance(notification.content, GroupedPage) and notification.content.rings:
            self.count(notification.warden_id, notification.content.page_id)

    def count(self, warden_id: str, page_id: str) -> None:
        """Nobody gets more than so many pages in so long."""
        self.sent[warden_id].setdefault(page_id, self.now_ms)
        since_ms = self.now_ms - RULES.pages_window_ms
        latest = [at_ms for at_ms in self.sent[warden_id].values() if at_ms > since_ms]
        assert len(latest) <= RULES.pages_most

    def page(self, number: int) -> None:
        """Something new: somebody is told now, or has it waiting for them."""
        self.cases += 1
        reason = self.reasons[f"c{self.cases}"] = REASONS[number % len(REASONS)]
        step_index = number // 7 % len(steps_for(reason))
        page = PageDue(f"p{self.cases}", f"c{self.cases}", reason, self.now_ms, step_index)
        routed = self.tell(page)
        if not any(member.channels for member in self.router.staff.members.values()):
            assert len(routed) == 1, "a page to nobody"
            return
        waits = any(_holds(person, page.case_id) for person in self.router.people.values())
        assert len(routed) > 1 or waits, "nobody will hear of it"

    def storm(self, number: int) -> None:
        for n in range(number):
            self.page(n)

    def taken(self, number: int) -> None:
        """Somebody has it: nothing of it waits for anybody."""
        case_id = f"c{number % (self.cases + 1)}"
        reason = self.reasons.get(case_id, Reason.NO_PERMIT)
        case = Case(case_id, reason, CaseState.ACKNOWLEDGED, self.now_ms)
        self.tell(CaseMoved(case, self.now_ms))
        assert not any(_holds(person, case_id) for person in self.router.people.values())

    def reached(self, number: int) -> None:
        warden_id = PEOPLE[number]
        if routing.is_unverified(self.router, warden_id):
            self.tell(PersonReached(warden_id))
        assert not routing.is_unverified(self.router, warden_id)

    def passes(self, ms: int) -> None:
        until_ms = self.now_ms + ms
        for _ in range(DUE_MAX):
            times = {
                warden_id: routing.next_deadline(self.router, warden_id)
                for warden_id in self.router.people
            }
            due = [(at_ms, warden_id) for warden_id, at_ms in times.items() if at_ms is not None]
            if not due or min(due)[0] > until_ms:
                break
            at_ms, warden_id = min(due)
            self.now_ms = max(self.now_ms, at_ms)
            self.tell(PersonDue(warden_id))
            later_ms = routing.next_deadline(self.router, warden_id)
            assert later_ms is None or later_ms > self.now_ms, "a time that has passed"
        else:
            raise AssertionError("their times never end")
        self.now_ms = until_ms


def _stepped(
    router: Router, what: Event | Effect, now_ms: int
) -> tuple[Router, tuple[Routed, ...]]:
    if isinstance(what, PageDue | CaseMoved):
        return routing.follow(router, what, "d", "g", now_ms, RULES)
    return routing.step(router, what, now_ms, RULES)  # type: ignore[arg-type]


def _restarted(router: Router) -> Router:
    """As it is read again from the bytes in which it is stored."""
    known = msgspec.json.decode(msgspec.json.encode(router.staff), type=Staff)
    stored = [
        msgspec.json.decode(msgspec.json.encode(person), type=Person)
        for person in router.people.values()
    ]
    return routing.of(known, stored)


def _holds(person: Person, case_id: str) -> bool:
    return any(personal_page.case_id == case_id for personal_page in person.queued)


HAPPENINGS: dict[str, Callable[[Life, Any], object]] = {
    "page": Life.page,
    "storm": Life.storm,
    "taken": Life.taken,
    "reached": Life.reached,
    "staff": lambda life, team: life.tell(StaffSet(team)),
    "passes": lambda life, minutes: life.passes(minutes * MINUTE_MS),
}


def lived(team: Staff, story: Happenings) -> Life:
    life = Life(team)
    for name, number in story:
        HAPPENINGS[name](life, number)
    return life


@quick
@given(staffs, happenings)
def test_nobody_is_told_too_much_and_nothing_is_told_to_nobody(
    team: Staff, story: Happenings
) -> None:
    lived(team, story)


@quick
@given(staffs, happenings)
def test_living_again_from_stored_bytes_is_the_same_byte_for_byte(
    team: Staff, story: Happenings
) -> None:
    life = lived(team, story)
    router = routing.of(Staff())
    for at_ms, what in life.kept:
        router, _ = _stepped(_restarted(router), what, at_ms)
    assert msgspec.json.encode(router.people) == msgspec.json.encode(life.router.people)
    assert router == life.router


def test_a_call_that_waits_is_one_that_somebody_is_told_of_in_the_end() -> None:
    """The checks above can fail: a held call is seen as such."""
    life = Life(staff.of({"wang": Member("g", channels=(1,))}, [], []))
    for number in range(RULES.pages_most + 1):
        assert number == life.cases
        life.page(0)
    (person,) = life.router.people.values()
    assert [personal_page.case_id for personal_page in person.queued] == [
        f"c{RULES.pages_most + 1}"
    ]
    assert isinstance(person.queued[0], PersonalPage)
    life.passes(RULES.pages_window_ms)
    assert not life.router.waiting
