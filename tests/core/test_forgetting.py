"""A door and a household once an order was destroyed: as if nothing had been recorded under it, and
everything as it was that another order needs, though it was placed just now."""

import msgspec
import pytest

from gateway.core import forgetting
from gateway.core.commissioning import Visit
from gateway.core.doors.household import settled
from gateway.core.doors.step import step
from gateway.core.ending_events import NamesForgotten, OrderDestroyed
from gateway.core.households import forgetting as of_households
from gateway.core.households.model import Household, OrderTerm
from gateway.core.model import (
    ActionResult,
    Case,
    CaseState,
    Contact,
    Cover,
    Door,
    HouseholdOpening,
    Opening,
    Order,
    Permit,
    Silence,
    WrongScan,
)
from gateway.core.paging.person import EarlierCase, Person, PersonalPage
from gateway.core.paging.places import SentPage
from gateway.core.reasons import Reason
from gateway.core.rules import Rules
from gateway.core.site_model import Lost, Outage, Outages
from tests.core.story import HOUR, NOON
from tests.store import stored_samples

OLD = Order("old", NOON - 400 * HOUR, NOON - 340 * HOUR)
NEW = Order("new", NOON - 2 * HOUR, NOON + 72 * HOUR)
RULES = Rules()


def lived(*orders: Order) -> Door:
    """A door with what was recorded under the old order, and under the new one."""
    cases = [
        Case(f"{name}-case", Reason.NO_PERMIT, CaseState.REPORTED, at_ms)
        for name, at_ms in (("old", OLD.from_ms + 1), ("new", NEW.from_ms + 1))
    ]
    openings = [
        HouseholdOpening("d", f"{name}-opening", at_ms, at_ms)
        for name, at_ms in (("old", OLD.from_ms + 1), ("new", NEW.from_ms))
    ]
    return Door(
        "d",
        orders=orders,
        in_review=tuple(cases),
        last_case="new-case",
        opening=Opening("new-opening", NEW.from_ms + 1, Reason.NO_PERMIT, None),
        ended=Opening("old-opening", OLD.from_ms + 1, Reason.NO_PERMIT, None),
        permits=(
            Permit("old-permit", OLD.from_ms, OLD.to_ms, 1, HOUR, "", ""),
            Permit("new-permit", NEW.from_ms, NEW.to_ms, 1, HOUR, "", ""),
        ),
        allowed=(1, 1),
        openings_beside=tuple(openings),
    )


def words(door: Door) -> str:
    return msgspec.json.encode(door).decode()


def test_nothing_that_was_recorded_under_it_is_left_and_all_of_the_next_is() -> None:
    left = forgetting.order(lived(OLD, NEW), OrderDestroyed("old", NEW.from_ms), NOON, RULES)[0]
    assert '"old' not in words(left)
    news = [f'"new{what}"' for what in ("", "-case", "-opening", "-permit")]
    assert [new for new in news if new not in words(left)] == []
    assert left.allowed == (1, 1)


def test_an_order_that_was_placed_while_the_end_was_begun_keeps_what_is_its_own() -> None:
    """Who began the end knew of no other order: it was placed before the event came."""
    told = OrderDestroyed("old")
    known_before = forgetting.order(
        lived(OLD, NEW), OrderDestroyed("old", NEW.from_ms), NOON, RULES
    )
    assert forgetting.order(lived(OLD, NEW), told, NOON, RULES) == known_before
    term = OrderTerm("new", NEW.from_ms, NEW.to_ms)
    household = Household("h", doors=("d", "e"), orders=(term,))
    assert of_households.household(household, told, NOON, RULES) == (household, ())


def test_where_no_order_is_left_nothing_is_and_no_contact_beside_is_told_anything() -> None:
    door = msgspec.structs.replace(lived(OLD), beside=("e",))
    left, effects = step(door, OrderDestroyed("old"), NOON, RULES)
    assert effects == ()
    assert "-opening" not in words(left)
    assert "-case" not in words(left)
    assert "-permit" not in words(left)
    household = Household("h", doors=("d", "e"), orders=(OrderTerm("old", 0, 1),))
    assert of_households.household(household, OrderDestroyed("old"), NOON, RULES)[0] == Household(
        "h"
    )


