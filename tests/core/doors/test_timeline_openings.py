"""Timelines of openings, orders, permits and tampering (rules 1 to 5)."""

from gateway.core.effects import OpeningBegan
from gateway.core.events import OrderPlaced
from gateway.core.model import Order, Policy
from tests.core.actors import MINUTE, Seal
from tests.core.timeline import (
    Site,
    between,
    case,
    installer,
    nobody,
    opening,
    page,
    shutting,
    warden,
)

MEALS = ((450, 510), (690, 750), (1050, 1110))  # 07:30, 11:30 and 17:30, an hour each


def test_an_opening_that_nobody_announced_pages_the_warden_at_once() -> None:
    site = Site("3-201", "3-202")
    site.at("08:01").door("3-201").opens()
    site.want(between("08:01", "08:01"), page(warden, why="no permit", door="3-201"))
    site.want(between("08:01", "08:01:29"), opening("no permit"), page(warden))


def test_a_door_that_opened_and_shut_while_nobody_listened_is_an_interval() -> None:
    site = Site("3-201")
    site.at("08:00").door("3-201").loses_radio()
    site.seals["3-201"].spool.clear()
    for time in ("08:02", "08:04"):
        site.at(time).door("3-201").opens().shuts()
        site.seals["3-201"].spool.clear()  # its ring ran over
    site.at("08:05").door("3-201").gets_radio()
    site.want(
        between("08:05", "08:05:29"),
        page(warden, why="opened blind"),
        opening("opened blind"),
        shutting(inferred=True),
    )
    (began,) = [e for _, _, e in site.followed if isinstance(e, OpeningBegan)]
    assert began.edges == 4
    assert (began.opened_ms, began.latest_ms) == (site.time("08:00"), site.time("08:05"))


def test_what_waits_in_a_seal_is_told_with_its_true_time() -> None:
    site = Site("3-201")
    site.at("08:00").door("3-201").loses_radio()
    site.at("08:02").door("3-201").opens()
    site.at("08:03").door("3-201").shuts()
    site.at("08:04").door("3-201").gets_radio()
    site.want(between("08:04", "08:04:29"), page(warden, why="no permit"), shutting())
    (began,) = [e for _, _, e in site.followed if isinstance(e, OpeningBegan)]
    assert began.opened_ms == began.latest_ms == site.time("08:02")


def test_a_restart_of_the_seal_is_no_opening() -> None:
    site = Site("3-201")
    site.at("08:00").door("3-201").loses_power()
    site.at("08:03").door("3-201").gets_power()
    site.want(between("08:00", "09:00"), nobody())


def test_a_restart_of_the_gateway_is_no_opening() -> None:
    """Nothing was heard for a quarter of an hour; then every deadline and every heartbeat at
    once."""
    site = Site("3-201", "3-202", "3-203")
    site.at("08:00")
    site.now_ms += 15 * MINUTE
    site.want(between("08:00", "09:00"), nobody())


def test_a_gateway_that_slept_for_an_hour_blames_no_seal_and_finds_no_outage() -> None:
    """The gateway itself heard nobody: every seal has as long as ever to be heard, from now on."""
    flats = [f"3-{flat}" for flat in range(1, 9)]
    site = Site(*flats, heartbeat_ms=300_000, from_="10:00")
    site.at("10:30").door("3-1").loses_power()
    site.now_ms += 60 * MINUTE
    for seal in site.seals.values():
        seal.next_heartbeat_ms = site.now_ms + 290_000
    site.want(between("10:00", "12:19"), nobody(), case("raised", times=0))
    site.want(between("12:19", "12:21"), page(installer, why="silent", door="3-1"))


def test_a_slammed_door_is_one_opening_and_one_page() -> None:
    site = Site("3-201")
    for second in range(0, 6, 2):
        site.at(f"08:01:0{second}").door("3-201").opens()
        site.at(f"08:01:0{second + 1}").door("3-201").shuts()
    site.want(between("08:01", "08:01:20"), page(warden), opening("no permit"), shutting())


def test_the_third_opening_in_a_minute_is_a_fault_and_a_true_one_later_pages_again() -> None:
    site = Site("3-201")
    site.at("08:00").door("3-201").may_open("08:00", "08:05", openings=9)
    for second in range(0, 50, 5):
        site.at(f"08:01:{second:02}").door("3-201").opens()
        site.at(f"08:01:{second + 3:02}").door("3-201").shuts()
    site.want(between("08:01", "08:06"), page(installer, why="chatter"), page(warden, times=0))
    site.at("08:30").door("3-201").opens()
    site.want(between("08:30", "08:30"), page(warden, why="no permit"))


