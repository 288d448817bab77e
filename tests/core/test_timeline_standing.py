"""Stories of doors that stood open before their orders began."""

from core.timeline import Site, between, nobody, opening, page, warden


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
