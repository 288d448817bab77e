"""Tables of small rules that judge a record, number or message by itself."""

from collections.abc import Iterator
from itertools import product

from msgspec.structs import replace

from gateway.core import makes, reasons
from gateway.core.actor import CENTRE, Acting, actor_of
from gateway.core.cases import transitions
from gateway.core.cases.escalation import may_start_ms, steps_for
from gateway.core.cases.number import case_number, read_number
from gateway.core.cases.transitions import Action
from gateway.core.commissioning import Certificate, TestOpening, Visit, WalkTest
from gateway.core.deadline_index import DeadlineIndex, earliest
from gateway.core.doors import certificates, permits, visits, walk_test
from gateway.core.doors.edge_counter import edge_delta
from gateway.core.events import ReportCame
from gateway.core.heartbeat_spans import HeartbeatSpan, beats_of
from gateway.core.households import requests
from gateway.core.households.model import Request, RequestKind, RequestState, Said
from gateway.core.model import Case, CaseState, Contact, Door, Doubt, Permit, Unreported
from gateway.core.outcome import outcomes_of
from gateway.core.paging import places, staff
from gateway.core.paging.places import SentPage
from gateway.core.reasons import Reason
from gateway.core.replay_window import ReplayWindow, accept, refusal
from gateway.core.rules import Rules
from tests.core.actors import DAY, HOUR, MINUTE, SECOND
from tests.core.lives.dice import Dice
from tests.core.tables.of_time import AUTUMN, EUROPE

NOW = 1_590_033_600_000
CHEN, WANG = actor_of("chen"), actor_of("wang")
ACTING = (Acting(CHEN), Acting(WANG), Acting(CENTRE), Acting(WANG, for_centre=True))


def replays() -> Iterator[str]:
    """Which transmissions are new, and which numbers were taken."""
    windows = ReplayWindow(), ReplayWindow(2, 5, 100, 0b1011), ReplayWindow(1, 1, 70, (1 << 62) - 1)
    for window, (epoch, counter) in product(windows, product(range(4), (0, 1, 2, 4, 5, 6))):
        yield f"{window} {epoch} {counter}: {refusal(window, epoch, counter)}"
    numbers = (0, 1, 7, 8, 9, 37, 38, 39, 69, 70, 71, 96, 97, 98, 99, 100, 101, 131, 132, 133, 161)
    for window, seq in product(windows, (*numbers, 162, 163, 164, 999)):
        yield f"{window} {seq}: {accept(window, 3, 9, seq)}"


def deadlines() -> Iterator[str]:
    """When somebody must come back to whom, as times move."""
    dice, index = Dice(1), DeadlineIndex[str]()
    for step in range(300):
        key, due_ms = dice.one_of("abcd"), dice.one_of((None, *range(9)))
        if dice.is_one_in(3):
            yield f"{step}: takes {index.take(dice.below(9))}, then {index.next_ms()}"
        else:
            index.note(key, due_ms)
            yield f"{step}: notes {key} {due_ms}, then {index.next_ms()}"
    yield f"{earliest()} {earliest(None, 2, 1)} {earliest(None)}"


def words() -> Iterator[str]:
    """What stands for each reason, number, make and channel."""
    rules = Rules()
    for reason in Reason:
        steps = [(s.role.value, s.ways.value, s.wait_ms(rules)) for s in steps_for(reason)]
        starts = [
            may_start_ms(reason, NOW + hours * HOUR, quiet, rules) - NOW
            for hours, quiet in product(range(0, 24, 3), ((), ((720, 900),), ((0, 1_439),)))
        ]
        yield f"{reason}: {reasons.severity(reason)} {outcomes_of(reason)} {steps} {starts}"
    for text in (
        "482-917",
        "482917",
        " 4 8 2－917",
        "48291",
        "4829171",
        "48291x",
        "４８２９１７",
        "",
    ):
        yield f"{text}: {read_number(text)}"
    for number in range(20):
        channel = staff.byte_of("push", f"a{number}"), staff.byte_of("sms", f"a{number}")
        yield f"{number}: {case_number(f'seal-{number}')} {channel}"
    yield f"{[makes.title_of(make) for make in (*makes.Make, 'other', '')]}"


