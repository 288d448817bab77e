"""The walk test: somebody opens and shuts the door, lifts the cover, and the gateway watches.

What counts is what came to the gateway, never what a broker or a seal said of it. While the test
runs nobody is paged of this seal (visits.py); it ends by itself, and what goes beyond is told as
ever. Once all checks are good and the door has stayed shut for a moment, the seal has its
certificate, and its visit is over.

A contact tells open or shut and no distance. So what is said of the magnet is what its gap does:
whether the contact opened or shut by itself, several times at once, or for shorter than a hand can.
Such an edge is odd, and the three openings begin anew after it.
"""

from msgspec.structs import replace

from gateway.core.cases.case import DoorChange
from gateway.core.commissioning import (
    Certificate,
    Check,
    CheckMark,
    CheckName,
    TestOpening,
    WalkTest,
)
from gateway.core.commissioning_events import WalkTestBegan, WalkTestEnded
from gateway.core.doors import visit_end
from gateway.core.doors.certificates import LASTS_MS
from gateway.core.doors.observation import Observation
from gateway.core.duration import MINUTE_MS, SECOND_MS
from gateway.core.effects import SealCertified
from gateway.core.model import SURE, Contact, Door, Path
from gateway.core.path_events import PathsTested
from gateway.core.rules import Rules

LASTS_MOST_MS = 15 * MINUTE_MS  # five times what a door should take
OPENINGS_WANTED = 3
OPENINGS_KEPT = 8
SHORTEST_MS = 300  # a hand opens a door for longer
HOLD_MS = 3 * SECOND_MS  # so long it stays shut at the end
DELAY_MOST_MS = 5 * SECOND_MS  # from an edge until the gateway has it
BOUNCES_MOST = 20  # of one edge; a sound reed switch makes up to a dozen
BATTERY_LEAST_MV = 2_800  # of two lithium cells while they send
NETWORK_RECEIVER_DBM = -90  # below which an access point hears little,
# likewise a receiver of Bluetooth: the standard asks for -70 dBm (Core 5.4, volume 6, part A, 4.1),
# usual ones do -94, and what they say of a signal may be wrong by some dB.
AIR_RECEIVER_DBM = -90
MARGIN_LEAST_DB = 10  # and so much more for rain, people and a shut door

GOOD, WAITS, BAD = CheckMark.GOOD, CheckMark.WAITS, CheckMark.BAD


def began(door: Door, event: WalkTestBegan, now_ms: int, _: Rules) -> DoorChange:
    """A test begins, in place of any other; none of a seal that hangs elsewhere, nor one that came
    before."""
    if event.seal_id != door.seal_id or event.ends_ms <= now_ms:
        return door, ()
    if door.walk_test is not None and door.walk_test.test_id == event.test_id:
        return door, ()
    ends_ms = min(event.ends_ms, now_ms + LASTS_MOST_MS)
    test = WalkTest(
        event.test_id,
        event.seal_id,
        event.by,
        now_ms,
        ends_ms,
        cover_seen=door.cover,
        magnet_seen=door.magnet,
    )
    return visit_end.look_again(door, replace(door, walk_test=test), now_ms), ()


def ended(door: Door, event: WalkTestEnded, now_ms: int, _: Rules) -> DoorChange:
    """Whoever tested it leaves off."""
    test = door.walk_test
    if test is None or test.test_id != event.test_id or test.is_over:
        return door, ()
    return _over(door, test, now_ms), ()


def note(door: Door, observation: Observation, _: Rules) -> DoorChange:
    """A report while the seal is tested."""
    test, event = door.walk_test, observation.event
    if test is None or test.is_over or observation.now_ms >= test.ends_ms:
        return door, ()
    test = replace(
        test,
        heard=True,
        bounces=max(test.bounces, event.bounces),
        cover_seen=test.cover_seen or event.cover,
        magnet_seen=test.magnet_seen or event.magnet,
        battery_mv=_least(test.battery_mv, event.battery_mv),
        signal_dbm=test.signal_dbm if event.signal_dbm is None else event.signal_dbm,
    )
    if observation.edges:
        test = _edge(test, observation)
    return _passed(replace(door, walk_test=test), test, observation.now_ms)