def test_three_openings_told_together_hours_later_are_no_chatter() -> None:
    """They were hours apart; the seal lost count of the times, so they arrive side by side."""
    site = Site("3-201")
    site.at("08:00").door("3-201").loses_radio()
    for hour in ("09", "10", "11"):
        site.at(f"{hour}:00").door("3-201").opens()
        site.at(f"{hour}:05").door("3-201").shuts()
    site.at("11:30").door("3-201").loses_power()
    site.at("11:31").door("3-201").gets_power()
    site.at("11:40").door("3-201").gets_radio()
    site.want(
        between("11:40", "11:41"),
        opening("no permit", times=3),
        page(installer, why="chatter", times=0),
    )


def test_outside_its_order_a_door_is_recorded_and_never_paged() -> None:
    site = Site("3-201", ordered=False)
    site.at("08:00").door("3-201").gets_order("09:00", "10:00")
    site.at("08:30").door("3-201").opens().cover().cover(off=False)
    site.at("08:31").door("3-201").shuts()
    site.want(between("08:00", "08:59"), nobody(), opening("order not begun"))
    site.at("10:01").door("3-201").opens().magnet()
    site.want(between("10:00", "12:00"), nobody(), opening("order over"))


def test_an_order_that_ends_closes_its_case_with_that_reason() -> None:
    site = Site("3-201", ordered=False)
    site.at("08:00").door("3-201").gets_order("08:00", "09:00")
    site.at("08:59").door("3-201").opens()
    site.want(between("09:00", "09:00"), case("closed", why="order over"))
    site.want(between("09:00", "12:00"), nobody())


def test_an_order_that_is_lifted_for_yesterday_ends_the_case_of_today() -> None:
    site = Site("3-201")
    site.at("08:00").door("3-201").opens()
    start_ms = site.doors["3-201"].orders[0].from_ms
    site.at("08:10").tell("3-201", OrderPlaced(Order("order", start_ms, site.time("07:30"))))
    site.want(between("08:10", "08:10"), case("closed", why="order over"))
    site.want(between("08:11", "12:00"), nobody())


def test_what_is_heard_of_after_the_order_is_recorded_and_never_paged() -> None:
    site = Site("3-201", ordered=False)
    site.at("08:00").door("3-201").gets_order("08:00", "09:00")
    site.at("08:50").door("3-201").loses_radio()
    site.at("08:55").door("3-201").opens()
    site.at("09:05").door("3-201").gets_radio()
    site.want(between("08:00", "12:00"), nobody())


def test_a_permit_that_outlasts_the_order_pages_nobody_after_it() -> None:
    site = Site("3-201", ordered=False)
    site.at("08:00").door("3-201").gets_order("08:00", "09:00")
    site.at("08:00").door("3-201").may_open("08:00", "10:00", longest_min=30)
    site.at("08:50").door("3-201").opens()
    site.want(between("08:00", "12:00"), nobody())


def test_what_the_order_allows_in_a_day_needs_no_permit_and_no_more_than_that() -> None:
    site = Site("3-201", ordered=False)
    policy = Policy(openings_a_day=2, longest_ms=10 * MINUTE)
    site.at("08:00").door("3-201").gets_order("08:00", "day 9 08:00", policy)
    for hour in ("10", "11"):
        site.at(f"{hour}:00").door("3-201").opens()
        site.at(f"{hour}:05").door("3-201").shuts()
    site.want(between("10:00", "11:59"), nobody(), opening("allowance", times=2))
    site.at("12:00").door("3-201").opens()
    site.want(between("12:00", "12:00"), page(warden, why="no permit"))
    site.at("12:01").door("3-201").shuts()
    site.at("day 2 00:01").door("3-201").opens()
    site.want(between("day 2 00:01", "day 2 00:05"), opening("allowance"))
    site.want(between("day 2 00:11", "day 2 00:11"), page(warden, why="open too long"))


def test_who_comes_under_an_order_in_the_afternoon_has_all_that_it_allows() -> None:
    """The household before had used its one opening of the day when it left at noon."""
    site, once = Site("3-201", ordered=False), Policy(openings_a_day=1)
    site.at("08:00").door("3-201").gets_order("08:00", "day 2 12:00", once)
    site.at("08:00").door("3-201").gets_order("day 2 14:00", "day 9 08:00", once, "next")
    for start in ("day 2 10:00", "day 2 15:00"):
        site.at(start).door("3-201").opens()
        site.at(f"{start}:30").door("3-201").shuts()
    site.want(between("day 2 10:00", "day 2 15:59"), nobody(), opening("allowance", times=2))
    site.at("day 2 16:00").door("3-201").opens()
    site.want(between("day 2 16:00", "day 2 16:00"), page(warden, why="no permit"))


