"""The complaints B1 to B15 of users of other systems, each as a story that ends well here.

Where the whole of a complaint lies outside the core, the test that proves it is named.
"""

from pathlib import Path

import pytest

from gateway.core.doors.silence import Liveness, liveness
from gateway.core.doors.step import next_deadline, step
from gateway.core.effects import OpeningBegan, OpeningEnded
from gateway.core.events import DeadlineCame, ReportCame, SealBound
from gateway.core.model import Contact
from gateway.core.rules import Rules
from tests.core.actors import MINUTE, SECOND
from tests.core.timeline import (
    Site,
    between,
    case,
    deputy,
    installer,
    nobody,
    opening,
    page,
    shutting,
    warden,
)

DOOR = "3-201"
TESTS = Path(__file__).parents[1]
ELSEWHERE = {
    "B9": ("notify/test_delivery.py", "test_what_an_earlier_life_could_not_deliver_goes_out"),
    "B10": (
        "end_to_end/test_kills.py",
        "test_what_has_a_receipt_survives_kills_of_the_gateway",
    ),
    "B12": ("end_to_end/test_kills.py", "test_what_has_a_receipt_survives_kills_of_mosquitto"),
    "B12 a damaged file": ("firmware/test_power_cut.py", "test_a_power_cut_at_every_write_leaves"),
    "B13": ("firmware/test_link.py", "test_a_broker_that_does_not_behave_ends_the_link"),
    "B13 memory": ("firmware/test_whole_seal.py", "test_a_full_spool_fits_into_64_kb_too"),
    "B13 outages": (
        "firmware/test_whole_seal.py",
        "test_a_broker_that_dies_and_comes_back_loses_no_report_and_no_heap",
    ),
}


@pytest.mark.parametrize("complaint", list(ELSEWHERE))
def test_what_lies_outside_the_core_is_proved_elsewhere(complaint: str) -> None:
    file, name = ELSEWHERE[complaint]
    assert f"def {name}" in (TESTS / file).read_text()


def test_b1_a_restart_shows_shut_then_flips_to_the_truth() -> None:
    """B1: after a restart every contact shows closed, then flips; door-opened alerts fire."""
    site = Site(DOOR)
    site.at("08:00").door(DOOR).may_open("08:00", "09:00", longest_min=30)
    site.at("08:01").door(DOOR).opens()
    boot = ReportCame(f"seal-{DOOR}", 9, Contact.SHUT, 1, True, first=True)
    site.at("08:05").door(DOOR).says(boot)
    site.at("08:05:03").door(DOOR).says(ReportCame(f"seal-{DOOR}", 0, Contact.OPEN, 1, False))
    site.want(between("08:00", "08:30:59"), nobody(), opening("permit"))
    assert not any(isinstance(e, OpeningEnded) for _, _, e in site.followed)
    site.want(between("08:31", "08:31"), page(warden, why="permit overstayed"))


def test_b2_a_cached_state_that_comes_again_is_no_event() -> None:
    """B2: the bridge re-publishes cached state on start, and sets off notifications."""
    site = Site(DOOR)
    site.at("08:00").door(DOOR).may_open("08:00", "08:10")
    site.at("08:01").door(DOOR).opens()
    cached = next(e for _, _, e in site.followed if isinstance(e, ReportCame) and e.edge)
    site.at("08:02").door(DOOR).shuts()
    for minute in range(3, 9):
        site.at(f"08:0{minute}").door(DOOR).says(cached)
    site.want(between("08:00", "09:00"), nobody(), opening("permit"))


def test_b3_what_opened_while_the_server_was_down_is_told_and_what_stood_open_is_not() -> None:
    """B3: armed though a door was opened while the server was down; fired for those open before."""
    site = Site("3-201", "3-202")
    site.at("08:00").door("3-202").opens()
    site.person("Wang", "3-202").is_there()
    for door_id in ("3-201", "3-202"):
        site.door(door_id).loses_radio()  # the server is down; its rings run over
    site.at("08:20").door("3-201").opens().shuts()
    site.seals["3-201"].spool.clear()
    for door_id in ("3-201", "3-202"):
        site.at("08:30").door(door_id).gets_radio()
    site.want(between("08:30", "08:30"), page(warden, why="opened blind", door="3-201"))
    site.want(between("08:30", "08:30"), page(warden, door="3-202", times=0))


def test_b4_an_opening_that_was_over_before_the_radio_was_up_existed() -> None:
    """B4: the door opens and shuts before the radio is up; the opening never existed."""
    site = Site(DOOR)
    site.at("08:00").door(DOOR).loses_radio()
    site.at("08:00:01").door(DOOR).opens()
    site.at("08:00:04").door(DOOR).shuts()
    site.at("08:00:15").door(DOOR).gets_radio()
    site.want(between("08:00:15", "08:00:20"), page(warden), shutting())
    (began,) = [e for _, _, e in site.followed if isinstance(e, OpeningBegan)]
    assert began.opened_ms == began.latest_ms == site.time("08:00:01")


def test_b5_a_missed_close_is_repaired_by_the_next_heartbeat_and_says_so() -> None:
    """B5: close missed, door "open" until next use."""
    site = Site(DOOR)
    site.at("08:00").door(DOOR).may_open("08:00", "09:00", longest_min=5)
    site.at("08:01").door(DOOR).opens()
    site.door(DOOR).loses_radio()
    site.at("08:02").door(DOOR).shuts()
    site.seals[DOOR].spool.clear()
    site.at("08:03").door(DOOR).gets_radio()
    site.want(between("08:03", "08:04"), shutting(inferred=True, since="08:01"))
    site.want(between("08:00", "10:00"), nobody())


