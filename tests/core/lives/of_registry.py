"""What is written into the registry: orders, permits, seals, visits, tests, places, ends."""

from gateway.core.actor import actor_of
from gateway.core.commissioning import Purpose, Visit
from gateway.core.commissioning_events import VisitAnnounced, WalkTestBegan, WalkTestEnded
from gateway.core.ending_events import NamesForgotten, OrderDestroyed
from gateway.core.events import (
    DoorClassed,
    DoorEnded,
    DoorPlaced,
    MemoryEnded,
    OrderPlaced,
    PermitAnnounced,
    SealBound,
    SealUnbound,
)
from gateway.core.local_time import DAY_MIN
from gateway.core.makes import Make
from gateway.core.model import Contact, Order, Path, Permit, Policy
from gateway.core.path_events import PathsTested
from gateway.core.rules import CANARY
from tests.core.actors import DAY, HOUR, MINUTE, SECOND, Seal
from tests.core.lives.life import CANARY_DOOR, FLATS, HOUSEHOLDS, Happening, Life
from tests.core.lives.of_doors import chatters, moves, passes, power, radio, sign


def order(life: Life) -> None:
    """An order is placed on a household's doors, or changed; some of them end soon or ended."""
    household_id = life.household()
    name = life.dice.one_of(("order", "order", "order-1", "order-2"))
    from_ms = life.now_ms + life.dice.one_of((-2 * DAY, -HOUR, -HOUR, 0, 2 * HOUR))
    lasts_ms = life.dice.one_of((0, HOUR, 8 * HOUR, 4 * DAY, 4 * DAY, 5 * DAY, 9 * DAY))
    longest_ms = life.dice.one_of((None, None, 5 * MINUTE, 20 * MINUTE))
    quiet = life.dice.one_of(((), (), ((1_320, 420),), ((0, DAY_MIN - 1),)))
    policy = Policy(life.dice.below(4), longest_ms, quiet, life.dice.is_one_in(2))
    placed = Order(name, from_ms, from_ms + lasts_ms, policy)
    for door_id in doors_of(life, household_id):
        if life.dice.below(8):
            life.tell(door_id, OrderPlaced(placed))


def doors_of(life: Life, household_id: str) -> list[str]:
    return [one for one, door in life.doors.items() if door.household_id == household_id]


def permit(life: Life) -> None:
    """An opening is announced: before, meanwhile or after, once or day by day; or it ends."""
    door_id, dice = life.somewhere(), life.dice
    begins_ms = life.now_ms + dice.one_of((-HOUR, -5 * MINUTE, -5 * MINUTE, 0, 30 * MINUTE))
    lasts_ms = dice.one_of((5 * MINUTE, HOUR, HOUR, 6 * HOUR, 3 * DAY))
    minute = dice.below(DAY_MIN)
    window = minute, (minute + dice.within(10, 600)) % DAY_MIN
    daily = (window, (720, 780)) if dice.is_one_in(4) else ()
    ends_ms = begins_ms + (3 * DAY if daily else lasts_ms)
    days = dice.one_of((0b1111111, 0b1111111, 0b0011111, 0b1100000))
    longest_ms = dice.one_of((0, 2 * MINUTE, 10 * MINUTE, HOUR))
    said = dice.within(0, 3), longest_ms, "~w", "~y", daily, days
    name = f"permit-{dice.below(9)}" if dice.is_one_in(3) else life.new_id("permit-")
    announced = Permit(name, begins_ms, ends_ms, *said)
    life.tell(door_id, PermitAnnounced(announced, explains=dice.below(5) > 0))


def announced_too_late(life: Life) -> None:
    """What somebody opened is announced afterwards, mostly within the grace time."""
    door_id, dice = life.somewhere(), life.dice
    was = life.seals[door_id]
    if was.leaf is Contact.OPEN:
        moves(life, door_id)
        life.pauses("seconds")
    moves(life, door_id)
    if dice.below(2):
        life.pauses("seconds")
        moves(life, door_id)
    life.pauses("seconds", "minutes")
    times = life.now_ms - HOUR, life.now_ms + 2 * HOUR
    minute = dice.below(DAY_MIN)
    daily = ((minute, (minute + 900) % DAY_MIN),) if dice.is_one_in(3) else ()
    permit = Permit(life.new_id("late-"), *times, dice.within(1, 2), 9 * MINUTE, "~", "~", daily)
    life.tell(
        dice.one_of(doors_of(life, life.doors[door_id].household_id)), PermitAnnounced(permit)
    )


