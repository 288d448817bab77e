"""An outage whose doors are forgotten: whatever explains a silence must exist, or the door is
judged anew."""

from gateway.core.ending_events import NamesForgotten, OrderDestroyed
from gateway.core.reasons import Reason
from tests.core.timeline import SITE, Site, between, page

DOORS = ("1-1", "1-2", "1-3", "1-4")


def dark() -> Site:
    """All four fall silent together at nine, and never speak again."""
    site = Site(*DOORS).at("09:00")
    for door_id in DOORS:
        site.door(door_id).loses_power()
    site.at("09:30")
    (outage,) = site.outages.outages
    assert set(outage.doors) == set(DOORS)
    assert {door.outage for door in site.doors.values()} == {outage.outage_id}
    return site


def forgets(site: Site, *doors: str) -> None:
    for door_id in doors:
        site.door(door_id).gets_order("07:00", "09:31")
        site.live_until(site.time("09:32"))
        site.tell(door_id, OrderDestroyed("order"))
    site.tell(SITE, NamesForgotten(doors, tuple(f"seal-{door_id}" for door_id in doors), ()))


def test_the_next_household_at_a_door_that_was_forgotten_is_told_that_its_seal_is_silent() -> None:
    site = dark()
    forgets(site, *DOORS)
    assert site.outages.outages == ()
    site.at("10:00").door("1-2").gets_order("10:00", "day 9 10:00", name="next")
    site.want(between("10:00", "12:30"), page("installer", Reason.SILENT, "1-2"))
    assert {door_id for door_id, case in site.open_cases().items() if case} == {"1-2"}


def test_one_of_many_that_is_forgotten_is_silent_for_itself_and_the_others_are_not() -> None:
    site = dark()
    forgets(site, "1-1")
    site.at("10:00").door("1-1").gets_order("10:00", "day 9 10:00", name="next")
    site.want(between("10:00", "12:30"), page("installer", Reason.SILENT, "1-1"))
    (outage,) = site.outages.outages
    explained = {door_id for door_id, door in site.doors.items() if door.outage}
    assert explained == {*outage.doors} == {"1-2", "1-3", "1-4"}


def test_the_rest_of_an_outage_half_of_which_is_heard_is_not_explained_for_ever() -> None:
    """Three of four stay silent; two of those are forgotten, and the fourth is heard already."""
    site = dark()
    site.door("1-4").gets_power()
    site.at("09:31")
    forgets(site, "1-1", "1-2")
    site.want(between("09:32", "12:30"), page("installer", Reason.SILENT, "1-3"))
    assert site.outages.outages == () or not site.outages.outages[0].doors