def test_quiet_hours_hold_back_all_but_breaches() -> None:
    site = Site("3-201", ordered=False)
    policy = Policy(quiet=((12 * 60, 14 * 60),))
    site.at("08:00").door("3-201").gets_order("08:00", "day 9 08:00", policy)
    site.at("12:00").door("3-201").may_open("12:00", "13:00", openings=5)
    for second in range(0, 50, 10):
        site.at(f"12:10:{second:02}").door("3-201").opens()
        site.at(f"12:10:{second + 5:02}").door("3-201").shuts()
    site.want(between("12:10", "13:59"), nobody())
    site.want(between("14:00", "14:00"), page(installer, why="chatter"))
    site.at("day 2 12:30").door("3-201").opens()
    site.want(between("day 2 12:30", "day 2 12:30"), page(warden, why="no permit"))


def test_an_opening_that_outlasts_its_permit_pages_at_that_moment() -> None:
    site = Site("3-201")
    site.at("08:00").door("3-201").may_open("08:00", "09:00", longest_min=10)
    site.at("08:30").door("3-201").opens()
    site.want(between("08:30", "08:39:59"), nobody())
    site.want(between("08:40", "08:40"), page(warden, why="permit overstayed"))


def test_a_missed_close_is_no_overstay_if_the_seal_comes_back_shut() -> None:
    """The seal lost its power while the door stood open by permit; it was shut meanwhile."""
    site = Site("3-201")
    site.at("08:00").door("3-201").may_open("08:00", "09:00", longest_min=10)
    site.at("08:05").door("3-201").opens()
    site.at("08:06").door("3-201").loses_power()
    site.at("08:07").door("3-201").shuts()
    site.at("08:14").door("3-201").gets_power()
    site.want(between("08:00", "10:00"), nobody(), shutting(inferred=True))


def test_three_meals_a_day_are_one_permit() -> None:
    site = Site("3-201")
    site.at("07:00").door("3-201").may_open("07:00", "day 9 07:00", daily=MEALS)
    for day in ("1", "2", "3"):
        for meal in ("07:35", "11:35", "17:35"):
            site.at(f"day {day} {meal}").door("3-201").opens()
            site.at(f"day {day} {meal}:50").door("3-201").shuts()
    site.want(between("07:00", "day 3 18:00"), nobody(), opening("permit", times=9))
    site.at("day 3 18:01").door("3-201").opens()
    site.want(between("day 3 18:01", "day 3 18:01"), page(warden, why="no permit"))


def test_a_late_announcement_closes_the_case_by_itself_and_says_so() -> None:
    site = Site("3-201")
    site.at("08:01").door("3-201").opens()
    site.at("08:08").door("3-201").may_open("08:00", "09:00", longest_min=20)
    site.want(between("08:08", "08:08"), case("closed", why="announced late"))
    site.want(between("08:08", "08:20:59"), nobody())
    site.want(between("08:21", "08:21"), page(warden, why="permit overstayed"))


def test_tampering_is_locked_until_somebody_was_there() -> None:
    site = Site("3-201")
    site.at("08:01").door("3-201").cover()
    site.want(between("08:01", "08:01"), page(warden, why="cover tamper"))
    wang = site.at("08:02").person("Wang", "3-201")
    wang.acknowledges()
    site.at("08:03").door("3-201").cover(off=False)
    wang.reports("in_order")
    assert site.case_of("3-201") is not None
    site.at("08:10").person("Wang", "3-201").is_there()
    site.at("08:12").person("Wang", "3-201").reports("repaired")
    site.want(between("08:12", "08:12"), case("reported"))


def test_a_tampered_door_that_opened_afterwards_closes_in_the_end() -> None:
    """Mended, opened, shut: what raised the case is over, and signing it off closes it."""
    site = Site("3-201")
    site.at("08:01").door("3-201").cover()
    site.at("08:02").door("3-201").cover(off=False)
    site.at("08:05").door("3-201").opens()
    site.at("08:06").door("3-201").shuts()
    site.at("08:10").person("Wang", "3-201").is_there()
    site.person("Wang", "3-201").reports("repaired")
    site.person("Zhao", "3-201").assesses()
    site.person("Qian", "3-201").signs_off()
    site.want(between("08:10", "08:10"), case("closed"))


def test_a_cover_that_is_mended_at_an_open_door_is_not_the_end_of_it() -> None:
    site = Site("3-201")
    site.at("08:01").door("3-201").cover().opens()
    site.at("08:05").door("3-201").cover(off=False)
    open_case = site.case_of("3-201")
    assert open_case is not None
    assert open_case.cleared_ms is None


def test_a_replaced_seal_closes_nothing_that_it_has_not_seen() -> None:
    site = Site("3-201")
    site.at("08:00").door("3-201").may_open("08:00", "09:00", longest_min=10)
    site.at("08:01").door("3-201").opens()
    site.seals["3-201"] = Seal("another", 100_000)
    site.at("08:05").door("3-201").gets_seal(site.seals["3-201"])
    site.seals["3-201"].boots(site.now_ms)
    site.door("3-201").speaks()
    site.want(between("08:05", "09:30"), nobody())
