"""What one person is told: the limit, what waits, the daily test."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.cases.escalation import Ways
from gateway.core.duration import HOUR_MS
from gateway.core.paging import person as people
from gateway.core.paging.person import (
    QUEUED_MAX,
    TEST_MS,
    DailyTest,
    GroupedPage,
    PersonalPage,
    SinglePage,
    Unreachable,
)
from gateway.core.paging.places import RANG_MAX, RANG_MS
from gateway.core.reasons import BREACHES, Reason
from gateway.core.rules import Rules

RULES = Rules()
WINDOW_MS, MOST = RULES.pages_window_ms, RULES.pages_most
START_MS = 1_780_000_000_000
BREACH, FAULT = Reason.NO_PERMIT, Reason.SILENT
KIND = st.sampled_from([BREACH, FAULT, Reason.REFUSALS, Reason.COVER_TAMPER])


class Inbox:
    """One person who is told, and all that went out."""

    def __init__(self):
        self.person = people.new("wang", START_MS, RULES)
        self.out = []  # (at_ms, Tell or TellGroup)

    def page(self, number, reason, at_ms, ways=Ways.ALL):
        self.until(at_ms)
        personal_page = PersonalPage(f"p{number}", f"c{number}", "d", reason, at_ms, ways)
        self.person, contents = people.page(self.person, personal_page, at_ms, RULES)
        self._note(at_ms, contents)
        return contents

    def until(self, at_ms):
        """Serve every deadline up to a time, each at its time."""
        while (due_ms := people.next_deadline(self.person)) is not None and due_ms <= at_ms:
            self.person, contents = people.due(self.person, due_ms, RULES)
            self._note(due_ms, contents)

    def _note(self, at_ms, contents):
        self.out += [
            (at_ms, content)
            for content in contents
            if isinstance(content, SinglePage | GroupedPage)
        ]

    def rung(self):
        """When the phone rang."""
        return [at_ms for at_ms, content in self.out if getattr(content, "rings", True)]

    def groups(self):
        return [content for _, content in self.out if isinstance(content, GroupedPage)]

    def named_ms(self, case_id):
        """When a case was told first."""
        for at_ms, content in self.out:
            pages = (content.page,) if isinstance(content, SinglePage) else content.pages
            if any(page.case_id == case_id for page in pages):
                return at_ms
        return None

    def cases(self):
        case_ids = []
        for _, content in self.out:
            personal_pages = (content.page,) if isinstance(content, SinglePage) else content.pages
            case_ids += [personal_page.case_id for personal_page in personal_pages]
        return case_ids


def test_i16_ten_breaches_ring_one_by_one_and_the_other_four_stand_at_once_in_one_page():
    bench = Inbox()
    for number in range(14):
        bench.page(number, BREACH, START_MS + number * 100)
    bench.until(START_MS + WINDOW_MS - 1)
    singles, groups = bench.out[:MOST], [content for _, content in bench.out[MOST:]]
    assert all(isinstance(content, SinglePage) for _, content in singles)
    assert [(group.cases, group.rings) for group in groups] == [(1, False), (4, False)]
    assert [page.case_id for page in groups[-1].pages] == ["c10", "c11", "c12", "c13"]
    assert len({group.conversation for group in groups}) == 1
    assert len({group.page_id for group in groups}) == 2
    assert bench.out[-1][0] == START_MS + 1_000 + people.RENEW_SOON_MS
    bench.until(START_MS + WINDOW_MS)
    at_ms, rung = bench.out[-1]
    assert (at_ms, rung.cases, rung.breaches, rung.rings) == (START_MS + WINDOW_MS, 4, 4, True)
    assert rung.conversation == groups[0].conversation


def test_i16_the_grouped_page_grows_quietly_and_its_next_conversation_is_another():
    bench = Inbox()
    for number in range(MOST + 1):
        bench.page(number, BREACH, START_MS)
    for number in range(20, 24):
        bench.page(number, BREACH, START_MS + (number - 19) * 60_000)
        assert bench.out[-1][1].pages[-1].case_id == f"c{number}"
        assert not bench.out[-1][1].rings
    bench.until(START_MS + WINDOW_MS)
    first = bench.out[-1][1]
    assert (first.cases, first.rings) == (5, True)
    for number in range(30, 30 + MOST + 1):
        bench.page(number, BREACH, START_MS + WINDOW_MS + 1)
    assert bench.out[-1][1].conversation != first.conversation
    assert [page.case_id for page in bench.out[-1][1].pages] == ["c39", "c40"]


def test_i16_another_round_of_a_case_is_no_news_and_another_opening_of_it_is():
    bench = Inbox()
    for number in range(MOST + 1):
        bench.page(number, BREACH, START_MS)
    count = len(bench.out)
    again = PersonalPage("p10-r1", "c10", "d", BREACH, START_MS)
    bench.person, contents = people.page(bench.person, again, START_MS + 60_000, RULES)
    assert contents == ()
    assert bench.person.queued == (again,)
    bench.page("10", BREACH, START_MS + 61_000)
    assert len(bench.out) == count
    opened = PersonalPage("p99", "c10", "d", BREACH, START_MS + 62_000)
    bench.person, (group,) = people.page(bench.person, opened, START_MS + 62_000, RULES)
    assert (group.cases, group.rings) == (1, False)


def test_a_breach_in_a_storm_of_faults_is_told_at_once():
    bench = Inbox()
    for number in range(200):
        bench.page(number, FAULT, START_MS + number)
    assert len(bench.rung()) == MOST // 2
    assert bench.page("x", BREACH, START_MS + 200) == (
        SinglePage(PersonalPage("px", "cx", "d", BREACH, START_MS + 200)),
    )


def test_breaches_stand_first_in_a_group():
    bench = Inbox()
    for number in range(MOST):
        bench.page(number, BREACH, START_MS)
    for number, reason in enumerate([FAULT, BREACH, FAULT, BREACH]):
        bench.page(f"x{number}", reason, START_MS + 1)
    bench.until(START_MS + WINDOW_MS)
    group = bench.out[-1][1]
    assert [personal_page.case_id for personal_page in group.pages] == ["cx1", "cx3", "cx0", "cx2"]
    assert (group.cases, group.breaches) == (4, 2)


def test_another_channel_of_the_same_page_is_not_another_page():
    bench = Inbox()
    for number in range(MOST):
        bench.page(number, BREACH, START_MS, Ways.FIRST)
    for number in range(MOST):
        (content,) = bench.page(number, BREACH, START_MS + 30_000, Ways.OTHER)
        assert content.page.ways is Ways.OTHER
        assert bench.page(number, BREACH, START_MS + 60_000, Ways.ALL) == ()
    assert not bench.person.queued


@pytest.mark.parametrize("others", [0, 1, 30])
def test_a_page_rings_once_for_the_steps_of_a_round_whatever_rings_between(others):
    """Whoever was told in the place of another is the one of a later step too."""
    inbox = Inbox()
    inbox.page(0, FAULT, START_MS)
    for number in range(others):
        inbox.page(number + 1, FAULT, START_MS + (number + 1) * WINDOW_MS)
    assert inbox.page(0, FAULT, START_MS + 6 * HOUR_MS) == ()
    assert len(inbox.rung()) == 1 + others


def test_a_storm_of_pages_is_remembered_within_a_limit():
    inbox = Inbox()
    for number in range(RANG_MAX + MOST):
        inbox.page(number, BREACH, START_MS + number * WINDOW_MS // MOST)
    assert len(inbox.person.rang) == RANG_MAX
    inbox.page("last", BREACH, START_MS + 2 * RANG_MS)
    assert [sent.page_id for sent in inbox.person.rang] == ["plast"]


def test_by_all_channels_only_what_is_missing_is_used():
    bench = Inbox()
    bench.page(1, BREACH, START_MS, Ways.FIRST)
    (content,) = bench.page(1, BREACH, START_MS + 1, Ways.ALL)
    assert content.page.ways is Ways.OTHER


def test_a_case_waits_once_with_the_worst_that_was_said_of_it():
    bench = Inbox()
    for number in range(MOST):
        bench.page(number, BREACH, START_MS)
    for page, reason in enumerate([FAULT, BREACH, FAULT]):
        personal_page = PersonalPage(f"q{page}", "same", "d", reason, START_MS)
        bench.person, _ = people.page(bench.person, personal_page, START_MS + 1, RULES)
    (held,) = bench.person.queued
    assert (held.reason, held.page_id) == (BREACH, "q1")


def test_what_somebody_has_taken_meanwhile_is_not_told():
    bench = Inbox()
    for number in range(MOST + 2):
        bench.page(number, BREACH, START_MS)
    bench.person = people.forget(bench.person, f"c{MOST}", START_MS + 1, RULES)
    assert [personal_page.case_id for personal_page in bench.person.queued] == [f"c{MOST + 1}"]
    bench.person = people.forget(bench.person, f"c{MOST + 1}", START_MS + 1, RULES)
    assert bench.person.due_ms is None
    assert people.forget(bench.person, "unknown", START_MS + 1, RULES) is bench.person


def test_what_a_group_told_is_not_told_again_by_another_channel():
    bench = Inbox()
    for number in range(MOST + 1):
        bench.page(number, BREACH, START_MS)
    bench.until(START_MS + WINDOW_MS)
    assert bench.page(MOST, BREACH, START_MS + WINDOW_MS + 1, Ways.OTHER) == ()
    assert [personal_page.case_id for personal_page in bench.person.group] == [f"c{MOST}"]


def test_i16_what_is_beyond_one_page_begins_another_part_and_every_case_is_named():
    bench = Inbox()
    for number in range(QUEUED_MAX + MOST + 5):
        bench.page(number, BREACH, START_MS)
    for number in range(3):
        bench.page(f"f{number}", FAULT, START_MS)
    assert max(len(group.pages) for group in bench.groups()) == QUEUED_MAX
    assert {*bench.cases()} >= {f"c{number}" for number in range(QUEUED_MAX + MOST + 5)}
    bench.until(START_MS + WINDOW_MS)
    group = bench.out[-1][1]
    assert (group.cases, group.breaches) == (QUEUED_MAX + 8, QUEUED_MAX + 5)


# What was due at ten minutes sharp rings before the breach that comes a quarter of a second later.
RINGS_AT_THE_SAME_TIME = [
    *((BREACH, wait_ms) for wait_ms in (0, 246, 66_804, 106_854)),
    *((FAULT, 119_999), (BREACH, 384)),
    *((FAULT, wait_ms) for wait_ms in (1_440, 5, 223, 3_618)),
    *((BREACH, wait_ms) for wait_ms in (5_675, 29_770, 25_224)),
    *((Reason.COVER_TAMPER, 120_000), (BREACH, 120_000)),
]


@given(st.lists(st.tuples(KIND, st.integers(0, 120_000)), max_size=120))
def test_i16_any_storm(storm):
    live_through(storm)


def test_k1_what_waited_goes_out_just_before_the_last_page_comes():
    live_through(RINGS_AT_THE_SAME_TIME)


def live_through(storm):
    """Nobody's phone rings more than ten times in any ten minutes; everything is told within
    seconds; and a breach rings at once while breaches have taken less than half of the places."""
    bench, at_ms, came = Inbox(), START_MS, {}
    for number, (reason, wait_ms) in enumerate(storm):
        at_ms += wait_ms
        bench.until(at_ms)
        urgent = [sent for sent in bench.person.sent if sent.at_ms > at_ms - WINDOW_MS]
        urgent = [sent for sent in urgent if sent.urgent]
        contents = bench.page(number, reason, at_ms)
        came[f"c{number}"] = at_ms
        if reason in BREACHES and len(urgent) < MOST // 2:
            assert any(isinstance(content, SinglePage) for content in contents)
        if bench.person.queued:
            assert at_ms < bench.person.due_ms <= at_ms + WINDOW_MS, "it rings in the end"
    bench.until(at_ms + 2 * WINDOW_MS)
    times = bench.rung()
    assert all(
        later - earlier >= WINDOW_MS for earlier, later in zip(times, times[MOST:], strict=False)
    )
    assert {*bench.cases()} == {*came}
    assert not bench.person.queued
    assert all(
        bench.named_ms(case_id) <= at_ms + people.RENEW_EVERY_MS for case_id, at_ms in came.items()
    )


@given(st.text(min_size=1, max_size=20), st.integers(START_MS, START_MS + 10**10))
def test_a_test_is_once_a_day_within_the_working_day(who, at_ms):
    first_ms = people.next_test_ms(who, at_ms, RULES)
    assert at_ms < first_ms <= at_ms + 86_400_000
    assert people.next_test_ms(who, first_ms, RULES) == first_ms + 86_400_000
    minute = (first_ms // 60_000 + 480) % 1_440
    assert RULES.day_from_min <= minute < RULES.day_to_min


def test_tests_are_spread_over_the_day():
    times = {people.next_test_ms(f"w{n}", START_MS, RULES) for n in range(1_000)}
    assert len(times) > 300


def test_who_does_not_get_the_test_is_unreachable_until_something_arrives():
    person = people.new("wang", START_MS, RULES)
    test_ms = people.next_deadline(person)
    person, (content,) = people.due(person, test_ms, RULES)
    assert isinstance(content, DailyTest)
    assert "wang" not in content.page_id
    assert people.next_deadline(person) == test_ms + TEST_MS
    assert people.due(person, test_ms + TEST_MS - 1, RULES) == (person, ())
    person, (content,) = people.due(person, test_ms + TEST_MS, RULES)
    assert isinstance(content, Unreachable)
    assert not person.working
    assert people.next_deadline(person) == test_ms + 86_400_000
    assert people.confirm_reachable(person).working


def test_a_test_that_arrived_is_over():
    person = people.new("wang", START_MS, RULES)
    person, _ = people.due(person, people.next_deadline(person), RULES)
    person = people.confirm_reachable(person)
    assert (person.fails_ms, person.working) == (None, True)
    assert people.confirm_reachable(person) is person


@pytest.mark.parametrize("late_ms", [0, 3 * 86_400_000])
def test_a_gateway_that_was_stopped_tests_at_once_and_once(late_ms):
    person = people.new("wang", START_MS, RULES)
    now_ms = people.next_deadline(person) + late_ms
    person, contents = people.due(person, now_ms, RULES)
    assert [type(content) for content in contents] == [DailyTest]
    assert people.due(person, now_ms, RULES) == (person, ())