# Of a door that no order needs: where it is and what its seal, its leaf and their faults are.
_OF_THE_SEAL = """
    door_id door_class grid_id areas seal_id heartbeat_ms make contact edges heard_ms listened_ms
    observed_until_ms battery_mv cover magnet tampered_ms signs_excused chattering silence outage
    open_after_restart found_open silent_paths canary visited_until_ms walk_test certificate
    must_certify household beside doubt
"""


def test_a_door_that_no_order_needs_keeps_what_its_seal_needs_to_go_on_and_nothing_else() -> None:
    """Every field of a state holds something here, so a new one must say what becomes of it."""
    full = msgspec.structs.replace(stored_samples.sample(Door), contact=Contact.OPEN)
    event = OrderDestroyed(full.orders[0].order_id)
    left = forgetting.order(full, event, NOON, RULES)[0]
    bare = Door(full.door_id)
    kept = {name for name in Door.__struct_fields__ if getattr(left, name) != getattr(bare, name)}
    of_the_seal = set(_OF_THE_SEAL.split())
    assert kept | {"door_id"} == of_the_seal
    for name in of_the_seal - {"silence"}:
        assert getattr(left, name) == getattr(full, name), name
    assert left.silence == Silence(full.silence.since_ms, full.silence.told_ms)


def test_what_a_household_said_of_its_silent_seal_is_said_by_nobody_who_lives_there_next() -> None:
    """And a case beside is gone with its order; where another order needs both, they stay."""
    said = Silence(NEW.from_ms, said_in_place=True, is_answered=True)
    door = msgspec.structs.replace(lived(OLD, NEW), silence=said, case_beside=("e", "new-case"))
    event = OrderDestroyed("old", NEW.from_ms)
    goes_on = forgetting.order(door, event, NOON, RULES)[0]
    assert (goes_on.silence, goes_on.case_beside) == (said, ("e", "new-case"))
    before = msgspec.structs.replace(said, since_ms=NEW.from_ms - 1)
    unsaid = msgspec.structs.replace(before, said_in_place=False, is_answered=False)
    older = msgspec.structs.replace(door, silence=before)
    assert forgetting.order(older, event, NOON, RULES)[0].silence == unsaid
    alone = msgspec.structs.replace(door, orders=(OLD,))
    left = forgetting.order(alone, OrderDestroyed("old"), NOON, RULES)[0]
    assert (left.silence, left.case_beside) == (Silence(NEW.from_ms), None)


def test_the_hours_of_a_household_go_with_its_last_order_at_its_door_too() -> None:
    """Else whoever lives there next is told of nothing in hours that somebody else named."""
    hours = ((660, 900),)
    goes_on = msgspec.structs.replace(lived(OLD, NEW), quiet=hours)
    alone = msgspec.structs.replace(lived(OLD), quiet=hours)
    left = [forgetting.order(d, OrderDestroyed("old"), NOON, RULES)[0] for d in (goes_on, alone)]
    assert [door.quiet for door in left] == [hours, ()]


def test_what_another_order_needs_begins_with_the_earliest_that_anybody_knows() -> None:
    """Whoever began the end knew an order that its door does not know, or knows no more."""
    known = OrderDestroyed("old", 5)
    assert known.needed_from_ms([9, 7]) == 5
    assert known.needed_from_ms([9, 4]) == 4
    assert known.needed_from_ms([]) == 5
    assert OrderDestroyed("old").needed_from_ms([]) is None


