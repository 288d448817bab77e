"""What is good to know, and what a household wants: how seldom it rings, how it is counted."""

import pytest
from msgspec.structs import replace

from gateway.core.cases.escalation import Ways
from gateway.core.paging import person as people
from gateway.core.paging.person import (
    NOTICED_EVERY_MS,
    QUEUED_MAX,
    Content,
    GroupedPage,
    Person,
    PersonalPage,
    SentPage,
    SinglePage,
)
from gateway.core.reasons import Reason
from gateway.core.rules import Rules
from tests.core.story import MINUTE, NOON

FEW = Rules(pages_most=2, pages_window_ms=10 * MINUTE)
ENDED, FOOD, BREACH = Reason.ORDER_ENDED, Reason.REQUEST_ASKED, Reason.NO_PERMIT


def page(
    person: Person, name: str, reason: Reason, now_ms: int = NOON
) -> tuple[Person, tuple[Content, ...]]:
    return people.page(person, PersonalPage(name, name, "d", reason, NOON), now_ms, FEW)


def ways(contents: tuple[Content, ...]) -> list[Ways]:
    """How the one page of these comes to its person."""
    return [content.page.ways for content in contents if isinstance(content, SinglePage)]


def test_that_orders_have_ended_rings_once_an_hour_and_between_is_there_to_read() -> None:
    person, told = page(Person("wang"), "first", ENDED)
    assert told == (SinglePage(PersonalPage("first", "first", "d", ENDED, NOON)),)
    assert person == Person("wang", sent=(SentPage(NOON, "first"),), noticed_ms=NOON)
    later_ms = NOON + NOTICED_EVERY_MS
    again, told = page(person, "second", ENDED, later_ms - 1)
    assert (ways(told), again) == ([Ways.READ], person)
    again, told = page(person, "third", ENDED, later_ms)
    assert ways(told) == [Ways.ALL]
    assert (again.noticed_ms, again.sent) == (later_ms, (SentPage(later_ms, "third"),))


@pytest.mark.parametrize("taken", ["its places", "a page that waits"])
def test_knowledge_takes_no_place_from_what_needs_somebody(taken: str) -> None:
    """A fault may fill half of the places, and so may what is good to know."""
    person = Person("wang", sent=(SentPage(NOON - MINUTE, "fault"),))
    if taken == "a page that waits":
        waits = PersonalPage("b", "b", "d", BREACH, NOON)
        person = Person("wang", queued=(waits,), conversation="group", renewals=1)
    after, told = page(person, "over", ENDED)
    assert (ways(told), after) == ([Ways.READ], person)


def test_knowledge_that_rang_takes_a_place_like_a_fault() -> None:
    person, _ = page(Person("wang"), "over", ENDED)
    person, (waits,) = page(person, "silent", Reason.SILENT)
    assert isinstance(waits, GroupedPage)
    person, told = page(person, "open", BREACH)
    assert ways(told) == [Ways.ALL]


def test_what_households_want_is_counted_beside_the_cases_in_every_part() -> None:
    rang = tuple(SentPage(NOON, name, urgent=True) for name in ("one", "two"))
    person = Person("wang", sent=rang)
    for number, reason in enumerate((FOOD, BREACH, FOOD, Reason.SILENT)):
        person, contents = page(person, f"p{number}", reason)
    (group,) = contents
    assert isinstance(group, GroupedPage)
    assert (group.cases, group.breaches, group.matters) == (4, 1, 2)
    for number in range(QUEUED_MAX - 4):
        person, _ = page(person, f"c{number}", BREACH)
    person, contents = page(person, "next part", FOOD)
    named = [one.reason for one in person.earlier]
    assert [named.count(reason) for reason in (BREACH, FOOD, Reason.SILENT)] == [
        QUEUED_MAX - 3,
        2,
        1,
    ]
    last = contents[-1]
    assert isinstance(last, GroupedPage)
    assert (last.cases, last.breaches, last.matters) == (QUEUED_MAX + 1, QUEUED_MAX - 3, 3)
    rung, (ring,) = people.due(person, NOON + 10 * MINUTE, FEW)
    assert isinstance(ring, GroupedPage)
    assert (ring.cases, ring.matters, ring.rings) == (QUEUED_MAX + 1, 3, True)
    assert (rung.earlier, rung.more, rung.more_breaches, rung.more_matters) == ((), 0, 0, 0)


def test_whom_nothing_reached_is_as_before_once_anything_does() -> None:
    lost = Person("wang", working=False, unreached_ms=NOON, lost_ms=NOON + 1, is_lost=True)
    assert people.confirm_reachable(lost) == Person("wang")
    tested = Person("wang", fails_ms=NOON)
    assert people.confirm_reachable(tested) == Person("wang")
    failed, _ = people.due(replace(tested, unreached_ms=7), NOON, FEW)
    assert (failed.unreached_ms, failed.lost_ms) == (7, None), "since the first that failed"