def works_there(life: Life) -> None:
    """Somebody is at a seal, as was announced, and does this and that; at last it is over."""
    door_id, dice = life.somewhere(), life.dice
    ends_ms = life.now_ms + dice.within(2, 20) * MINUTE
    seal_id, purpose = life.seals[door_id].seal_id, dice.one_of(tuple(Purpose))
    its = Visit(
        life.new_id("work-"), seal_id, life.now_ms - life.some_ms(MINUTE), ends_ms, "~", purpose
    )
    life.tell(door_id, VisitAnnounced(its))
    for _ in range(dice.within(1, 5)):
        deed = dice.one_of((moves, passes, chatters, sign, power, power, radio))
        deed(life, door_id)
        life.pauses("moment", "seconds")
    life.live_until(max(ends_ms, life.now_ms) + life.some_ms(3 * MINUTE))


def many_permits(life: Life) -> None:
    """More than a door may have."""
    door_id = life.somewhere()
    for number in range(36):
        times = life.now_ms - HOUR, life.now_ms + life.dice.within(-30, 90) * MINUTE
        life.tell(door_id, PermitAnnounced(Permit(f"many-{number}", *times, 1, MINUTE, "~", "~")))


def another_seal(life: Life) -> None:
    """Another seal hangs there, or the same by another name, or none, or one of another make."""
    door_id, dice = life.somewhere(), life.dice
    was = life.seals[door_id]
    how = dice.below(5)
    heartbeat_ms = dice.one_of((was.heartbeat_ms, was.heartbeat_ms, None))
    if how == 0:
        life.tell(door_id, SealUnbound(was.seal_id))
        life.pauses("seconds", "minutes")
    if how == 1:
        was.seal_id, before = life.new_id("seal"), was.seal_id
        life.tell(door_id, SealBound(was.seal_id, heartbeat_ms, was=before))
        return
    make = Make.ZIGBEE2MQTT if how == 2 else ""
    seal = Seal(life.new_id("seal"), was.heartbeat_ms, was.leaf)
    life.seals[door_id] = seal
    must_certify = dice.is_one_in(2)
    life.tell(door_id, SealBound(seal.seal_id, heartbeat_ms, must_certify, make=make))
    if dice.below(4):
        seal.boots(life.now_ms)
        life.door(door_id).speaks()


def hung_on_an_open_door(life: Life) -> None:
    """Another seal's first word is that its door stands open; perhaps somebody works there."""
    door_id, dice = life.somewhere(), life.dice
    seal = Seal(life.new_id("seal"), life.seals[door_id].heartbeat_ms, Contact.OPEN)
    life.seals[door_id] = seal
    life.tell(door_id, SealBound(seal.seal_id, seal.heartbeat_ms, dice.is_one_in(2)))
    seal.boots(life.now_ms)
    life.door(door_id).speaks()
    if dice.is_one_in(3):
        ends_ms = life.now_ms + dice.one_of((5, 10, 15, 70)) * MINUTE
        visit = Visit(life.new_id("work-"), seal.seal_id, life.now_ms, ends_ms, "~")
        life.tell(door_id, VisitAnnounced(visit))
    elif dice.is_one_in(3):
        radio(life, door_id)
    life.live_until(life.now_ms + life.some_ms(90 * MINUTE))
    moves(life, door_id)


def visit(life: Life) -> None:
    """Work at a seal is announced, sooner or later, or ends."""
    door_id, dice = life.somewhere(), life.dice
    begins_ms = life.now_ms + dice.one_of((-20 * MINUTE, -MINUTE, 0, 10 * MINUTE, 2 * HOUR))
    ends_ms = begins_ms + dice.one_of((0, 15 * MINUTE, 40 * MINUTE, 40 * MINUTE, 4 * HOUR))
    seal_id = life.seals[door_id].seal_id if dice.below(8) else "another"
    name = f"visit-{dice.below(12)}"
    its = Visit(name, seal_id, begins_ms, ends_ms, "~", dice.one_of(tuple(Purpose)))
    life.tell(door_id, VisitAnnounced(its))