def test_what_happened_at_the_very_beginning_of_the_next_order_is_its_own() -> None:
    at_ms = NEW.from_ms
    times = (at_ms - 1, at_ms)
    door = msgspec.structs.replace(
        lived(OLD, NEW),
        wrong_scans=tuple(WrongScan("e", time_ms) for time_ms in times),
        opened_ms=times,
        refused_ms=times,
        recent=tuple(ActionResult(str(time_ms), time_ms) for time_ms in times),
    )
    left = forgetting.order(door, OrderDestroyed("old", at_ms), NOON, RULES)[0]
    assert [scan.at_ms for scan in left.wrong_scans] == [at_ms]
    assert left.opened_ms == left.refused_ms == (at_ms,)
    assert [result.done_ms for result in left.recent] == [at_ms]
    alone = forgetting.order(lived(OLD), OrderDestroyed("old"), NOON, RULES)[0]
    assert alone.allowed == (0, 0)


@pytest.mark.parametrize(("begins_ms", "is_kept"), [(0, True), (-1, False)])
def test_what_begins_with_the_next_order_is_of_that_and_what_ends_with_it_is_not(
    begins_ms: int, is_kept: bool
) -> None:
    at_ms = NEW.from_ms + begins_ms
    name = "the-one"
    opening = Opening(name, at_ms, Reason.NO_PERMIT)
    case = Case(name, Reason.NO_PERMIT, CaseState.RAISED, at_ms)
    beside = HouseholdOpening("e", name, at_ms, at_ms)
    permit = Permit(name, at_ms - HOUR, at_ms + 1, 1, HOUR, "", "")
    door = Door("d", orders=(OLD, NEW), case=case, last_case=name, in_review=(case,))
    door = msgspec.structs.replace(
        door, opening=opening, ended=opening, openings_beside=(beside,), permits=(permit,)
    )
    left = forgetting.order(door, OrderDestroyed("old", NEW.from_ms), NOON, RULES)[0]
    parts = (left.opening, left.ended, left.case, left.last_case)
    assert parts == ((opening, opening, case, name) if is_kept else (None,) * 4)
    several = (left.openings_beside, left.in_review, left.permits)
    assert several == (((beside,), (case,), (permit,)) if is_kept else ((), (), ()))


def test_what_is_forgotten_makes_no_breach_lawful_then_or_later() -> None:
    """Yesterday's meal was used under the one order, and opened again under the next."""
    meal_ms = NOON - 24 * HOUR
    meal = Permit("m", NOON - 99 * HOUR, NOON + HOUR, 1, HOUR, "", "", ((720, 840),))
    meal = msgspec.structs.replace(meal, spent=(NOON, 1))  # of today's nothing is left
    cover = Cover("m", meal_ms, meal_ms + 2 * HOUR, HOUR)
    times = (meal_ms, meal_ms, meal_ms + 1, (cover,))
    first = HouseholdOpening("d", "first", *times, reason=Reason.PERMIT, cover=cover, root="first")
    at_ms = meal_ms + HOUR
    breach = HouseholdOpening("d", "breach", at_ms, at_ms, at_ms + 1, (cover,), root="breach")
    orders = (Order("old", NOON - 99 * HOUR, at_ms), Order("new", at_ms, NOON + 99 * HOUR))
    known = {"beside": ("e",), "permits": (meal,), "openings_beside": (first, breach)}
    door = Door("d", orders=orders, **known)
    left, effects = step(door, OrderDestroyed("old", at_ms), NOON + HOUR, RULES)
    assert effects == ()
    assert [one.opening_id for one in left.openings_beside] == ["breach"]
    (later,) = settled(left, RULES.off_delay_ms).openings_beside
    assert later.reason is Reason.NO_PERMIT


def test_somebody_who_is_still_to_come_is_expected_and_who_has_been_there_is_not() -> None:
    visits = tuple(Visit(f"v{to}", "s", NOON - HOUR, NOON + to, "~zhou") for to in (0, 1))
    door = msgspec.structs.replace(lived(OLD, NEW), visits=visits)
    left = forgetting.order(door, OrderDestroyed("old", NEW.from_ms), NOON, RULES)[0]
    assert left.visits == visits[1:]


