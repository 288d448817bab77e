"""A6: most of a site falls silent, and captain and centre know at once, at any hour."""

from gateway.core.model import CaseState
from gateway.core.rules import Rules
from tests.core.timeline import GATEWAY, Site, between, captain, case, centre, nobody, page

FLATS = ("1-1", "1-2", "2-1", "2-2", "3-1", "3-2")


def dark(*flats: str, at: str = "22:30", site: Site | None = None) -> Site:
    site = site or Site(*FLATS)
    site.at(at)
    for flat in flats:
        site.door(flat).loses_power()
    return site


def test_a6_a_site_that_falls_silent_at_night_is_told_within_minutes_of_being_lost() -> None:
    site = dark(*FLATS)
    site.want(
        between("22:30", "22:40"),
        page(captain, why="watch lost"),
        page(centre, why="watch lost", times=1),
    )
    taken = site.case_of(GATEWAY)
    assert taken is not None
    site.person("Sun", GATEWAY).acknowledges()
    site.want(between("22:41", "23:35"), nobody())


def test_a6_half_of_a_site_in_different_buildings_is_enough_and_a_third_is_not() -> None:
    dark("1-1", "2-1", "3-1").want(between("22:30", "23:00"), page(captain, times=None))
    dark("1-1", "2-1").want(between("22:30", "23:59"), nobody())
    wide = Site(*(f"{n}-1" for n in range(1, 11)))
    dark("1-1", "2-1", "3-1", "4-1", site=wide).want(between("22:30", "23:59"), nobody())


def test_a6_it_is_over_when_most_are_heard_and_does_not_come_and_go() -> None:
    site = dark(*FLATS)
    site.at("22:45")
    site.door("1-1").gets_power()
    site.at("23:00")
    assert site.case_of(GATEWAY) is not None, "five of six are silent still"
    for flat in FLATS[1:]:
        site.door(flat).gets_power()
    site.want(between("23:00", "23:05"), case("closed", why="trouble over", door=GATEWAY))


def test_a6_doors_whose_order_is_over_are_nobodys_loss_and_no_comfort_either() -> None:
    site = Site(*FLATS, ordered=False)
    for flat in FLATS[:3]:
        site.door(flat).gets_order("08:00", "day 9 08:00")
    site.at("09:00")
    dark(*FLATS[3:], at="10:00", site=site)
    site.want(between("10:00", "20:00"), page(captain, why="watch lost", times=0))
    dark(*FLATS[:3], at="20:30", site=site)
    site.want(between("20:30", "20:45"), page(centre, why="watch lost", times=None))


def test_a6_an_order_that_begins_on_a_silent_site_is_told_too() -> None:
    site = Site(*FLATS, ordered=False)
    dark(*FLATS, at="21:00", site=site)
    site.want(between("21:00", "21:59"), nobody())
    for flat in FLATS:
        site.door(flat).gets_order("22:00", "day 9 08:00")
    site.want(between("22:00", "22:15"), page(captain, why="watch lost", times=None))


def test_a6_the_share_and_the_least_number_are_the_sites_to_set() -> None:
    site = Site(*FLATS, rules=Rules(blind_doors=2, blind_percent=30))
    dark("1-1", "2-1", site=site).want(between("22:30", "23:00"), page(captain, times=None))
    case_now = site.case_of(GATEWAY)
    assert case_now is not None
    assert case_now.state is CaseState.RAISED
