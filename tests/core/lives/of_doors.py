"""What happens at doors: leaves move, contacts chatter, seals fail, reports come late."""

from msgspec.structs import replace

from gateway.core.events import MessageRefused, ReportCame, ReportHeld
from gateway.core.model import Contact, Path
from gateway.core.path_events import CopyCame, PathHeard, PathSilent
from gateway.core.reasons import REFUSALS, Reason
from tests.core.actors import HOUR, MINUTE, SECOND
from tests.core.lives.life import CANARY_DOOR, HOUSEHOLDS, Happening, Life
from tests.core.lives.of_homes import says_of_a_seal

MOMENTS = ("moment", "seconds")


def moves(life: Life, door_id: str = "") -> None:
    at_door = life.door(door_id or life.somewhere())
    at_door.shuts() if at_door.seal.leaf is Contact.OPEN else at_door.opens()


def passes(life: Life, door_id: str = "") -> None:
    """Somebody goes through, and mostly shuts the door."""
    door_id = door_id or life.somewhere()
    moves(life, door_id)
    life.pauses("moment", "seconds", "minutes")
    if life.dice.below(6):
        moves(life, door_id)


def passes_by_two(life: Life) -> None:
    """By several contacts of a household, in whatever order."""
    doors = life.dice.one_of(HOUSEHOLDS)
    life.focus = doors[0]
    for _ in range(life.dice.within(2, 6)):
        moves(life, life.dice.one_of(doors))
        life.pauses(*MOMENTS)


def one_is_heard_late(life: Life) -> None:
    """Of a household's contacts one is heard of after another, and opened before it, or shut."""
    doors = life.dice.one_of(HOUSEHOLDS)
    first, other = doors[0], life.dice.one_of(doors[1:])
    life.focus = first
    for door_id in (first, other):
        if life.seals[door_id].leaf is Contact.OPEN:
            moves(life, door_id)
    life.pauses("seconds")
    life.door(first).loses_radio()
    order = life.dice.one_of(((first, other, other, first), (first, first, other, other)))
    for door_id in order:
        moves(life, door_id)
        life.live_until(life.now_ms + life.some_ms(life.dice.one_of((SECOND, 4 * SECOND, MINUTE))))
    life.pauses("moment", "seconds")
    life.door(first).gets_radio()


def all_shut(life: Life) -> None:
    """Whoever is at home shuts what stands open."""
    for door_id, seal in life.seals.items():
        if seal.leaf is Contact.OPEN and life.dice.below(5):
            life.door(door_id).shuts()


def chatters(life: Life, door_id: str = "") -> None:
    door_id = door_id or life.somewhere()
    longest_ms = life.dice.one_of((300, 1_500, 9_000, 20_000))
    for _ in range(life.dice.within(4, 24)):
        moves(life, door_id)
        life.live_until(life.now_ms + 50 + life.some_ms(longest_ms))


def canary_opens(life: Life) -> None:
    for _ in range(life.dice.within(1, 3)):
        moves(life, CANARY_DOOR)
        life.live_until(life.now_ms + 20 * SECOND)
        moves(life, CANARY_DOOR)
        for out in life.notified[-2:]:
            if life.dice.below(2):
                life.phone_signs(out)
        life.live_until(life.now_ms + 9 * MINUTE + life.some_ms(3 * MINUTE))


def sign(life: Life, door_id: str = "") -> None:
    """Its cover or a foreign magnet, which comes or goes."""
    at_door = life.door(door_id or life.somewhere())
    if life.dice.below(2):
        at_door.cover(off=not at_door.seal.cover)
    else:
        at_door.magnet(swapped=not at_door.seal.magnet)


def power(life: Life, door_id: str = "") -> None:
    at_door = life.door(door_id or life.somewhere())
    if at_door.seal.power:
        at_door.loses_power()
    else:
        if life.dice.is_one_in(3):
            battery_mv = life.dice.one_of((2_700, 2_750, 2_801, 2_900, 3_100, 3_200))
            life.battery_mv[at_door.seal.seal_id] = battery_mv
        at_door.gets_power()


def radio(life: Life, door_id: str = "") -> None:
    at_door = life.door(door_id or life.somewhere())
    at_door.loses_radio() if at_door.seal.radio else at_door.gets_radio()


def all_is_mended(life: Life) -> None:
    for door_id, seal in life.seals.items():
        if not seal.power:
            life.door(door_id).gets_power()
        if not seal.radio:
            life.door(door_id).gets_radio()
        if seal.cover:
            life.door(door_id).cover(off=False)
        if seal.magnet:
            life.door(door_id).magnet(swapped=False)


def loses_what_waits(life: Life) -> None:
    life.seals[life.somewhere()].spool.clear()


def reading_flips(life: Life) -> None:
    """A reading without an edge that says something else, or nothing."""
    at_door = life.door(life.somewhere())
    leaf = life.dice.one_of((Contact.UNKNOWN, Contact.OPEN, Contact.SHUT))
    seal, first = at_door.seal, life.dice.is_one_in(3)
    at_door.says(ReportCame(seal.seal_id, 0, leaf, seal.edges, False, first=first))


def counter_moves(life: Life) -> None:
    """Edges that nobody reported, or a counter that lies lower than before."""
    seal = life.seals[life.somewhere()]
    seal.edges = max(seal.edges + life.dice.within(-2, 5), 0)