def paths_tested(door: Door, event: PathsTested, now_ms: int, _: Rules) -> DoorChange:
    """It was heard on these ways since the test began, and by air so strongly."""
    test = door.walk_test
    if test is None or test.is_over or test.test_id != event.test_id or now_ms >= test.ends_ms:
        return door, ()
    paths = tuple(path.value for path in event.paths)
    test = replace(test, paths=paths, air_dbm=event.air_dbm)
    return _passed(replace(door, walk_test=test), test, now_ms)


def due_ms(test: WalkTest) -> int | None:
    """When the door has stayed shut for long enough, or the test is over."""
    if test.is_over:
        return None
    held_ms = _held_ms(test)
    return test.ends_ms if held_ms is None else min(held_ms, test.ends_ms)


def due(door: Door, test: WalkTest, due_ms: int, now_ms: int, _: Rules) -> DoorChange:
    """Its time is over; or the door has stayed shut."""
    if now_ms >= test.ends_ms:
        return _over(door, test, min(due_ms, now_ms)), ()
    passed, effects = _passed(door, test, now_ms)
    if effects:
        return passed, effects
    return replace(door, walk_test=replace(test, held=True)), ()


def checks(door: Door, test: WalkTest, now_ms: int) -> tuple[Check, ...]:
    """How each check stands, in the order of `CheckName`."""
    clean = sum(_is_clean(opening) for opening in test.openings)
    return (
        Check(CheckName.OPENINGS, GOOD if clean >= OPENINGS_WANTED else WAITS, clean),
        Check(CheckName.BOUNCE, _bounce(test), test.bounces if test.heard else None),
        Check(CheckName.MAGNET, _magnet(door, test, clean, now_ms), test.odd_edges),
        _radio(test),
        Check(CheckName.COVER, _cover(door, test)),
        Check(CheckName.FOREIGN_MAGNET, _unless(door.magnet, test), int(test.magnet_seen)),
        Check(CheckName.BATTERY, _battery(test), test.battery_mv),
        Check(CheckName.CLOCK, _clock(door, test), test.ageless),
        _paths(test),
    )


def _edge(test: WalkTest, observation: Observation) -> WalkTest:
    """The contact changed: the door opened, it shut, or this is odd."""
    event, test = observation.event, replace(test, held=False)
    is_plain = event.edge and not event.first and observation.edges == 1
    if not is_plain or event.contact is Contact.UNKNOWN:
        return _odd(test)
    if event.age_ms is None:
        return _odd(replace(test, ageless=test.ageless + 1))
    at_ms = observation.latest_ms
    delay_ms = max(observation.now_ms - at_ms, 0)
    test = replace(test, delay_ms=max(test.delay_ms or 0, delay_ms))
    last = test.openings[-1] if test.openings else None
    if event.contact is Contact.OPEN:
        if last is not None and (last.shut_ms is None or at_ms - last.shut_ms < SHORTEST_MS):
            return _odd(test)
        opening = TestOpening(at_ms, delay_ms, None, event.bounces)
        return replace(test, openings=(*test.openings, opening)[-OPENINGS_KEPT:])
    if last is None or last.shut_ms is not None:
        return test  # it opened before the test began
    if at_ms - last.opened_ms < SHORTEST_MS:
        return _odd(test)
    bounces, delay_ms = last.bounces + event.bounces, max(last.delay_ms, delay_ms)
    shut = replace(last, shut_ms=at_ms, delay_ms=delay_ms, bounces=bounces)
    return replace(test, openings=(*test.openings[:-1], shut))


def _odd(test: WalkTest) -> WalkTest:
    """An edge of which nobody knows what it was: the openings begin anew."""
    return replace(test, openings=(), odd_edges=test.odd_edges + 1)


def _is_clean(opening: TestOpening) -> bool:
    return opening.shut_ms is not None and opening.delay_ms <= DELAY_MOST_MS


