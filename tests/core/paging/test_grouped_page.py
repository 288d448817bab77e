"""A grouped page from its first to its last: its ids, its times, its parts, its numbers."""

from zlib import crc32

from msgspec.structs import replace

from gateway.core.cases.escalation import Ways
from gateway.core.paging import person as people
from gateway.core.paging.person import (
    EARLIER_MAX,
    QUEUED_MAX,
    RENEW_EVERY_MS,
    RENEW_SOON_MS,
    TEST_MS,
    Content,
    DailyTest,
    GroupedPage,
    Person,
    PersonalPage,
    SinglePage,
    Unreachable,
)
from gateway.core.paging.places import SentPage
from gateway.core.reasons import Reason
from gateway.core.rules import Rules
from tests.core.story import HOUR, MINUTE, NOON, SECOND

BREACH, FAULT = Reason.NO_PERMIT, Reason.SILENT
FEW = Rules(pages_most=2, pages_window_ms=10 * MINUTE)
NUMBER = f"{crc32(b'wang'):08x}"
CONVERSATION = f"group-{NUMBER}-{NOON}"


class Phone:
    """Wang's, two of whose pages rang at noon; what comes next must wait."""

    def __init__(self, rules: Rules = FEW, rang: int = 2, reason: Reason = BREACH) -> None:
        self.rules, self.now_ms = rules, NOON
        self.person = Person("wang")
        for number in range(rang):
            self.page(f"rang-{number}", reason)

    def page(
        self,
        case_id: str,
        reason: Reason = BREACH,
        since_ms: int = NOON,
        page_id: str = "",
        ways: Ways = Ways.ALL,
    ) -> tuple[Content, ...]:
        its = PersonalPage(page_id or f"p-{case_id}", case_id, "d", reason, since_ms, ways)
        self.person, contents = people.page(self.person, its, self.now_ms, self.rules)
        return contents

    def after(self, ms: int) -> tuple[Content, ...]:
        self.now_ms += ms
        self.person, contents = people.due(self.person, self.now_ms, self.rules)
        return contents


def group(content: Content) -> tuple[str, list[str], int, int, bool]:
    assert isinstance(content, GroupedPage)
    cases = [page.case_id for page in content.pages]
    return content.page_id, cases, content.cases, content.breaches, content.rings


def test_its_first_page_comes_at_once_and_the_next_a_second_and_then_five_seconds_later() -> None:
    phone = Phone()
    (first,) = phone.page("a")
    assert group(first) == (CONVERSATION, ["a"], 1, 1, False)
    assert phone.person.renew_ms is None
    phone.now_ms += 10
    assert phone.page("b") == ()
    assert phone.person.renew_ms == NOON + RENEW_SOON_MS
    assert people.next_deadline(phone.person) == NOON + RENEW_SOON_MS
    assert phone.after(RENEW_SOON_MS - 11) == ()
    (second,) = phone.after(1)
    assert group(second) == (f"{CONVERSATION}-2", ["a", "b"], 2, 2, False)
    assert phone.page("c") != (), "what comes at the same time is told at once"
    phone.now_ms += 1
    assert phone.page("d") == ()
    assert phone.person.renew_ms == phone.now_ms - 1 + RENEW_EVERY_MS
    phone.now_ms += RENEW_EVERY_MS
    (third,) = phone.page("e")
    assert group(third) == (f"{CONVERSATION}-4", ["a", "b", "c", "d", "e"], 5, 5, False)
    assert phone.person.renew_ms is None
    assert third.conversation == CONVERSATION  # type: ignore[union-attr]


def test_it_rings_when_there_is_a_place_and_the_next_conversation_is_another() -> None:
    phone = Phone()
    phone.page("a")
    assert phone.person.due_ms == NOON + 10 * MINUTE
    assert phone.after(10 * MINUTE - 1) == ()
    (rings,) = phone.after(1)
    assert group(rings) == (f"{CONVERSATION}-2", ["a"], 1, 1, True)
    its = phone.person
    assert (its.queued, its.due_ms, its.conversation, its.renewals) == ((), None, "", 0)
    assert its.sent[-1] == SentPage(phone.now_ms, f"{CONVERSATION}-2", Ways.ALL, True)
    assert its.group_id == f"{CONVERSATION}-2"
    phone.page("b")
    (next_one,) = phone.page("c")
    assert group(next_one)[0] == f"group-{NUMBER}-{phone.now_ms}"


