"""The clock is set: what waited goes on waiting, what people wrote stays, and no more moves."""

from msgspec.structs import replace

from gateway.core.clock_shift import shifted
from gateway.core.model import (
    ActionResult,
    Chattering,
    Doubt,
    FoundOpen,
    Opening,
    Order,
    Permit,
    Policy,
    Silence,
)
from gateway.core.paging import routing, staff
from gateway.core.paging.person import Person
from gateway.core.paging.places import SentPage
from gateway.core.reasons import Reason
from tests.core.actors import actor_of
from tests.core.story import HOUR, MINUTE, NOON, SECOND, Story

BY = 3 * HOUR


def test_a_door_whose_clock_is_set_waits_as_long_as_before() -> None:
    story = Story()
    story.permit(openings=2)
    story.opens()
    story.after(MINUTE)
    before = story.door
    assert before.opening is not None
    assert before.opening.overstay_ms is not None
    assert before.heard_ms is not None
    after = shifted(before, BY)
    assert after.opening == replace(
        before.opening,
        opened_ms=before.opening.opened_ms + BY,
        overstay_ms=before.opening.overstay_ms + BY,
    )
    assert after.heard_ms == before.heard_ms + BY
    assert after.opened_ms == tuple(at_ms + BY for at_ms in before.opened_ms) != ()
    assert shifted(after, -BY) == before


def test_what_people_wrote_is_by_the_true_clock_and_stays() -> None:
    order = Order("o", NOON, NOON + HOUR, Policy(2, 5 * MINUTE, ((0, 60),)))
    permit = Permit("p", NOON, NOON + HOUR, 2, MINUTE, "Li", "meal", ((60, 90),), 3, (NOON, 1))
    door = replace(Story().door, orders=(order,), permits=(permit,), doubt=Doubt(HOUR, MINUTE))
    after = shifted(door, BY)
    assert (after.orders, after.permits, after.doubt) == ((order,), (permit,), door.doubt)
    assert after != door


def test_how_long_a_thing_lasts_is_no_time() -> None:
    door = replace(Story().door, heartbeat_ms=100 * SECOND, heard_ms=None, observed_until_ms=None)
    assert shifted(door, BY) is door, "no time stands in it"
    result = ActionResult("one", NOON, 5 * MINUTE)
    assert shifted(result, BY) == ActionResult("one", NOON + BY, 5 * MINUTE)


def test_a_time_that_stands_for_none_stays_none() -> None:
    assert shifted(FoundOpen(NOON), BY) == FoundOpen(NOON + BY, None)
    assert shifted(Person("wang", renewed_ms=0, due_ms=NOON), BY) == Person(
        "wang", due_ms=NOON + BY
    )
    assert shifted(Silence(1, NOON), -BY) == Silence(1 - BY, NOON - BY)


def test_a_count_is_no_time_and_every_time_in_a_part_is_one() -> None:
    chattering = Chattering(NOON, NOON + 1, NOON + 2, NOON + 3, edges=7)
    moved = Chattering(NOON + BY, NOON + 1 + BY, NOON + 2 + BY, NOON + 3 + BY, edges=7)
    assert shifted(chattering, BY) == moved
    opening = Opening("o", NOON, Reason.NO_ORDER, joined=3)
    assert shifted(opening, BY) == replace(opening, opened_ms=NOON + BY)


def test_a_case_goes_with_its_door_and_its_people_do_not() -> None:
    story = Story()
    story.opens()
    case_id = story.pages()[0].case_id
    story.acknowledge(case_id)
    before = story.door.case
    after = shifted(story.door, BY).case
    assert before is not None
    assert after is not None
    assert after.returns_ms is not None
    assert before.returns_ms is not None
    assert after.returns_ms - before.returns_ms == BY
    assert after.raised_ms - before.raised_ms == BY
    assert (after.moved_by, after.case_id) == (actor_of("Wang"), case_id)


def test_everybodys_times_move_in_the_router() -> None:
    page = SentPage(NOON, "page")
    known = [Person("li", test_ms=NOON + HOUR), Person("wang", sent=(page,), working=False)]
    router = routing.of(staff.of({}, [], []), known)
    moved = routing.shifted(router, BY)
    assert moved.people == {
        "li": Person("li", test_ms=NOON + HOUR + BY),
        "wang": Person("wang", sent=(SentPage(NOON + BY, "page"),), working=False),
    }
    assert (moved.staff, moved.waiting) == (router.staff, router.waiting)
