"""Timelines of a household with three contacts: one case, whatever one report shows at how many of
them, and nobody is hidden behind another's seal."""

import pytest

from gateway.core.commissioning import Visit
from gateway.core.commissioning_events import VisitAnnounced
from gateway.core.events import DoorPlaced
from gateway.core.reasons import Reason
from tests.core.timeline import Site, between, case, nobody, page, warden

FRONT, BACK, WINDOW = DOORS = ("1-101", "1-101-back", "1-101-window")


@pytest.fixture
def site() -> Site:
    return Site(*DOORS, households=(DOORS,))


def named(site: Site) -> set[str]:
    """The doors that the one open case is about."""
    ((door_id, about),) = site.open_cases().items()
    return {door_id, *about.contacts}


def test_a_late_shutting_that_accuses_two_contacts_at_once_is_one_case(site: Site) -> None:
    site.at("11:30").door(FRONT).may_open("11:30", "12:30")
    site.at("12:00").door(FRONT).opens()
    site.door(FRONT).loses_radio()
    site.at("12:00:10").door(FRONT).shuts()
    site.at("12:03").door(BACK).opens()  # the front door stands open, for all that is known
    site.at("12:03:10").door(BACK).shuts()
    site.at("12:04:30").door(WINDOW).opens()
    site.at("12:04:40").door(WINDOW).shuts()
    site.want(between("12:00", "12:05"), nobody())
    site.at("12:06").door(FRONT).gets_radio()
    site.at("12:06:05")
    assert len(site.open_cases()) == 1
    assert named(site) >= {BACK, WINDOW}


def test_three_leaves_that_stay_open_together_are_told_once(site: Site) -> None:
    site.at("11:30").door(FRONT).may_open("11:30", "12:30", longest_min=10)
    for second, door_id in enumerate(DOORS):
        site.at(f"12:00:0{second}").door(door_id).opens()
    site.want(between("12:00", "12:09"), nobody())
    site.want(between("12:09", "12:10:05"), page(warden, why="permit overstayed", times=1))
    assert named(site) == set(DOORS)


def test_a_leaf_that_stays_open_is_told_though_the_first_ones_seal_is_silent(site: Site) -> None:
    """Whoever cuts off the seal of the first cannot hold the others open behind it."""
    site.at("11:30").door(FRONT).may_open("11:30", "12:30", longest_min=10)
    site.at("12:00").door(FRONT).opens()
    site.door(FRONT).loses_radio()
    site.at("12:00:05").door(BACK).opens()
    site.want(between("12:10", "12:10:05"), page(warden, why="permit overstayed", door=BACK))
    assert named(site) == {BACK}


def test_what_joined_the_case_of_one_left_open_leaves_it_when_it_was_lawful(site: Site) -> None:
    site.at("11:30").door(FRONT).may_open("11:30", "12:30", openings=2, longest_min=2)
    site.at("12:00").door(FRONT).opens()
    site.at("12:02:30").door(FRONT).shuts()
    site.door(BACK).loses_radio()
    site.at("12:05:50").door(BACK).opens()
    for start, end in (("12:06", "12:06:05"), ("12:07", "12:07:05")):
        site.at(start).door(WINDOW).opens()
        site.at(end).door(WINDOW).shuts()
    site.at("12:07:20").door(BACK).shuts()
    site.want(between("12:02", "12:02:10"), page(warden, why="permit overstayed", door=FRONT))
    site.want(between("12:07", "12:07:10"), page(warden, why="no permit", door=FRONT))
    site.at("12:08").door(BACK).gets_radio()
    site.at("12:08:10")
    assert {about.reason for about in site.open_cases().values()} == {Reason.PERMIT_OVERSTAYED}


def test_an_old_breach_that_was_answered_keeps_no_new_case_open(site: Site) -> None:
    site.at("09:00").door(WINDOW).opens()
    site.at("09:00:20").door(WINDOW).shuts()
    site.at("09:01").person("Wang", WINDOW).acknowledges()
    site.at("09:02").person("Wang", WINDOW).is_there()
    site.at("09:03").person("Wang", WINDOW).reports("in_order")
    assert not site.open_cases()
    site.at("11:30").door(FRONT).may_open("11:30", "12:30")
    site.door(FRONT).loses_radio()
    site.at("12:00").door(FRONT).opens()
    site.at("12:00:02").door(BACK).opens()
    site.at("12:00:04").door(BACK).shuts()
    site.at("12:01:30").door(BACK).opens()  # for all that is known, a second time
    site.at("12:01:40").door(BACK).shuts()
    site.at("12:02:10").door(FRONT).shuts()
    site.at("12:03").door(FRONT).gets_radio()
    site.want(between("12:03", "12:03:05"), case("closed", why="opened beside", door=BACK))