def test_a_place_is_free_once_the_window_has_passed_over_it() -> None:
    phone = Phone(rang=1)
    phone.now_ms += MINUTE
    assert phone.page("second") == (
        SinglePage(PersonalPage("p-second", "second", "d", BREACH, NOON)),
    )
    phone.page("waits")
    assert phone.person.due_ms == NOON + 10 * MINUTE
    phone.after(9 * MINUTE)
    assert [sent.page_id for sent in phone.person.sent] == ["p-second", phone.person.group_id]


def test_faults_fill_half_of_the_places_and_a_breach_any() -> None:
    phone = Phone(Rules(pages_most=4, pages_window_ms=10 * MINUTE), rang=2, reason=FAULT)
    (waits,) = phone.page("fault", FAULT)
    assert group(waits)[2:] == (1, 0, False)
    assert phone.person.due_ms == NOON + 10 * MINUTE
    phone.now_ms += MINUTE
    assert isinstance(phone.page("breach")[0], SinglePage)
    assert phone.person.due_ms == NOON + 10 * MINUTE
    phone.now_ms += MINUTE
    contents = phone.page(
        "fault", BREACH, page_id="worse"
    )  # the worst that was said of it: it rings with it now
    assert [type(content) for content in contents] == [SinglePage]
    assert isinstance(phone.page("another")[0], GroupedPage)
    one = Phone(Rules(pages_most=1, pages_window_ms=10 * MINUTE), rang=0)
    assert isinstance(one.page("fault", FAULT)[0], SinglePage), "one place at least"


def test_a_breach_that_joins_a_group_of_faults_lets_it_ring_where_breaches_may() -> None:
    phone = Phone(Rules(pages_most=4, pages_window_ms=10 * MINUTE), rang=2, reason=FAULT)
    phone.now_ms += MINUTE
    phone.page("breach-1")
    phone.now_ms += MINUTE
    phone.page("breach-2")
    phone.now_ms += MINUTE
    phone.page("fault", FAULT)
    assert phone.person.due_ms == NOON + 10 * MINUTE
    phone.page("breach-3")
    assert [page.case_id for page in phone.person.queued] == ["breach-3", "fault"]
    (rings,) = phone.after(7 * MINUTE)
    assert group(rings)[1:] == (["breach-3", "fault"], 2, 1, True)
    assert phone.person.sent[-1].urgent


def test_a_group_of_faults_is_no_urgent_page() -> None:
    phone = Phone(Rules(pages_most=4, pages_window_ms=10 * MINUTE), rang=2, reason=FAULT)
    phone.page("fault", FAULT)
    phone.after(10 * MINUTE)
    assert phone.person.sent[-1].urgent is False


def test_so_many_are_named_in_one_part_and_all_are_counted() -> None:
    phone = Phone()
    phone.page("f", FAULT)
    for number in range(QUEUED_MAX - 1):
        phone.page(f"a{number}")
    assert len(phone.person.queued) == QUEUED_MAX
    phone.now_ms += 1
    phone.page(
        "a0", since_ms=NOON + 1, page_id="again"
    )  # news of one that stands there: no further part
    assert phone.person.earlier == ()
    told, part = phone.page("b")  # what was not told yet is told before the next part begins
    assert group(told)[2:] == (QUEUED_MAX, QUEUED_MAX - 1, False)
    assert len(phone.person.earlier) == QUEUED_MAX
    assert [page.case_id for page in phone.person.queued] == ["b"]
    assert group(part)[1:] == (["b"], QUEUED_MAX + 1, QUEUED_MAX, False)
    phone.person = people.forget(phone.person, "b", phone.now_ms, FEW)
    assert phone.person.due_ms == NOON + 10 * MINUTE, "those of before are waited for still"
    for number in range(QUEUED_MAX + 1):
        phone.page(f"c{number}", FAULT)
    assert len(phone.person.earlier) == 2 * QUEUED_MAX
    (rings,) = phone.after(10 * MINUTE)
    assert group(rings)[1:] == (["c200"], 2 * QUEUED_MAX + 1, QUEUED_MAX - 1, True)
    assert phone.person.sent[-1].urgent
    assert (phone.person.earlier, phone.person.more) == ((), 0)


def counted(content: Content) -> tuple[int, int, int]:
    """Cases, breaches, matters."""
    assert isinstance(content, GroupedPage)
    return content.cases, content.breaches, content.matters


