"""Stories of doors that stood open, or had been tampered with, before their orders began."""

from tests.core.actors import Seal
from tests.core.timeline import Site, between, nobody, opening, page, warden


def test_a_door_that_stands_open_when_its_order_begins_is_told_in_the_end() -> None:
    """The opening is recorded only; that it goes on under the order is what needs a person."""
    site = Site("3-201", "3-202", ordered=False)
    for door_id in ("3-201", "3-202"):
        site.at("08:00").door(door_id).gets_order("09:00", "day 9 09:00")
    for door_id in ("3-201", "3-202"):
        site.at("08:30").door(door_id).opens()
    site.at("09:05").door("3-202").shuts()
    site.want(between("08:00", "09:09:59"), nobody(), opening("order not begun", times=2))
    site.want(between("09:10", "09:10"), page(warden, why="open too long", door="3-201"))
    site.want(between("09:10", "09:20"), page(warden, door="3-202", times=0))


def test_an_order_that_is_placed_for_an_open_door_gives_it_time_to_shut() -> None:
    site = Site("3-201", "3-202", ordered=False)
    for door_id in ("3-201", "3-202"):
        site.at("08:30").door(door_id).opens()
    for door_id in ("3-201", "3-202"):
        site.at("09:00").door(door_id).gets_order("08:00", "day 9 09:00")
    site.at("09:01").door("3-202").may_open("09:00", "10:00", longest_min=60)
    site.want(between("08:00", "09:09:59"), nobody())
    site.want(between("09:10", "09:10"), page(warden, why="open too long", door="3-201"))
    site.want(between("09:10", "10:09:59"), page(warden, door="3-202", times=0))
    site.want(between("10:10", "10:10"), page(warden, why="permit overstayed", door="3-202"))


def test_a_cover_that_is_open_when_the_order_begins_is_told_in_the_end() -> None:
    site = Site("3-201", "3-202", ordered=False)
    for door_id in ("3-201", "3-202"):
        site.at("08:00").door(door_id).gets_order("09:00", "day 9 09:00")
    for door_id in ("3-201", "3-202"):
        site.at("08:30").door(door_id).cover()
    site.at("09:05").door("3-202").cover(off=False)
    site.want(between("08:00", "09:09:59"), nobody())
    site.want(between("09:10", "09:10"), page(warden, why="cover tamper", door="3-201"))
    site.want(between("09:10", "12:00"), page(warden, door="3-202", times=0))
    open_case = site.case_of("3-201")
    assert open_case is not None
    assert open_case.locked
    assert open_case.since_ms == site.time("09:00")


def test_an_order_that_is_placed_for_a_tampered_door_gives_it_time_to_be_mended() -> None:
    site = Site("3-201", ordered=False)
    site.at("08:30").door("3-201").magnet()
    site.at("09:00").door("3-201").gets_order("08:00", "day 9 09:00")
    site.at("09:04").door("3-201").gets_order("08:00", "day 11 09:00")  # it is prolonged meanwhile
    site.want(between("08:00", "09:09:59"), nobody())
    site.want(between("09:10", "09:10"), page(warden, why="magnet tamper"))


def test_a_second_sign_within_the_grace_time_tells_of_both() -> None:
    site = Site("3-201", ordered=False)
    site.at("08:30").door("3-201").magnet()
    site.at("08:50").door("3-201").gets_order("09:00", "day 9 09:00")
    site.at("09:03").door("3-201").cover()
    site.want(
        between("09:03", "09:03"),
        page(warden, why="cover tamper"),
        page(warden, why="magnet tamper"),
    )
    site.want(between("09:03:01", "09:03:29"), nobody())


def test_signs_that_were_told_are_told_again_under_an_order_of_another_time_only() -> None:
    site = Site("3-201", ordered=False)
    site.at("08:00").door("3-201").gets_order("08:00", "12:00")
    site.at("09:00").door("3-201").cover()
    site.at("09:01").person("Wang", "3-201").is_there()
    site.person("Wang", "3-201").reports("seal_fault")
    site.at("09:02").door("3-201").gets_order("12:00", "15:00", name="prolonged")
    site.at("09:03").door("3-201").gets_order("18:00", "20:00", name="evening")
    site.want(between("09:01", "18:09:59"), nobody())
    site.want(between("18:10", "18:10"), page(warden, why="cover tamper"))


def test_an_order_that_is_taken_back_in_time_tells_of_nothing() -> None:
    site = Site("3-201", ordered=False)
    site.at("08:30").door("3-201").cover()
    site.at("09:00").door("3-201").gets_order("09:00", "day 9 09:00")
    site.at("09:05").door("3-201").gets_order("09:00", "09:05")
    site.want(between("08:00", "12:00"), nobody())


def test_another_seal_has_signs_of_its_own() -> None:
    site = Site("3-201", ordered=False)
    site.at("08:30").door("3-201").cover()
    site.at("09:00").door("3-201").gets_order("09:00", "day 9 09:00")
    site.seals["3-201"] = Seal("another", 100_000)
    site.at("09:05").door("3-201").gets_seal(site.seals["3-201"]).speaks()
    site.want(between("08:00", "12:00"), nobody())
