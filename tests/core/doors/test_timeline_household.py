"""Timelines of a household with two contacts: one opening, one permit, one case (faults.md E6)."""

import pytest

from gateway.core.doors.household import OPENINGS_MAX
from gateway.core.effects import OpeningRedated, OrderEnded, PageDue, PermitEnded, PermitSpent
from gateway.core.events import DoorEnded, DoorPlaced
from gateway.core.model import Policy
from gateway.core.rules import Rules
from tests.core.actors import HOUR
from tests.core.timeline import Site, between, case, nobody, opening, page, warden

FRONT, BACK = "1-101", "1-101-back"
NEIGHBOUR = "1-102"


@pytest.fixture
def site() -> Site:
    return Site(FRONT, BACK, NEIGHBOUR, households=((FRONT, BACK),))


def test_one_lunch_through_two_leaves_is_one_permit(site: Site) -> None:
    site.at("11:30").door(FRONT).may_open("11:30", "12:30")
    assert site.left(FRONT) == site.left(BACK) == [1]  # whoever told one told the household
    assert not site.left(NEIGHBOUR)
    site.at("12:00").door(FRONT).opens()
    site.at("12:00:03").door(BACK).opens()
    site.at("12:00:40").door(FRONT).shuts()
    site.at("12:00:42").door(BACK).shuts()
    site.want(between("11:30", "12:10"), opening("permit", FRONT), opening("permit", BACK))
    site.want(between("11:30", "12:20"), nobody())
    assert site.left(FRONT) == site.left(BACK) == [0]
    assert not site.open_cases()


def test_in_by_the_other_door_within_the_off_delay_is_still_one(site: Site) -> None:
    site.at("11:30").door(FRONT).may_open("11:30", "12:30")
    site.at("12:00").door(FRONT).opens()
    site.at("12:00:10").door(FRONT).shuts()
    site.at("12:00:11").door(BACK).opens()
    site.at("12:00:15").door(BACK).shuts()
    site.want(between("11:30", "12:20"), nobody())


def test_a_second_opening_later_needs_a_permit_of_its_own(site: Site) -> None:
    site.at("11:30").door(FRONT).may_open("11:30", "12:30")
    site.at("12:00").door(FRONT).opens()
    site.at("12:00:10").door(FRONT).shuts()
    site.at("12:05").door(BACK).opens()
    site.want(between("12:05", "12:05:05"), page(warden, why="no permit", door=BACK))


def test_two_contacts_without_a_permit_are_one_case_that_names_both(site: Site) -> None:
    site.at("12:00").door(FRONT).opens()
    site.at("12:00:02").door(BACK).opens()
    site.want(between("12:00", "12:00:20"), page(warden, why="no permit", times=1))
    (about,) = site.open_cases().values()
    assert about.contacts == (BACK,)
    site.at("12:01").door(FRONT).shuts()
    site.at("12:02")
    assert site.open_cases()[FRONT].cleared_ms is None  # the back door stands open still
    site.at("12:02:30").door(BACK).shuts()
    site.at("12:03")
    assert site.open_cases()[FRONT].cleared_ms is not None


def test_a_later_breach_at_the_other_contact_joins_the_open_case_and_is_told(site: Site) -> None:
    site.at("12:00").door(FRONT).opens()
    site.at("12:00:20").door(FRONT).shuts()
    site.at("12:20").door(BACK).opens()
    site.want(between("12:20", "12:20:05"), page(warden, why="no permit", door=FRONT))
    assert set(site.open_cases()) == {FRONT}
    assert site.open_cases()[FRONT].openings == 2
    assert site.open_cases()[FRONT].contacts == (BACK,)
    site.at("12:30")
    assert site.open_cases()[FRONT].cleared_ms is None, "the back door stands open"
    site.at("12:31").door(BACK).shuts()
    site.at("12:32")
    assert site.open_cases()[FRONT].cleared_ms == site.time("12:31")


def test_announced_late_ends_the_one_case_whichever_contact_it_is_announced_at(site: Site) -> None:
    site.at("12:00").door(FRONT).opens()
    site.at("12:00:20").door(FRONT).shuts()
    site.at("12:03").door(BACK).may_open("12:00", "12:30")
    site.want(between("12:03", "12:03:01"), case("closed", why="announced late", door=FRONT))
    assert site.left(FRONT) == site.left(BACK) == [0]


