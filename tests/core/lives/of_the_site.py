"""What befalls the whole site: its clock, its settings, its troubles, a restart; and time."""

from msgspec.structs import replace

from gateway.core.events import (
    ClockCorrected,
    ClockDoubted,
    ClockSure,
    ClockTrusted,
    RulesSet,
    TroubleBegan,
    TroubleEnded,
)
from gateway.core.reasons import TROUBLES
from gateway.core.rules import Rulebook, Rules
from tests.core.actors import HOUR, MINUTE, SECOND
from tests.core.lives.life import FLATS, Happening, Life
from tests.core.lives.of_doors import all_is_mended
from tests.core.lives.of_people import goes_on, most_are_taken
from tests.core.lives.of_registry import destroyed
from tests.core.timeline import SITE

# The middle of Europe: an hour less in the last night of March, one more in that of October.
SUMMER_MS, WINTER_MS = 1_585_443_600_000, 1_603_587_600_000
EUROPE = ((0, 60), (SUMMER_MS, 120), (WINTER_MS, 60))
CALM = Rules(deputy_ms=10 * MINUTE, captain_ms=HOUR, centre_ms=2 * HOUR, again_ms=20 * HOUR)
STRICT = replace(
    CALM, grace_ms=5 * MINUTE, chatter_openings=2, silence_ms=15 * MINUTE, lost_heartbeats=3
)
SETTINGS = (
    Rules(again_ms=4 * HOUR),
    CALM,
    replace(
        CALM, off_delay_ms=500, settle_ms=10_000, chatter_openings=2, open_after_restart_ms=20_000
    ),
    replace(
        CALM,
        off_delay_ms=30_000,
        grace_ms=HOUR,
        sign_off=False,
        silence_ms=20 * MINUTE,
        lost_heartbeats=2,
    ),
    replace(CALM, second_ms=5_000, deputy_ms=MINUTE, captain_ms=HOUR, sign_off=False),
    replace(CALM, pages_most=2, pages_window_ms=HOUR, daily_test_texts=False, outage_doors=2),
    replace(
        CALM, requests_open=2, requests_a_day=3, disputes_open=1, dispute_ms=3 * HOUR, blind_doors=2
    ),
    replace(
        CALM,
        day_from_min=0,
        day_to_min=1_440,
        unreached_ms=HOUR,
        taken_ms=5 * MINUTE,
        request_again_ms=20 * HOUR,
        zone=EUROPE,
    ),
)
SOON = replace(
    CALM, review_ms=HOUR, on_site_ms=10 * MINUTE, taken_ms=10 * MINUTE, fault_taken_ms=HOUR
)


def settings(life: Life) -> None:
    rules = life.dice.one_of((*SETTINGS, SOON))
    life.tell(SITE, RulesSet(Rulebook(rules, {"strict": STRICT})))


def clock_is_doubted(life: Life) -> None:
    """It may be behind or ahead; mostly it is believed again soon, or set right."""
    behind_ms, ahead_ms = life.dice.one_of((0, MINUTE, HOUR)), life.dice.one_of((0, HOUR))
    life.tell(SITE, ClockDoubted(behind_ms, ahead_ms))


def clock_is_sure(life: Life) -> None:
    if life.dice.is_one_in(4):
        life.tell(SITE, ClockTrusted(life.now_ms))
    life.tell(SITE, ClockSure())


def clock_is_set(life: Life) -> None:
    by_ms = life.dice.one_of((20 * SECOND, 10 * MINUTE, 2 * HOUR, -20 * SECOND, -HOUR))
    life.now_ms += by_ms
    for seal in life.seals.values():
        seal.next_heartbeat_ms += by_ms
        seal.spool = [
            kept._replace(at_ms=None if kept.at_ms is None else kept.at_ms + by_ms)
            for kept in seal.spool
        ]
    life.air = [(at_ms + by_ms, place, report) for at_ms, place, report in life.air]
    life.tell(SITE, ClockCorrected(by_ms, 1, 2))
    for place in life.due:
        life.comes_back(place)


def building_goes_dark(life: Life) -> None:
    """The seals of a building, or of the whole site, one after the other; most come back."""
    which = life.dice.one_of(("1", "1", "2", ""))
    doors = [door_id for door_id in FLATS if door_id.startswith(which)]
    for door_id in doors:
        life.seals[door_id].radio = bool(life.dice.is_one_in(7))
        life.live_until(life.now_ms + life.some_ms(20 * SECOND))
    heartbeat_ms = life.seals[FLATS[0]].heartbeat_ms
    life.live_until(life.now_ms + 4 * heartbeat_ms + life.some_ms(HOUR))
    if life.dice.is_one_in(5):
        destroyed(life)
    for _ in range(life.dice.below(6)):  # what the site itself has is somebody's, too
        at_site = [each for each in life.cases() if each[0] == SITE]
        goes_on(life, at_site)
        life.pauses("seconds", "minutes", "minutes", "hours")
    for door_id in doors:
        if not life.seals[door_id].radio and life.dice.below(5):
            life.door(door_id).gets_radio()
            life.live_until(life.now_ms + life.some_ms(2 * MINUTE))


def storm(life: Life) -> None:
    """So much at once that pages wait, and go out as one; it is over as it came."""
    begun = []
    reasons = life.dice.one_of((sorted(TROUBLES), [life.dice.one_of(sorted(TROUBLES))]))
    for number in range(life.dice.within(6, 12)):
        begun.append((life.dice.one_of(reasons), f"of-{number}"))
        life.tell(SITE, TroubleBegan(*begun[-1]))
        life.pauses("moment", "seconds")
    life.pauses("minutes")
    for each in begun:
        life.tell(SITE, TroubleEnded(*each))
        if life.dice.is_one_in(3):
            life.pauses("moment", "seconds", "minutes")


def trouble(life: Life) -> None:
    """One begins, or is over."""
    known = [(t.reason, t.about) for t in life.turn.troubles.troubles if not t.is_over]
    if known and life.dice.is_one_in(2):
        life.tell(SITE, TroubleEnded(*life.dice.one_of(known)))
        return
    about, age_ms = life.dice.one_of(("", "one", "two")), life.dice.one_of((0, 0, HOUR))
    life.tell(SITE, TroubleBegan(life.dice.one_of(sorted(TROUBLES)), about, age_ms))


def time_passes(life: Life) -> None:
    most_are_taken(life)
    life.pauses("hours")


def stands_still(life: Life) -> None:
    """The gateway is off for a while: what came due meanwhile comes when it is back."""
    life.now_ms += life.some_ms(life.dice.one_of((MINUTE, HOUR, 12 * HOUR, 40 * HOUR)))
    life.starts_anew()


def next_morning(life: Life) -> None:
    all_is_mended(life)
    most_are_taken(life)
    life.live_until(life.now_ms + 10 * HOUR + life.some_ms(4 * HOUR))


HAPPENINGS: dict[Happening, int] = {
    settings: 2,
    clock_is_doubted: 2,
    clock_is_sure: 3,
    clock_is_set: 1,
    trouble: 4,
    storm: 1,
    building_goes_dark: 2,
    time_passes: 4,
    next_morning: 4,
    stands_still: 2,
    Life.commits: 6,
    Life.starts_anew: 2,
}