def test_where_one_of_two_cases_ends_the_third_contact_knows_the_other(site: Site) -> None:
    """Tampering stays each seal's own; what opens elsewhere joins a case that is still open."""
    site.at("12:00").door(FRONT).cover(off=True)
    site.at("12:01").door(BACK).cover(off=True)
    assert set(site.open_cases()) == {FRONT, BACK}
    for door_id in (BACK, FRONT):
        site.door(door_id).cover(off=False)
    site.at("12:02").person("Wang", BACK).acknowledges()
    site.at("12:03").person("Wang", BACK).is_there()
    site.at("12:04").person("Wang", BACK).reports("in_order")
    assert set(site.open_cases()) == {FRONT}
    site.at("12:10").door(WINDOW).opens()
    site.at("12:10:05")
    assert named(site) == {FRONT, WINDOW}


def test_a_contact_that_is_hung_while_another_stands_open_is_part_of_that() -> None:
    site = Site(FRONT, BACK, WINDOW, households=((FRONT, BACK),))
    site.at("11:30").door(FRONT).may_open("11:30", "12:30")
    site.at("12:00").door(FRONT).opens()
    site.tell(FRONT, DoorPlaced("g", (), "", (BACK, WINDOW)))
    site.tell(BACK, DoorPlaced("g", (), FRONT, (FRONT, WINDOW)))
    site.tell(WINDOW, DoorPlaced("g", (), FRONT, (FRONT, BACK)))
    site.at("12:00:10").door(WINDOW).opens()
    site.at("12:00:20").door(WINDOW).shuts()
    site.at("12:00:30").door(FRONT).shuts()
    site.want(between("12:00", "12:10"), nobody())
    assert {door.openings_beside for door in site.doors.values()} == {
        site.doors[FRONT].openings_beside
    }
    assert [permit.openings for permit in site.doors[WINDOW].permits] == [0]


def test_after_what_joined_it_proves_lawful_a_visit_s_case_is_about_the_visit_again(
    site: Site,
) -> None:
    """An installer left the front door open; the household goes in and out by the others, as it has
    announced, and the first of these openings is heard of late."""
    times = site.time("11:00"), site.time("11:30")
    site.at("11:00").tell(FRONT, VisitAnnounced(Visit("v", f"seal-{FRONT}", *times, "~zhou")))
    site.at("11:10").door(FRONT).opens()
    site.at("11:40").door(WINDOW).may_open("11:40", "11:45")
    site.door(WINDOW).loses_radio()
    site.at("11:44:30").door(WINDOW).opens()
    site.at("11:45").door(BACK).opens()
    about = site.doors[FRONT].case
    assert about is not None
    assert about.reason is Reason.NO_PERMIT
    site.at("11:46").door(WINDOW).gets_radio()
    site.door(WINDOW).speaks()
    about = site.doors[FRONT].case
    assert about is not None
    assert (about.reason, about.case_id) == (Reason.VISIT_OVERSTAYED, f"seal-{FRONT}-1-overstay")


def test_what_goes_on_after_it_was_judged_anew_is_told_when_it_lasts_too_long(site: Site) -> None:
    """It had shut, and was found to be part of an earlier opening; then its seal tells that it had
    opened again within a second, and has stood open since."""
    site.at("11:30").door(FRONT).may_open("11:30", "12:30", longest_min=10)
    site.door(WINDOW).loses_radio()
    site.at("11:59:50").door(WINDOW).opens()
    site.at("12:00").door(FRONT).opens()
    site.at("12:01").door(FRONT).shuts()
    site.door(FRONT).loses_radio()
    site.at("12:01:01").door(FRONT).opens()
    site.at("12:01:30").door(WINDOW).shuts()
    site.at("12:02").door(WINDOW).gets_radio()
    assert site.doors[FRONT].ended is not None
    assert site.doors[FRONT].ended.beside == f"seal-{WINDOW}-1"
    site.at("12:03").door(FRONT).gets_radio()
    site.want(between("12:02", "12:09:49"), nobody())
    site.want(between("12:09:49", "12:10"), page(warden, why="permit overstayed", door=FRONT))