def test_one_that_is_announced_late_uses_one_of_several(site: Site) -> None:
    site.at("12:00").door(FRONT).opens()
    site.at("12:00:20").door(FRONT).shuts()
    site.at("12:03").door(BACK).may_open("12:00", "12:30", openings=3)
    assert site.left(FRONT) == site.left(BACK) == [2]
    site.at("12:10").door(BACK).opens()
    assert site.left(FRONT) == site.left(BACK) == [1]


def test_each_meal_of_a_recurring_permit_says_how_much_of_it_is_left(site: Site) -> None:
    meals = {"daily": ((12 * 60, 13 * 60), (17 * 60, 18 * 60)), "permit_id": "meals"}
    site.at("11:00").door(BACK).may_open("11:00", "day 3 08:00", 3, 10, **meals)
    for start in ("12:00", "12:20", "17:00"):
        site.at(start).door(FRONT).opens()
        site.at(f"{start}:20").door(FRONT).shuts()
    spent = [(p, e) for _, p, e in site.followed if isinstance(e, PermitSpent)]
    assert [e.openings_left for place, e in spent if place == FRONT] == [2, 1, 2]
    assert [e.openings_left for place, e in spent if place == BACK] == [2, 1, 2]


def test_a_contact_that_is_placed_anew_knows_the_case_of_who_hangs_beside_it_still(
    site: Site,
) -> None:
    site.at("12:00").door(FRONT).opens()
    site.tell(BACK, DoorPlaced("g", ("building:1", "stair:2"), FRONT, (FRONT,)))
    site.at("12:01").door(FRONT).shuts()
    site.at("12:10").door(BACK).opens()
    assert set(site.open_cases()) == {FRONT}
    site.at("12:11").door(BACK).shuts()
    site.tell(BACK, DoorPlaced("g", ("building:1",)))
    site.at("12:20").door(BACK).opens()
    assert set(site.open_cases()) == {FRONT, BACK}, "it is a household of its own"


def test_what_the_order_allows_in_a_day_is_the_households(site: Site) -> None:
    site.at("09:00").door(FRONT).gets_order("08:00", "day 5 08:00", Policy(openings_a_day=1))
    site.at("10:00").door(FRONT).opens()
    site.at("10:00:30").door(FRONT).shuts()
    site.at("11:00").door(BACK).opens()
    site.want(between("10:00", "10:59"), nobody())
    site.want(between("11:00", "11:00:05"), page(warden, why="no permit", door=BACK))


def test_who_comes_under_an_order_in_the_afternoon_has_all_that_it_allows(site: Site) -> None:
    """What the household before had used of its day is theirs, at whichever of its doors."""
    once = Policy(openings_a_day=1)
    site.at("09:00").door(FRONT).gets_order("08:00", "day 2 12:00", once)
    site.at("09:00").door(FRONT).gets_order("day 2 14:00", "day 5 08:00", once, "next")
    for start, door in (("day 2 10:00", FRONT), ("day 2 15:00", BACK)):
        site.at(start).door(door).opens()
        site.at(f"{start}:30").door(door).shuts()
    site.want(between("day 2 10:00", "day 2 15:59"), nobody())
    site.at("day 2 16:00").door(FRONT).opens()
    site.want(between("day 2 16:00", "day 2 16:00:05"), page(warden, why="no permit", door=FRONT))


def test_a_late_report_of_the_earlier_opening_uses_no_second_permit(site: Site) -> None:
    """The front door's radio is away; its opening comes when the back door's was judged."""
    site.at("11:30").door(FRONT).may_open("11:30", "12:30")
    site.door(FRONT).loses_radio()
    site.at("12:00").door(FRONT).opens()
    site.at("12:00:05").door(BACK).opens()
    site.at("12:00:20").door(BACK).shuts()
    site.at("12:00:22").door(FRONT).shuts()
    site.at("12:03").door(FRONT).gets_radio()
    site.want(between("11:30", "12:10"), nobody())
    assert site.left(FRONT) == site.left(BACK) == [0]


def test_a_late_report_between_two_openings_ends_the_case_of_the_second(site: Site) -> None:
    site.at("11:30").door(FRONT).may_open("11:30", "12:30")
    site.door(FRONT).loses_radio()
    site.at("12:00").door(FRONT).opens()
    site.at("12:00:02").door(BACK).opens()
    site.at("12:00:04").door(BACK).shuts()
    site.at("12:01:30").door(BACK).opens()  # for all that is known, a second time
    site.at("12:01:40").door(BACK).shuts()
    site.want(between("12:01:30", "12:01:50"), page(warden, why="no permit", door=BACK))
    site.at("12:02:10").door(FRONT).shuts()
    site.at("12:03").door(FRONT).gets_radio()
    site.want(between("12:03", "12:03:05"), case("closed", why="opened beside", door=BACK))
    assert site.left(FRONT) == site.left(BACK) == [0]


