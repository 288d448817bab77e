"""Between a household and its doors: whose a door is, what its orders mean, what a step tells."""

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from gateway.core.effects import Effect
from gateway.core.events import Event, OrderPlaced, PermitAnnounced
from gateway.core.households.effects import PermitAttached, PermitDetached, ToDoor
from gateway.core.households.events import HouseholdHomed, HouseholdOrdered, QuietAsked
from gateway.core.households.model import Household, OrderTerm
from gateway.core.model import Door, Order
from gateway.core.subject import Subject, of_door, of_household

DoorOf = Callable[[str], Door]


def terms_of(doors: Iterable[Door]) -> tuple[OrderTerm, ...]:
    """The orders on these doors, each once. Where one ends sooner on a door than on another, as on
    one that went out of use, it holds for the household as long as on any."""
    terms: dict[str, OrderTerm] = {}
    for term in (_term(order) for door in doors for order in door.orders):
        known = terms.setdefault(term.order_id, term)
        if known.to_ms < term.to_ms:
            terms[term.order_id] = term
    return tuple(terms.values())


def ordered(
    door: Door, known: Callable[[str], Household | None], event: OrderPlaced
) -> list[tuple[Subject, Event]]:
    """What an order on a door means to its household: one that asks for something of it, or on
    which something of it hangs."""
    household_id = door.household_id
    is_news = event.order.policy.health_daily or known(household_id) is not None
    ordered = HouseholdOrdered(_term(event.order))
    return [(of_household(household_id), ordered)] if is_news else []


def homed(door: Door, known: Callable[[str], Household | None]) -> list[tuple[Subject, Event]]:
    """What the place of a door means to its household, which doors it has; and what that means to
    the door, whose quiet hours are its household's. Both where it is news."""
    doors = tuple(sorted((door.door_id, *door.beside)))
    household = known(door.household_id) or Household(door.household_id)
    news: list[tuple[Subject, Event]] = []
    if tuple(sorted(household.home)) != doors:
        news.append((of_household(door.household_id), HouseholdHomed(doors)))
    if door.quiet != household.quiet:
        news.append((of_door(door.door_id), QuietAsked(household.quiet)))
    return news


def to_doors(
    household: Household, effects: Iterable[Effect], door_of: DoorOf
) -> list[tuple[Subject, Event]]:
    """What a household's step tells its doors. A permit is the household's: each door has it."""
    told: list[tuple[Subject, Event]] = []
    for effect in effects:
        match effect:
            case ToDoor(door_id=door_id, event=QuietAsked()) if (
                door_of(door_id).household_id != household.household_id
            ):
                pass  # it was its door
            case ToDoor(door_id=door_id, event=event):
                told.append((of_door(door_id), event))
            case PermitAttached(permit=permit):
                announced = PermitAnnounced(permit, explains=False)
                told += [(of_door(door_id), announced) for door_id in household.home]
            case PermitDetached():
                for door_id in household.home:
                    told += _detached(door_of(door_id), effect)
    return told


def _detached(door: Door, effect: PermitDetached) -> list[tuple[Subject, Event]]:
    """A permit that stands for longer than it should ends then; what it has left stays its own."""
    return [
        (
            of_door(door.door_id),
            PermitAnnounced(
                replace(permit, to_ms=max(effect.ends_ms, permit.from_ms)), explains=False
            ),
        )
        for permit in door.permits
        if permit.permit_id == effect.permit_id and permit.to_ms > effect.ends_ms
    ]


def _term(order: Order) -> OrderTerm:
    return OrderTerm(order.order_id, order.from_ms, order.to_ms, order.policy.health_daily)