def buttons() -> Iterator[str]:
    """Who may do what about a case, and about a request, in each of its states."""
    unreported = None, Unreported(CaseState.ON_SITE, CHEN)
    for state, locked, by, before in product(CaseState, (False, True), (None, CHEN), unreported):
        case = Case("c", Reason.NO_PERMIT, state, NOW, locked=locked, moved_by=by)
        case = replace(case, unreported=before, reported_by=CHEN if before else None)
        judged = [
            [transitions.judge(case, action, acting) for acting in (None, *ACTING)]
            for action in Action
        ]
        yield f"{state} {locked} {by} {before}: {judged}"
    kinds = product(RequestState, (None, CHEN, CENTRE))
    for request_state, taken_by in kinds:
        request = Request("r", RequestKind.FOOD, Said(), NOW, request_state, taken_by=taken_by)
        judged = [
            [requests.judge(request, deed, acting) for acting in (None, *ACTING)]
            for deed in requests.RequestDeed
        ]
        told = [requests.allowed(request, acting) for acting in ACTING]
        yield f"{request_state} {taken_by}: {judged} {told} {requests.reason_of(request)}"


def certified() -> Iterator[str]:
    """What a walk test is worth, check by check, and how a certificate stands."""
    good = TestOpening(NOW, 5 * SECOND, NOW + SECOND, 3)
    open_, slow = replace(good, shut_ms=None), replace(good, delay_ms=5 * SECOND + 1)
    rows = (), (good,), (good, good, good), (good, good, slow), (good, good, open_), (slow, good)
    test = WalkTest("t", "s", CHEN, NOW, NOW + HOUR)
    seen = (
        {},
        {"heard": True},
        {"heard": True, "cover_seen": True, "delay_ms": 5 * SECOND, "signal_dbm": -80},
        {"heard": True, "bounces": 20, "battery_mv": 2_800, "signal_dbm": -81, "delay_ms": 9},
        {"heard": True, "bounces": 21, "battery_mv": 2_799, "ageless": 1, "odd_edges": 2},
        {"paths": (), "air_dbm": -80, "magnet_seen": True},
        {"paths": ("network",), "air_dbm": -81, "cover_seen": True},
        {"paths": ("network", "air"), "held": True},
    )
    doors = (
        Door("d", seal_id="s", contact=Contact.SHUT),
        Door("d", seal_id="s", contact=Contact.OPEN, cover=True, magnet=True),
        Door("d", seal_id="s", contact=Contact.SHUT, make="tasmota"),
        Door("d", seal_id="s", contact=Contact.SHUT, doubt=Doubt(1, 0)),
    )
    for openings, what, door in product(rows, seen, doors):
        its = replace(test, openings=openings, **what)
        found = [walk_test.checks(door, its, NOW + ms) for ms in (8_999, 9_000)]
        yield f"{openings} {what} {door}: {found} {walk_test.due_ms(its)}"
    for void_ms, must, days in product((None, NOW), (False, True), (0, 304, 305, 306, 364, 365)):
        certificate = Certificate("c", "s", NOW, NOW + 365 * DAY, void_ms)
        for by_ms, one in product((-1, 0, 1), (certificate, None)):
            door = Door("d", seal_id="s", certificate=one, must_certify=must)
            yield f"{door} {days}: {certificates.standing(door, NOW + days * DAY + by_ms)}"


def worked() -> Iterator[str]:
    """When somebody works at a seal, what that covers, and which visits are kept."""
    times = (0, 10), (10, 20), (21, 30), (5, 12), (40, 40)
    each = [Visit(f"v{n}", "s", a * MINUTE, b * MINUTE, "~") for n, (a, b) in enumerate(times)]
    test = WalkTest("t", "s", CHEN, 30 * MINUTE, 33 * MINUTE)
    elsewhere = Visit("w", "other", 0, 60 * MINUTE, "~")
    sets = ((), (each[0],), tuple(each), (each[2], elsewhere), (elsewhere,), tuple(each[3:]))
    for its, tested, minute in product(sets, (None, test), range(0, 41, 1)):
        door = Door("d", seal_id="s", heartbeat_ms=MINUTE, visits=its, walk_test=tested)
        for at_ms in (minute * MINUTE - 1, minute * MINUTE):
            asked = visits.until_ms(door, at_ms), visits.next_end_ms(door, at_ms)
            spans = (0, 1, 2 * MINUTE, 2 * MINUTE + 1, 4 * MINUTE)
            covers = [visits.covers(door, at_ms - before, at_ms, Rules()) for before in spans]
            yield f"{len(its)} {tested is None} {at_ms}: {asked} {covers}"
    many = [Visit(f"m{n}", "s", n * HOUR, (n + 1) * HOUR, "~") for n in range(9)]
    for count, hours in product(range(6, 10), (0, 1, 3, 9, 26, 40)):
        door = Door("d", seal_id="s", visits=tuple(many[:count]))
        for added in (many[8], replace(many[2], to_ms=99 * HOUR)):
            yield f"{count} {hours} {added}: {visits.add(door, added, hours * HOUR)}"