def test_a_late_shutting_shows_that_the_second_was_no_part_of_the_first(site: Site) -> None:
    site.at("11:30").door(FRONT).may_open("11:30", "12:30")
    site.at("12:00").door(FRONT).opens()
    site.door(FRONT).loses_radio()
    site.at("12:00:10").door(FRONT).shuts()
    site.at("12:03").door(BACK).opens()  # the front door stands open, for all that is known
    site.at("12:03:10").door(BACK).shuts()
    site.want(between("12:00", "12:04"), nobody())
    site.door(FRONT).gets_radio()
    site.want(between("12:04", "12:04:05"), page(warden, why="no permit", door=BACK))


def test_a_door_left_open_is_no_excuse_for_the_other_for_ever(site: Site) -> None:
    site.at("11:30").door(FRONT).may_open("11:30", "12:30")
    site.at("12:00").door(FRONT).opens()
    site.at("13:00").door(BACK).opens()
    site.want(between("13:00", "13:00:05"), page(warden, why="no permit", door=FRONT))


def test_a_contact_that_ends_takes_the_households_order_from_nobody(site: Site) -> None:
    site.at("12:00").tell(BACK, DoorEnded())
    site.tell(FRONT, DoorPlaced("g", ("building:1",)))
    site.at("12:10").door(FRONT).opens()
    site.want(between("12:10", "12:10:05"), page(warden, why="no permit", door=FRONT))
    assert (site.doors[BACK].beside, site.doors[FRONT].beside) == ((), ())


def test_nobody_is_told_that_an_order_ended_where_only_one_of_its_doors_goes_out_of_use(
    site: Site,
) -> None:
    """Else a household would hear that it is free, and what it announced would end."""
    site.at("11:30").door(FRONT).may_open("11:30", "12:30")
    site.at("12:00").tell(BACK, DoorEnded())
    site.tell(FRONT, DoorPlaced("g", ("building:1",)))
    site.at("12:10").door(FRONT).opens()
    site.at("12:11").door(FRONT).shuts()
    site.want(between("12:00", "12:30"), opening("permit", FRONT))
    site.at("day 2 12:00")
    followed = [effect for _, _, effect in site.followed]
    assert not [e for e in followed if isinstance(e, OrderEnded | PermitEnded | PageDue)]


def test_a_contact_that_comes_later_brings_what_the_household_has() -> None:
    site = Site(FRONT, ordered=True)
    site.at("11:30").door(FRONT).may_open("11:30", "12:30")
    site.tell(FRONT, DoorPlaced("g", (), "", (BACK,)))
    site.tell(BACK, DoorPlaced("g", (), FRONT, (FRONT,)))
    assert site.doors[BACK].orders == site.doors[FRONT].orders
    assert site.left(BACK) == [1]


@pytest.mark.parametrize("order", [(FRONT, BACK), (BACK, FRONT)])
def test_what_the_order_allowed_today_is_used_whichever_door_hears_of_the_other_first(
    order: tuple[str, str],
) -> None:
    site = Site(FRONT, BACK)
    for door in order:
        site.at("09:00").door(door).gets_order("08:00", "day 5 08:00", Policy(openings_a_day=1))
    site.at("10:00").door(FRONT).opens()
    site.at("10:00:30").door(FRONT).shuts()
    beside = {FRONT: ("", (BACK,)), BACK: (FRONT, (FRONT,))}
    for door in order:
        site.at("10:30").tell(door, DoorPlaced("g", (), *beside[door]))
    assert site.doors[FRONT].allowed == site.doors[BACK].allowed != (0, 0)
    site.at("11:00").door(BACK).opens()
    site.want(between("10:00", "10:59"), nobody())
    site.want(between("11:00", "11:00:05"), page(warden, why="no permit", door=BACK))