def test_b6_a_counter_that_starts_anew_with_a_new_battery_is_heard() -> None:
    """B6: after a battery change the counter restarts and the packets are refused."""
    site = Site(DOOR)
    site.at("08:01").door(DOOR).opens()
    site.at("08:02").door(DOOR).shuts()
    site.person("Wang", DOOR).is_there()
    site.person("Wang", DOOR).reports("explained")
    site.at("08:30").door(DOOR).loses_power()
    site.at("08:31").door(DOOR).gets_power()
    site.at("08:40").door(DOOR).opens()
    site.want(between("08:30", "08:40"), page(warden, why="no permit"))


def test_b7_a_contact_that_toggles_every_second_is_a_fault_and_not_two_hundred_pages() -> None:
    """B7: contact toggles every second; a slammed door bounces."""
    site = Site(DOOR)
    site.at("08:01").door(DOOR)
    for second in range(0, 200, 2):
        site.live_until(site.time("08:01") + second * SECOND)
        site.door(DOOR).opens()
        site.live_until(site.now_ms + SECOND)
        site.door(DOOR).shuts()
    site.want(between("08:01", "08:01:29"), page(warden), page(installer, why="chatter"))
    site.want(between("08:01:31", "08:15"), page(installer, times=0))


def test_b8_a_phone_that_does_not_sign_is_no_phone() -> None:
    """B8: notifications 10 to 16 minutes late. Push is a hint, until the handheld signs for it."""
    site = Site(DOOR)
    site.at("08:01").door(DOOR).opens()
    site.want(between("08:01:01", "08:01:30"), page(warden))
    site.want(between("08:01:31", "08:03"), page(deputy))


def test_b9_a_phone_that_was_off_rings_in_the_next_round() -> None:
    """B9: the phone was off; the message waits in the app but never rings."""
    site = Site(DOOR)
    site.at("08:01").door(DOOR).opens()
    site.want(between("08:09", "08:09:30"), page(warden, times=2))
    open_case = site.case_of(DOOR)
    assert open_case is not None
    assert open_case.escalation is not None  # the task stands here, not in a phone


@pytest.mark.parametrize("asleep_min", [0, 1, 20, 600])
def test_b10_a_delay_outlives_any_restart(asleep_min: int) -> None:
    """B10: any "for 30 minutes" or delay is lost on restart or reload."""
    site = Site(DOOR, heartbeat_ms=1_000 * MINUTE)
    site.at("08:00").door(DOOR).may_open("08:00", "09:00", longest_min=30)
    site.at("08:01").door(DOOR).opens()
    door, rules = site.doors[DOOR], Rules()
    due_ms = next_deadline(door, rules)
    assert due_ms == site.time("08:31")
    door, effects = step(door, DeadlineCame(), due_ms + asleep_min * MINUTE, rules)
    assert [str(e.reason) for e in effects if hasattr(e, "page_id")] == ["permit_overstayed"]
    assert door.case is not None
    assert door.case.since_ms == due_ms


def test_b11_a_seal_is_heard_in_the_very_moment_that_it_is_given_up() -> None:
    """B11: the offline alarm cannot clear when data arrives in the same second."""
    site = Site(DOOR)
    site.at("08:00").door(DOOR).loses_radio()
    site.at("08:06:40").door(DOOR).gets_radio()
    assert site.doors[DOOR].silence is None
    assert liveness(site.doors[DOOR], site.now_ms, Rules()) is Liveness.LIVE
    site.want(between("08:00", "10:00"), nobody())


def test_b12_what_waited_in_the_broker_is_an_interval_and_never_a_wrong_time() -> None:
    """B12: the core's half: what a broker kept is told with its doubt. The rest is in ELSEWHERE."""
    site = Site(DOOR)
    late = ReportCame(f"seal-{DOOR}", 1, Contact.OPEN, 1, True, age_ms=0, waited_ms=20 * SECOND)
    site.at("08:01").door(DOOR).says(late)
    (began,) = [e for _, _, e in site.followed if isinstance(e, OpeningBegan)]
    assert (began.opened_ms, began.latest_ms) == (site.time("08:00:40"), site.time("08:01"))


def test_b13_a_seal_that_hangs_is_a_fault_and_told_as_one() -> None:
    """B13: MicroPython hangs for ever on weak Wi-Fi. The core's half: it is noticed."""
    site = Site(DOOR)
    site.at("09:00").door(DOOR).loses_radio()
    site.want(between("09:00", "09:37"), page(installer, why="silent"))


def test_b14_a_clock_that_drifts_moves_nothing_but_ages() -> None:
    """B14: clocks drift by a second in half a minute. An age is wrong by its own drift only."""
    site = Site(DOOR)
    edge = ReportCame(f"seal-{DOOR}", 1, Contact.OPEN, 1, True, age_ms=62_000)  # in truth 60 s
    site.at("08:10").door(DOOR).says(edge)
    (began,) = [e for _, _, e in site.followed if isinstance(e, OpeningBegan)]
    assert site.time("08:09") - began.opened_ms == 2_000


def test_b15_a_bypass_ends_with_the_opening_that_used_it() -> None:
    """B15: a bypass lasts until the next arming."""
    site = Site(DOOR)
    site.at("08:00").door(DOOR).may_open("08:00", "20:00")
    site.at("08:01").door(DOOR).opens()
    site.at("08:02").door(DOOR).shuts()
    site.want(between("08:00", "08:59"), nobody())
    site.at("09:00").door(DOOR).opens()
    site.want(between("09:00", "09:00"), page(warden, why="no permit"), case("raised"))
    assert isinstance(site.journal[1][2], SealBound)