def permitted() -> Iterator[str]:
    """Which permit covers what, what it spends, gives back, and has left."""
    rules = Rules(zone=EUROPE)
    base = Permit("p", AUTUMN - 2 * DAY, AUTUMN + 2 * DAY, 2, MINUTE, "~", "~")
    daily = replace(base, permit_id="q", daily=((150, 181), (1_320, 30)), days=0b1000001)
    spent = replace(daily, permit_id="r", daily=((0, 720), (100, 200)), spent=(AUTUMN - HOUR, 1))
    none = replace(base, permit_id="s", openings=0, to_ms=AUTUMN)
    door = Door("d", permits=(base, daily, spent, none))
    for hours, by_ms, before in product(range(-50, 51, 2), (-1, 0), (0, HOUR, 26 * HOUR)):
        latest_ms = AUTUMN + hours * HOUR + by_ms
        each = [permits.window_of(p, latest_ms - before, latest_ms, rules) for p in door.permits]
        found = permits.covering(door, latest_ms - before, latest_ms, rules)
        live = [permits.is_live(permit, latest_ms) for permit in door.permits]
        yield f"{latest_ms} {before}: {each} {found} {live}"
    for permit, window_ms in product(door.permits, (0, AUTUMN - HOUR, AUTUMN)):
        used = [permits.used(permit, window_ms, count) for count in (-2, -1, 0, 1, 2, 9)]
        told = permits.spend(door, permit, window_ms)[1], permits.left(permit, window_ms)
        yield f"{permit} {window_ms}: {used} {told} {permits.give_back(door, permit)}"


def places_taken() -> Iterator[str]:
    """When there is a place for a page."""
    rules = Rules(pages_most=3, pages_window_ms=10), Rules(pages_most=1, pages_window_ms=10)
    ages = (), (0,), (9,), (10,), (11,), (9, 5, 0), (20, 10, 9), (9, 8, 7, 6)
    for times, urgent, rule in product(ages, product((False, True), repeat=2), rules):
        sent = tuple(SentPage(NOW - age, "p", urgent=urgent[0] and age > 5) for age in times)
        free_ms = places.free_ms(sent, urgent[1], NOW, rule) - NOW
        taken = [page.at_ms - NOW for page in places.taken(sent, SentPage(NOW, "q"), rule)]
        yield f"{times} {urgent} {rule.pages_most}: {free_ms} {taken}"


def counted() -> Iterator[str]:
    """What an edge counter shows since it was heard last."""
    counts = (None, 0, 1, 2, 65_534, 65_535, 32_767, 32_768)
    for before, leaf, count, now in product(counts, Contact, counts[1:], Contact):
        door = Door("d", edges=before, contact=leaf)
        for edge, first in ((False, False), (True, False), (True, True)):
            found = edge_delta(door, ReportCame("s", 1, now, count, edge, first))
            yield f"{before} {leaf} {count} {now} {edge} {first}: {found}"


def unpacked() -> Iterator[str]:
    """What the bytes of a span say, and that what is no span's says nothing."""
    packed = bytes.fromhex("7c 01 8002 00 7f fc01 01")
    whole = HeartbeatSpan("d", "s", Contact.SHUT, 1, 7, 135, 10, 392, 3, 60, 254, packed)
    cut = (replace(whole, packed=packed[:length]) for length in range(len(packed) + 1))
    others = ({"beats": 2}, {"to_id": 9}, {"to_ms": 9}, {"battery_mv": None}, {"from_ms": 11})
    for span in (whole, *cut, *(replace(whole, **its) for its in others)):
        beats = []
        try:
            beats += beats_of(span)
        except ValueError as wrong:
            beats.append(str(wrong))
        yield f"{span}: {beats}"