def test_what_was_part_of_an_opening_stays_so_when_that_is_forgotten(site: Site) -> None:
    """Many days of lunches through both doors: the oldest are forgotten, and nobody is accused."""
    site.at("11:00").door(FRONT).may_open("11:30", "23:59", openings=100)
    for minute in range(OPENINGS_MAX + 3):
        site.at(f"12:{2 * minute:02}:00").door(FRONT).opens()
        site.at(f"12:{2 * minute:02}:01").door(BACK).opens()
        site.at(f"12:{2 * minute:02}:20").door(FRONT).shuts()
        site.at(f"12:{2 * minute:02}:21").door(BACK).shuts()
    site.want(between("11:00", "13:00"), nobody())
    assert site.left(FRONT) == site.left(BACK) == [100 - OPENINGS_MAX - 3]
    assert len(site.doors[BACK].openings_beside) == OPENINGS_MAX


@pytest.mark.parametrize(("until", "why"), [("12:01", "permit"), ("11:59", "no permit")])
def test_one_that_is_older_than_all_that_are_known_is_judged_by_itself(
    site: Site, until: str, why: str
) -> None:
    """Its radio was away while the other door opened as often as is kept, and more."""
    site.at("11:00").door(BACK).may_open("12:01", "23:59", openings=100)
    site.at("11:00").door(FRONT).may_open("11:30", until, openings=1)
    site.door(FRONT).loses_radio()
    site.at("12:00").door(FRONT).opens()
    site.at("12:00:20").door(FRONT).shuts()
    for minute in range(2, 2 * OPENINGS_MAX + 4, 2):
        site.at(f"12:{minute:02}").door(BACK).opens()
        site.at(f"12:{minute:02}:20").door(BACK).shuts()
    site.at("12:50").door(FRONT).gets_radio().speaks()
    site.want(between("12:50", "12:51"), opening(why, FRONT))
    assert set(site.open_cases()) == ({FRONT} if why == "no permit" else set())
    used = [permit.openings for permit in site.doors[BACK].permits if permit.openings < 2]
    assert used == ([0] if why == "permit" else [1]), "both know what is left"
    assert site.doors[FRONT].permits == site.doors[BACK].permits


def test_the_next_meal_excuses_nothing_of_the_day_before(site: Site) -> None:
    meals = {"daily": ((12 * 60, 13 * 60), (17 * 60, 18 * 60)), "permit_id": "meals"}
    site.at("11:00").door(BACK).may_open("11:00", "day 3 08:00", 1, 10, **meals)
    for start in ("12:00", "12:20", "17:00"):
        site.at(start).door(FRONT).opens()
        site.at(f"{start}:20").door(FRONT).shuts()
    site.want(between("12:20", "17:30"), page(warden, why="no permit", door=FRONT, times=None))
    assert site.doors[FRONT].case is not None, "it waits for its answer still"
    assert not [e for _, _, e in site.followed if isinstance(e, OpeningRedated)]


@pytest.mark.parametrize("by", ["its order", "its meals"])
def test_a_breach_stays_one_when_the_lawful_opening_before_it_is_forgotten(by: str) -> None:
    """One opening is lawful, the next is not; days later the first is the oldest that is known."""
    site = Site(FRONT, BACK, households=((FRONT, BACK),), heartbeat_ms=6 * HOUR)
    policy = Policy(openings_a_day=1) if by == "its order" else None
    site.door(FRONT).gets_order("07:00", "day 20 08:00", policy)
    if by == "its meals":
        lunch = {"daily": ((12 * 60, 15 * 60),), "permit_id": "meals"}
        site.door(FRONT).may_open("07:00", "day 20 08:00", 1, 10, **lunch)
    breach = f"seal-{BACK}-1"
    site.at("12:00").door(FRONT).opens()
    site.at("12:00:20").door(FRONT).shuts()
    site.at("13:00").door(BACK).opens()
    site.at("13:00:20").door(BACK).shuts()
    for day in range(2, OPENINGS_MAX + 1):  # with the first of them the window is another
        site.at(f"day {day} 12:00").door(FRONT).opens()
        site.at(f"day {day} 12:00:20").door(FRONT).shuts()
    known = [opening.opening_id for opening in site.doors[BACK].openings_beside]
    assert (known[0], len(known)) == (breach, OPENINGS_MAX)
    about = site.doors[BACK].case
    assert about is not None
    assert about.case_id == breach
    assert not [e for _, _, e in site.followed if isinstance(e, OpeningRedated)]


def test_of_the_rules_it_changes_none_for_a_door_alone() -> None:
    site = Site(NEIGHBOUR, rules=Rules())
    site.at("12:00").door(NEIGHBOUR).opens()
    site.want(between("12:00", "12:00:05"), page(warden, why="no permit", door=NEIGHBOUR))
    assert site.doors[NEIGHBOUR].openings_beside == ()