def walk_test(life: Life) -> None:
    """A seal is tried at its door: mostly as it should be, or with this and that amiss."""
    door_id, dice = life.somewhere(), life.dice
    at_door, test_id = life.door(door_id), life.new_id("test-")
    seal, life.is_well = at_door.seal, dice.below(3) > 0
    ends_ms = life.now_ms + (15 * MINUTE if life.is_well else dice.one_of((0, 20 * SECOND, HOUR)))
    life.tell(door_id, WalkTestBegan(test_id, seal.seal_id, actor_of("zhao"), ends_ms))
    if seal.leaf is Contact.OPEN:
        moves(life, door_id)
    at_door.magnet(swapped=not life.is_well and dice.is_one_in(2))
    if life.is_well or dice.is_one_in(2):
        at_door.cover()
        at_door.cover(off=False)
    if dice.below(2):
        paths = tuple(Path) if life.is_well else dice.one_of(((), (Path.AIR,), tuple(Path)))
        tested = PathsTested(seal.seal_id, test_id, paths, dice.one_of((None, -60, -79, -81)))
        life.tell(door_id, tested)
    pauses_ms = (900, 2_500, 4_000) if life.is_well else (200, 300, 301, 2_500, 9_000)
    for _ in range(2 * dice.within(2, 5)):
        moves(life, door_id)
        life.live_until(life.now_ms + dice.one_of(pauses_ms))
    life.pauses("moment", "seconds", "minutes")
    if dice.is_one_in(3):
        life.tell(door_id, WalkTestEnded(test_id))
    elif dice.below(2):
        power(life, door_id)
        life.live_until(life.now_ms + life.some_ms(MINUTE))
        power(life, door_id)
        at_door.cover(off=dice.is_one_in(2))
    life.is_well = dice.below(2) > 0


def placed(life: Life) -> None:
    """A door's class, grid or areas change; a contact leaves its household, or comes back."""
    dice, door_id = life.dice, life.somewhere()
    how = dice.below(4)
    if how == 0:
        life.tell(door_id, DoorClassed(dice.one_of(("", "", "strict", "none such"))))
    elif how == 1 and life.doors[door_id].household_id == door_id:
        areas = (f"building:{door_id[0]}", f"stair:{dice.below(2)}")
        life.tell(door_id, DoorPlaced(dice.one_of("gh"), areas, "", life.doors[door_id].beside))
    else:
        _moved(life, dice.one_of(HOUSEHOLDS))


def _moved(life: Life, doors: tuple[str, ...]) -> None:
    """The last contact of a household is one of its own; or all are one household again."""
    rest, last = doors[:-1], doors[-1]
    is_apart = life.doors[last].household_id == last
    own = doors if is_apart else rest
    for door_id in own:
        beside = tuple(other for other in own if other != door_id)
        household = "" if door_id == own[0] else own[0]
        life.tell(door_id, DoorPlaced("g", ("building:1",), household, beside))
    if not is_apart:
        life.tell(last, DoorPlaced("g", ("building:1", "stair:1")))


def canary_class(life: Life) -> None:
    is_one = life.doors[CANARY_DOOR].door_class == CANARY
    life.tell(CANARY_DOOR, DoorClassed("" if is_one and life.dice.is_one_in(3) else CANARY))


def memory_ends(life: Life) -> None:
    door_id = life.somewhere()
    life.tell(door_id, MemoryEnded(life.now_ms - life.some_ms(3 * HOUR)))


def destroyed(life: Life) -> None:
    """An order that is over is destroyed, with all that is known of it."""
    household_id, before = life.household(), life.dice.one_of((None, None, 0, 5 * HOUR, -HOUR))
    doors = doors_of(life, household_id)
    known = [life.doors[door_id] for door_id in doors]
    before_ms = None if before is None else life.now_ms - before
    order_id = life.dice.one_of(("order", "order-1", "order-2"))
    cases = {case.case_id for door in known for case in (door.case, *door.in_review) if case}
    gone = OrderDestroyed(order_id, before_ms)
    for door_id in doors:
        life.tell(door_id, gone)
    life.tell(f"home {household_id}", gone)
    seals = tuple(life.seals[door_id].seal_id for door_id in doors)
    life.tell("the site", NamesForgotten(tuple(doors), seals, tuple(sorted(cases)), before_ms))


def goes_out_of_use(life: Life) -> None:
    """A door: its seal is off, or hangs there again."""
    door_id = life.dice.one_of(FLATS[2:])
    if life.dice.below(2):
        life.tell(door_id, SealUnbound(life.seals[door_id].seal_id))
    life.tell(door_id, DoorEnded())
    life.live_until(life.now_ms + life.some_ms(40 * SECOND))
    life.tell(door_id, SealBound(life.seals[door_id].seal_id, life.seals[door_id].heartbeat_ms))


HAPPENINGS: dict[Happening, int] = {
    order: 7,
    permit: 10,
    announced_too_late: 4,
    works_there: 4,
    many_permits: 1,
    another_seal: 3,
    hung_on_an_open_door: 2,
    visit: 5,
    walk_test: 4,
    placed: 3,
    canary_class: 1,
    memory_ends: 1,
    destroyed: 1,
    goes_out_of_use: 1,
}