def _held_ms(test: WalkTest) -> int | None:
    """When the door will have stayed shut for long enough; None while that is not to be known."""
    if test.held or len(test.openings) < OPENINGS_WANTED or test.openings[-1].shut_ms is None:
        return None
    return test.openings[-1].shut_ms + test.openings[-1].delay_ms + HOLD_MS


def _passed(door: Door, test: WalkTest, now_ms: int) -> DoorChange:
    """The door with its certificate, if all is good."""
    found = checks(door, test, now_ms)
    if any(check.mark is not GOOD for check in found):
        return door, ()
    certificate = Certificate(test.test_id, test.seal_id, now_ms, now_ms + LASTS_MS)
    visits = tuple(
        replace(visit, to_ms=now_ms)
        if visit.seal_id == test.seal_id and visit.from_ms < now_ms < visit.to_ms
        else visit
        for visit in door.visits
    )
    sealed = replace(door, walk_test=None, visits=visits, certificate=certificate)
    door = visit_end.look_again(door, replace(sealed, must_certify=True), now_ms)
    return door, (SealCertified(certificate, test.by, found, test.openings),)


def _over(door: Door, test: WalkTest, now_ms: int) -> Door:
    """The test is over without a certificate; what it saw stands until the next."""
    over = replace(test, is_over=True, ends_ms=min(test.ends_ms, now_ms))
    return visit_end.look_again(door, replace(door, walk_test=over), now_ms)


def _least(before: int | None, now: int | None) -> int | None:
    if before is None or now is None:
        return now if before is None else before
    return min(before, now)


def _bounce(test: WalkTest) -> CheckMark:
    if test.bounces > BOUNCES_MOST:
        return BAD
    return GOOD if test.openings else WAITS


def _magnet(door: Door, test: WalkTest, clean: int, now_ms: int) -> CheckMark:
    """Bad from an odd edge until three openings have come without another."""
    if clean < OPENINGS_WANTED:
        return BAD if test.odd_edges else WAITS
    last = test.openings[-1]
    if door.contact is not Contact.SHUT or last.shut_ms is None:
        return WAITS
    return GOOD if now_ms >= last.shut_ms + last.delay_ms + HOLD_MS else WAITS


def _radio(test: WalkTest) -> Check:
    margin_db = _margin_db(test.signal_dbm, NETWORK_RECEIVER_DBM)
    mark = WAITS if test.delay_ms is None else GOOD
    if _is_weak(margin_db) or (test.openings and test.openings[-1].delay_ms > DELAY_MOST_MS):
        mark = BAD
    return Check(CheckName.RADIO, mark, test.delay_ms, margin_db)


def _paths(test: WalkTest) -> Check:
    """A seal that was never heard by air has one way, and that is said with the certificate. Of any
    other both ways are judged: what comes weakly today does not come on a wet day."""
    if test.paths is None:
        return Check(CheckName.PATHS, GOOD if test.heard else WAITS, 1)
    margin_db = _margin_db(test.air_dbm, AIR_RECEIVER_DBM)
    mark = GOOD if set(test.paths) == set(Path) else WAITS
    return Check(CheckName.PATHS, BAD if _is_weak(margin_db) else mark, len(test.paths), margin_db)


def _margin_db(signal_dbm: int | None, receiver_dbm: int) -> int | None:
    return None if signal_dbm is None else signal_dbm - receiver_dbm


def _is_weak(margin_db: int | None) -> bool:
    return margin_db is not None and margin_db < MARGIN_LEAST_DB


def _cover(door: Door, test: WalkTest) -> CheckMark:
    if door.cover:
        return BAD
    return GOOD if test.cover_seen and test.heard else WAITS


def _unless(is_bad: bool, test: WalkTest) -> CheckMark:
    if is_bad:
        return BAD
    return GOOD if test.heard else WAITS


def _battery(test: WalkTest) -> CheckMark:
    return _unless(test.battery_mv is not None and test.battery_mv < BATTERY_LEAST_MV, test)


def _clock(door: Door, test: WalkTest) -> CheckMark:
    """The seal knows how old its edges are, and the gateway knows its time."""
    if door.doubt != SURE or (test.ageless and not test.openings):
        return BAD
    return GOOD if test.openings else WAITS