def test_a_case_of_an_earlier_part_that_is_raised_again_is_counted_once() -> None:
    """It stands in the latest part then; and one that says less than before says nothing."""
    phone = Phone()
    phone.page("worse", FAULT)
    phone.page("asked", Reason.REQUEST_ASKED)
    for number in range(QUEUED_MAX - 2):
        phone.page(f"a{number}")
    phone.now_ms += RENEW_EVERY_MS
    (part,) = phone.page("b")
    assert counted(part) == (QUEUED_MAX + 1, QUEUED_MAX - 1, 1)
    phone.now_ms += RENEW_EVERY_MS
    (again,) = phone.page("a0", since_ms=phone.now_ms, page_id="again")
    assert counted(again) == (QUEUED_MAX + 1, QUEUED_MAX - 1, 1)
    assert group(again)[1] == ["b", "a0"]
    phone.now_ms += RENEW_EVERY_MS
    (worse,) = phone.page("worse", page_id="is-a-breach")
    assert counted(worse) == (QUEUED_MAX + 1, QUEUED_MAX, 1)
    assert phone.page("a1", FAULT) == ()
    (rings,) = phone.after(10 * MINUTE)
    assert counted(rings) == (QUEUED_MAX + 1, QUEUED_MAX, 1)


def test_what_is_taken_of_an_earlier_part_is_not_counted_and_an_empty_group_ends() -> None:
    phone = Phone()
    for number in range(QUEUED_MAX + 1):
        phone.page(f"a{number}")
    for case_id in ("a0", f"a{QUEUED_MAX}"):
        phone.person = people.forget(phone.person, case_id, phone.now_ms, FEW)
    assert phone.person.queued == ()
    assert phone.person.waits
    phone.now_ms += RENEW_EVERY_MS
    (told,) = phone.page("b", FAULT)
    assert counted(told) == (QUEUED_MAX, QUEUED_MAX - 1, 0)
    for case_id in ("b", *(f"a{number}" for number in range(1, QUEUED_MAX))):
        phone.person = people.forget(phone.person, case_id, phone.now_ms, FEW)
    assert not phone.person.waits
    assert people.next_deadline(phone.person) is None


def test_so_many_are_known_of_earlier_parts_and_those_before_are_counted_all_the_same() -> None:
    phone = Phone()
    phone.page("request", Reason.REQUEST_ASKED)
    phone.page("first")
    in_all = EARLIER_MAX + QUEUED_MAX + 1
    for number in range(2, in_all):
        phone.page(f"f{number}", FAULT)
    assert len(phone.person.earlier) == EARLIER_MAX
    known = phone.person.more, phone.person.more_breaches, phone.person.more_matters
    assert known == (QUEUED_MAX, 1, 1)
    (rings,) = phone.after(10 * MINUTE)
    assert counted(rings) == (in_all, 1, 1)
    assert phone.person.sent[-1].urgent, "one of those is a breach"


def test_what_is_taken_is_not_waited_for_and_an_empty_group_ends() -> None:
    phone = Phone()
    phone.page("a")
    phone.page("b", FAULT)
    before = phone.person
    assert people.forget(before, "none", phone.now_ms, FEW) is before
    phone.person = people.forget(before, "a", phone.now_ms, FEW)
    assert [page.case_id for page in phone.person.queued] == ["b"]
    assert phone.person.due_ms == NOON + 10 * MINUTE
    phone.person = people.forget(phone.person, "b", phone.now_ms, FEW)
    assert people.next_deadline(phone.person) is None
    assert (phone.person.conversation, phone.person.queued) == ("", ())


def test_a_group_whose_breach_was_taken_waits_as_long_as_its_faults_must() -> None:
    phone = Phone(Rules(pages_most=4, pages_window_ms=10 * MINUTE), rang=1, reason=BREACH)
    phone.now_ms += MINUTE
    for case_id in ("f1", "f2"):
        assert isinstance(phone.page(case_id, FAULT)[0], SinglePage)
    phone.page("b1")
    phone.page("f3", FAULT)
    phone.page("b2")
    assert [page.case_id for page in phone.person.queued] == ["b2", "f3"]
    assert phone.person.due_ms == NOON + 10 * MINUTE
    phone.person = people.forget(phone.person, "b2", phone.now_ms, phone.rules)
    assert phone.person.due_ms == NOON + 11 * MINUTE


