"""F1: open without a known beginning, and still open after the grace time, is told, wherever a door
that nobody had seen can be found open."""

from gateway.core.commissioning import Visit
from gateway.core.commissioning_events import VisitAnnounced
from gateway.core.events import ReportCame
from gateway.core.model import Contact, Policy
from tests.core.actors import MINUTE, Seal
from tests.core.timeline import Site, between, case, nobody, opening, page, warden

DOOR = "3-201"


def replaced(site: Site, leaf: Contact = Contact.OPEN) -> Seal:
    """Another seal is hung on the door, whose leaf is as it is."""
    seal = Seal("seal-new", 100_000, leaf)
    site.door(DOOR).gets_seal(seal)
    site.seals[DOOR] = seal
    seal.next_heartbeat_ms = site.now_ms
    return seal


def test_f1_a_replaced_seal_says_open_first_and_open_it_stays() -> None:
    site = Site(DOOR)
    site.at("09:00")
    replaced(site).boots(site.now_ms)
    site.door(DOOR).speaks()
    site.want(between("09:00", "09:09:59"), nobody())
    site.want(
        between("09:10", "09:10"),
        page(warden, why="found open"),
        opening("found open"),
        case("raised", why="found open"),
    )
    site.at("09:20").door(DOOR).shuts()
    found = site.at("09:21").case_of(DOOR)
    assert found is not None
    assert found.cleared_ms is not None


def test_f1_a_heartbeat_that_says_open_first_is_as_good() -> None:
    site = Site(DOOR)
    site.at("09:00")
    replaced(site)
    site.want(between("09:00", "09:10"), page(warden, why="found open"))


def test_f1_shut_within_the_grace_time_is_nobodys_matter() -> None:
    site = Site(DOOR)
    site.at("09:00")
    replaced(site)
    site.at("09:05").door(DOOR).shuts()
    site.want(between("09:00", "12:00"), nobody())
    site.at("13:00").door(DOOR).opens()
    site.want(between("13:00", "13:00"), page(warden, why="no permit"))


def test_f1_the_order_begins_on_a_door_that_was_only_ever_seen_open() -> None:
    site = Site(ordered=False)
    site.seals[DOOR] = Seal("seal-1", 100_000, Contact.OPEN)
    site.door(DOOR).gets_seal(site.seals[DOOR])
    site.at("10:00").door(DOOR).gets_order("12:00", "day 9 12:00")
    site.want(between("07:00", "12:09:59"), nobody())
    site.want(between("12:10", "12:10"), page(warden, why="found open"))


def test_f1_an_order_that_lets_doors_stand_open_for_longer_is_heeded() -> None:
    site = Site(ordered=False)
    site.seals[DOOR] = Seal("seal-1", 100_000, Contact.OPEN)
    site.door(DOOR).gets_seal(site.seals[DOOR])
    policy = Policy(longest_ms=30 * MINUTE)
    site.at("08:00").door(DOOR).gets_order("08:00", "day 9 12:00", policy)
    site.want(between("08:00", "08:29:59"), nobody())
    site.want(between("08:30", "08:30"), page(warden, why="found open"))


def test_f1_a_permit_explains_it_and_its_end_is_told() -> None:
    site = Site(DOOR)
    site.at("09:00")
    replaced(site)
    site.door(DOOR).may_open("08:30", "10:00", longest_min=20)
    site.want(between("09:00", "09:29"), nobody(), opening("permit"))
    site.want(between("09:29", "09:30"), page(warden, why="permit overstayed", times=None))


def test_f1_open_without_an_edge_after_shut_is_told_too() -> None:
    """A heartbeat says open, and the counter has not moved: one of them is wrong."""
    site = Site(DOOR)
    site.at("09:00").seals[DOOR].leaf = Contact.OPEN
    site.want(between("09:00", "09:12"), page(warden, why="found open"))


def test_f1_before_the_first_order_and_after_the_last_nobody_is_told() -> None:
    site = Site(ordered=False)
    site.seals[DOOR] = Seal("seal-1", 100_000, Contact.OPEN)
    site.door(DOOR).gets_seal(site.seals[DOOR])
    site.at("08:00").door(DOOR).gets_order("08:01", "08:05")
    site.want(between("07:00", "day 2 08:00"), nobody())


def test_f1_a_seal_that_is_silent_meanwhile_is_a_matter_of_its_silence() -> None:
    site = Site(DOOR)
    site.at("09:00")
    replaced(site)
    site.at("09:02").door(DOOR).loses_power()
    site.want(between("09:02", "09:35"), page(warden, why="found open", times=0))
    site.want(between("09:35", "10:00"), page(warden, why="silent open", times=None))


def test_f1_a_canary_and_a_report_of_an_older_seal_change_nothing() -> None:
    site = Site(DOOR)
    site.at("09:00")
    replaced(site, Contact.SHUT)
    old = ReportCame("seal-3-201", 0, Contact.OPEN, 7, edge=False)
    site.at("09:01").door(DOOR).says(old)
    site.want(between("09:00", "10:00"), nobody())


def test_f1_while_somebody_works_there_it_waits_until_they_have_gone() -> None:
    site = Site(DOOR)
    site.at("09:00")
    seal = replaced(site)
    times = site.time("09:00"), site.time("09:20")
    site.tell(DOOR, VisitAnnounced(Visit("v", seal.seal_id, *times, "Li")))
    site.want(between("09:00", "09:19:59"), nobody())
    found = site.doors[DOOR].found_open
    assert found is not None
    assert found.told_ms is None
    site.want(between("09:20", "09:30"), page(warden, why="found open"))