def test_a_case_names_the_one_before_it_only_while_that_is_known() -> None:
    first, next_, last = lived().in_review[0], lived().in_review[1], lived().in_review[1]
    cases = (
        msgspec.structs.replace(first, case_id="gone"),
        msgspec.structs.replace(next_, case_id="one", refers_to="gone"),
        msgspec.structs.replace(last, case_id="two", refers_to="one"),
    )
    now = msgspec.structs.replace(last, case_id="open", refers_to="gone")
    door = msgspec.structs.replace(lived(OLD, NEW), in_review=cases, case=now)
    left = forgetting.order(door, OrderDestroyed("old", NEW.from_ms), NOON, RULES)[0]
    assert [(case.case_id, case.refers_to) for case in left.in_review] == [
        ("one", None),
        ("two", "one"),
    ]
    assert left.case == msgspec.structs.replace(now, refers_to=None)
    all_of_it = forgetting.order(door, OrderDestroyed("old"), NEW.from_ms + 1, RULES)[0]
    assert all_of_it.case is not None, "another order needs it"
    alone = msgspec.structs.replace(door, orders=(OLD,))
    assert forgetting.order(alone, OrderDestroyed("old"), now.raised_ms, RULES)[0].case is None


PAGES = tuple(
    PersonalPage(page_id, page_id, door_id, Reason.NO_PERMIT, at_ms)
    for page_id, door_id, at_ms in (
        ("s-1", "d", 10),  # of a case that goes, however young
        ("t-1-2", "e", 10),
        ("u-9", "d", 4),  # at its door, before the time and at it
        ("v-9", "d", 5),
        ("w-9", "e", 4),  # another's
    )
)


@pytest.mark.parametrize(
    ("before_ms", "left"), [(5, ["v-9", "w-9"]), (None, ["w-9"])], ids=["goes on", "whole"]
)
def test_a_person_forgets_the_pages_about_it_and_no_others(
    before_ms: int | None, left: list[str]
) -> None:
    event = NamesForgotten(("d",), (), ("s-1", "t-1"), before_ms)
    sent = tuple(SentPage(page.since_ms, page.page_id) for page in PAGES)
    person = Person("wang", sent=sent, rang=sent, queued=PAGES, group=PAGES)
    after = forgetting.names_of_person(person, event, 10)
    assert [page.page_id for page in after.queued] == left
    assert after.group == after.queued
    assert [page.page_id for page in after.sent] == ["u-9", "v-9", "w-9"]  # no door stands there
    assert after.rang == after.sent
    assert forgetting.names_of_person(after, event, 10) is after
    earlier = tuple(EarlierCase(case_id, Reason.NO_PERMIT) for case_id in ("s-1", "w-9"))
    left_of_it = forgetting.names_of_person(Person("li", earlier=earlier), event, 10).earlier
    assert left_of_it == earlier[1:]
    only_queued = Person("li", queued=PAGES[:1])
    assert forgetting.names_of_person(only_queued, event, 10) == Person("li")


def test_an_outage_forgets_the_doors_that_are_gone_and_keeps_those_that_go_on() -> None:
    lost = tuple(Lost(door_id, 1, (), 2) for door_id in "de")
    of_both = Outage("o", "area", 1, "d", ("d", "e"))
    outages = Outages(lost=lost, outages=(of_both, Outage("p", "area", 1, "d", ("d",))))
    gone = NamesForgotten(("d",), (), ())
    left = forgetting.names_of_outages(outages, gone, NOON, RULES)
    assert left.lost == lost[1:]
    assert left.outages == (msgspec.structs.replace(of_both, doors=("e",), first_door="e"),)
    assert forgetting.names_of_outages(left, gone, NOON, RULES) is left
    goes_on = NamesForgotten(("d",), (), (), 5)
    assert forgetting.names_of_outages(outages, goes_on, NOON, RULES) is outages
    second = NamesForgotten(("e",), (), ())
    (first, _) = forgetting.names_of_outages(outages, second, NOON, RULES).outages
    assert (first.first_door, first.doors) == ("d", ("d",))