def test_another_round_of_a_case_takes_its_place_and_says_nothing() -> None:
    phone = Phone()
    phone.page("a")
    phone.page("b")
    phone.now_ms += MINUTE
    assert phone.page("a", page_id="p-a-r1") == ()
    assert [page.page_id for page in phone.person.queued] == ["p-a-r1", "p-b"]
    assert phone.page("b", FAULT, page_id="fault") == (), "the worst of it stands there"
    assert [page.page_id for page in phone.person.queued] == ["p-a-r1", "p-b"]
    (news,) = phone.page("a", since_ms=NOON + MINUTE, page_id="news")
    assert [page.case_id for page in news.pages] == ["b", "a"]  # type: ignore[union-attr]


def test_a_page_by_its_other_channels_takes_no_place() -> None:
    phone = Phone(rang=0)
    for ways, told in (
        (Ways.FIRST, Ways.FIRST),
        (Ways.FIRST, None),
        (Ways.OTHER, Ways.OTHER),
        (Ways.ALL, None),
        (Ways.FIRST, None),
    ):
        contents = phone.page("a", ways=ways)
        assert [c.page.ways for c in contents] == ([] if told is None else [told])  # type: ignore[union-attr]
    assert phone.person.rang == (SentPage(NOON, "p-a", Ways.ALL, True),)
    assert [sent.page_id for sent in phone.person.sent] == ["p-a"]
    phone.page("b", ways=Ways.OTHER)
    (missing,) = phone.page("b", ways=Ways.ALL)
    assert missing.page.ways is Ways.FIRST  # type: ignore[union-attr]
    assert [sent.ways for sent in phone.person.rang] == [Ways.ALL, Ways.ALL]


def test_a_test_goes_out_once_a_day_and_who_does_not_get_it_is_unreachable_an_hour_later() -> None:
    phone = Phone(rang=0)
    phone.person = people.new("wang", NOON, FEW)
    test_ms = phone.person.test_ms
    assert test_ms is not None
    assert NOON < test_ms < NOON + 24 * HOUR
    assert phone.after(test_ms - 1 - NOON) == ()
    assert phone.after(1) == (DailyTest(f"test-{NUMBER}-{test_ms}"),)
    assert phone.person.fails_ms == test_ms + TEST_MS
    assert phone.person.test_ms == test_ms + 24 * HOUR
    assert people.next_deadline(phone.person) == test_ms + TEST_MS
    assert phone.after(TEST_MS - 1) == ()
    assert phone.after(1) == (Unreachable(f"unreachable-{NUMBER}-{test_ms + TEST_MS}"),)
    assert (phone.person.working, phone.person.fails_ms) == (False, None)
    again = people.confirm_reachable(phone.person)
    assert again.working
    assert people.confirm_reachable(again) is again


def test_a_gateway_that_stood_still_does_all_that_was_due_in_one_go() -> None:
    phone = Phone()
    phone.page("a")
    phone.now_ms += 10
    phone.page("b")
    at_ms = NOON + HOUR
    phone.person = replace(phone.person, fails_ms=at_ms, test_ms=at_ms)
    rings, failed, test = phone.after(2 * HOUR)
    assert group(rings) == (f"{CONVERSATION}-2", ["a", "b"], 2, 2, True)
    assert failed == Unreachable(f"unreachable-{NUMBER}-{phone.now_ms}")
    assert test == DailyTest(f"test-{NUMBER}-{phone.now_ms}")
    waits = Phone()
    waits.page("a")
    waits.now_ms += 10
    waits.page("b")
    waits.person = replace(waits.person, test_ms=NOON + SECOND)
    renewed, tested = waits.after(SECOND)
    assert group(renewed)[1:] == (["a", "b"], 2, 2, False)
    assert isinstance(tested, DailyTest)


def test_the_test_is_at_each_ones_own_minute_of_the_hours_of_tests() -> None:
    number = crc32(b"wang")
    minute = 480 + number % 720
    noon_min = 12 * 60
    expected = NOON + (minute - noon_min) * MINUTE
    found = people.next_test_ms("wang", NOON - 12 * HOUR, Rules())
    assert found == expected
    night = Rules(daily_test_from_min=1_320, daily_test_to_min=360)  # 22:00 to 06:00
    minute = (1_320 + number % 480) % 1_440
    assert people.next_test_ms("wang", NOON - 12 * HOUR - 1, night) in (
        NOON - 12 * HOUR + minute * MINUTE,
        NOON + 12 * HOUR + minute * MINUTE,
    )
    at_one = Rules(daily_test_from_min=60, daily_test_to_min=60)
    assert people.next_test_ms("wang", NOON - 12 * HOUR - 1, at_one) == NOON - 11 * HOUR
    assert SECOND < TEST_MS