def comes_late(life: Life) -> None:
    """A report that was in the air comes again or at last, in whatever order."""
    if not life.air:
        return
    sent_ms, door_id, report = life.dice.one_of(life.air)
    waited_ms = max(life.now_ms - sent_ms, 1)
    late = replace(report, waited_ms=waited_ms if life.dice.below(3) else 1 + life.dice.below(3))
    if life.dice.is_one_in(3):
        late = replace(late, seq=report.seq + 1_000 + life.count, edges=report.edges + 1)
    if life.dice.is_one_in(4):
        late = replace(late, held_ms=life.dice.below(late.waited_ms + 1))
    life.count += 1
    life.tell(door_id, late)


def edge_comes_late(life: Life) -> None:
    """An edge that waited a known time in its seal, and another in the broker."""
    door_id = life.somewhere()
    seal = life.seals[door_id]
    seal.leaf = Contact.SHUT if seal.leaf is Contact.OPEN else Contact.OPEN
    seal.edges, seal.seq = seal.edges + life.dice.within(1, 3), seal.seq + 1
    age_ms = life.dice.one_of((None, 0, 1, life.some_ms(MINUTE), life.some_ms(HOUR)))
    waited_ms = life.dice.one_of((0, 0, 1, 2, life.some_ms(2 * HOUR)))
    flags = {"age_ms": age_ms, "waited_ms": waited_ms, "held_ms": waited_ms // 2}
    said = seal.seal_id, seal.seq, seal.leaf, seal.edges % 0x10000, True
    life.tell(door_id, ReportCame(*said, **flags))  # type: ignore[arg-type]


def was_held_back(life: Life) -> None:
    edges = [each for each in life.air if each[2].edge]
    if edges:
        sent_ms, door_id, report = life.dice.one_of(edges)
        edge_ms = sent_ms - life.some_ms(30 * MINUTE)
        life.tell(door_id, ReportHeld(report.seal_id, report.seq, edge_ms))


def opening_was_held_back(life: Life) -> None:
    """What opened by permit, or without, turns out to have opened at another time."""
    door_id = life.somewhere()
    if life.seals[door_id].leaf is Contact.OPEN:
        moves(life, door_id)
        life.pauses("seconds")
    moves(life, door_id)
    told = [each for each in life.air if each[1] == door_id and each[2].edge]
    if life.dice.below(2):
        life.pauses("seconds")
        moves(life, door_id)
    if told:
        sent_ms, _, report = told[-1]
        edge_ms = sent_ms - life.dice.one_of((MINUTE, HOUR, 2 * HOUR, 5 * HOUR))
        life.tell(door_id, ReportHeld(report.seal_id, report.seq, edge_ms))


def is_lost_while_open(life: Life) -> None:
    """A seal falls silent after its door opened, and is heard again later, or is not."""
    door_id = life.somewhere()
    if life.seals[door_id].leaf is Contact.SHUT:
        moves(life, door_id)
    life.pauses("moment", "seconds")
    radio(life, door_id)
    life.live_until(life.now_ms + 4 * life.seals[door_id].heartbeat_ms + life.some_ms(HOUR))
    for _ in range(life.dice.below(3)):
        says_of_a_seal(life)
        life.pauses("seconds", "minutes", "hours")
    if life.dice.below(4):
        radio(life, door_id)
        moves(life, door_id)


def is_refused(life: Life) -> None:
    """One message, or a burst of them."""
    door_id = life.somewhere()
    reasons = (*sorted(REFUSALS), Reason.WRONG_KEY)
    for _ in range(life.dice.one_of((1, 1, 12))):
        reason, count = life.dice.one_of(reasons), life.dice.one_of((1, 1, 4))
        life.tell(door_id, MessageRefused(life.seals[door_id].seal_id, reason, count))
        life.live_until(life.now_ms + life.some_ms(6 * SECOND))


def way(life: Life) -> None:
    """One of its two ways falls silent for a while; by air comes a copy."""
    door_id, dice = life.somewhere(), life.dice
    seal_id = life.seals[door_id].seal_id if dice.below(9) else "another"
    for path in dice.one_of(((Path.AIR,), (Path.NETWORK,), tuple(Path))):
        since_ms = life.now_ms - life.some_ms(HOUR)
        life.tell(door_id, PathSilent(seal_id, path, since_ms, is_ours=dice.is_one_in(4)))
    life.pauses("minutes", "hours", "hours")
    life.tell(door_id, CopyCame(seal_id))
    for path in dice.one_of(((Path.AIR,), (Path.NETWORK,), tuple(Path))):
        life.tell(door_id, PathHeard(seal_id, path))


HAPPENINGS: dict[Happening, int] = {
    moves: 6,
    passes: 14,
    passes_by_two: 6,
    one_is_heard_late: 4,
    all_shut: 6,
    chatters: 2,
    canary_opens: 2,
    sign: 4,
    power: 6,
    radio: 4,
    all_is_mended: 3,
    loses_what_waits: 1,
    reading_flips: 3,
    counter_moves: 2,
    comes_late: 6,
    edge_comes_late: 5,
    was_held_back: 2,
    opening_was_held_back: 3,
    is_lost_while_open: 3,
    is_refused: 2,
    way: 3,
}
