"""A door and a household once an order was destroyed: as if nothing had been recorded under it, and
everything as it was that another order needs, though it was placed just now."""

import msgspec

from gateway.core import forgetting
from gateway.core.doors.step import step
from gateway.core.ending_events import OrderDestroyed
from gateway.core.households import forgetting as of_households
from gateway.core.households.model import Household, OrderTerm
from gateway.core.model import Case, CaseState, Door, HouseholdOpening, Opening, Order, Permit
from gateway.core.reasons import Reason
from gateway.core.rules import Rules
from tests.core.story import HOUR, NOON

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
