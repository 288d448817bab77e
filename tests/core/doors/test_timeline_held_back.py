"""A copy shows that a report was held back: judged again by its time, at one contact and at two."""

from dataclasses import dataclass

import pytest

from gateway.core.commissioning import Visit
from gateway.core.commissioning_events import VisitAnnounced
from gateway.core.effects import CaseMoved, PageDue
from gateway.core.events import ReportHeld
from gateway.core.model import Policy
from gateway.core.reasons import Reason
from tests.core.timeline import Site

FRONT, BACK = "1-101", "1-101-back"


@dataclass
class Held:
    """A household whose front door opened, and whose seal's first report came late."""

    site: Site
    is_shut: bool

    def opens(self, at: str, shuts: str) -> None:
        self.site.at(at).door(FRONT).opens()
        if self.is_shut:
            self.site.at(shuts).door(FRONT).shuts()

    def held(self, now: str, edge: str) -> None:
        """A copy that comes now shows that the edge was no later than this."""
        door = self.site.at(now).doors[FRONT]
        opening = door.opening or door.ended
        assert opening is not None
        seal_id, seq = opening.opening_id.rsplit("-", 1)
        self.site.tell(FRONT, ReportHeld(seal_id, int(seq), self.site.time(edge)))

    @property
    def was(self) -> Reason | None:
        opening = self.site.doors[FRONT].opening or self.site.doors[FRONT].ended
        return None if opening is None else opening.reason

    def told(self) -> list[Reason]:
        return [e.reason for _, _, e in self.site.followed if isinstance(e, PageDue)]

    def outcomes(self) -> list[object]:
        moved = [e.case for _, _, e in self.site.followed if isinstance(e, CaseMoved)]
        return [case.outcome for case in moved if case.outcome is not None]

    def left(self) -> list[int]:
        """Of each permit; both contacts know the same."""
        beside = self.site.doors[FRONT].beside
        for door_id in beside:
            assert self.site.left(door_id) == self.site.left(FRONT)
        return self.site.left(FRONT)


@pytest.fixture(params=[(False, False), (False, True), (True, False), (True, True)])
def home(request: pytest.FixtureRequest) -> Held:
    two, is_shut = request.param
    households = ((FRONT, BACK),) if two else ()
    return Held(Site(FRONT, BACK, households=households), is_shut)


def test_before_its_permit_began_it_is_a_breach_and_takes_nothing(home: Held) -> None:
    home.site.at("12:04").door(FRONT).may_open("12:05", "13:00", openings=2)
    home.opens("12:10", shuts="12:10:20")
    assert (home.was, home.left()) == (Reason.PERMIT, [1])
    home.held("12:11", edge="12:03")
    assert (home.was, home.left(), home.told()) == (Reason.NO_PERMIT, [2], [Reason.NO_PERMIT])
    case = home.site.open_cases()[FRONT]
    assert (case.since_ms, case.cleared_ms is not None) == (home.site.time("12:03"), home.is_shut)
    if not home.is_shut:
        home.site.at("12:12").door(FRONT).shuts()
    other = home.site.doors[FRONT].beside or (FRONT,)
    for start, left in (("12:20", 1), ("12:30", 0)):
        home.site.at(start).door(other[0]).opens()
        home.site.at(f"{start}:20").door(other[0]).shuts()
        assert home.left() == [left]
    case = home.site.open_cases()[FRONT]
    assert (case.openings, case.contacts) == (1, ()), "two were left, whichever the door"


def test_before_its_permit_ended_it_was_lawful_after_all_and_its_case_ends(home: Held) -> None:
    home.site.at("11:50").door(FRONT).may_open("12:00", "12:05", openings=2)
    home.opens("12:10", shuts="12:10:20")
    assert home.told() == [Reason.NO_PERMIT]
    home.held("12:11", edge="12:03")
    assert (home.was, home.left(), home.outcomes()) == (
        Reason.PERMIT,
        [1],
        [Reason.PROVED_LAWFUL],
    )
    assert not home.site.open_cases()


def test_on_the_day_before_it_takes_of_what_was_allowed_on_that_day(home: Held) -> None:
    policy = Policy(openings_a_day=1)
    home.site.at("09:00").door(FRONT).gets_order("08:00", "day 5 08:00", policy)
    home.site.at("10:00").door(FRONT).opens()
    home.site.at("10:00:30").door(FRONT).shuts()
    home.opens("day 2 00:02", shuts="day 2 00:02:20")
    assert home.was is Reason.ALLOWANCE
    home.held("day 2 00:03", edge="23:58")
    if home.site.doors[FRONT].beside:
        assert (home.was, home.told()) == (Reason.NO_PERMIT, [Reason.NO_PERMIT])
    else:  # a contact by itself keeps the count of one day; doubt speaks for who lives there
        assert (home.was, home.told()) == (Reason.ALLOWANCE, [])
    if not home.is_shut:
        home.site.at("day 2 00:04").door(FRONT).shuts()
    home.site.at("day 2 09:00").door(FRONT).opens()
    assert home.was is Reason.ALLOWANCE, "this day's was not used"


def test_before_a_visit_began_it_was_nobodys_work(home: Held) -> None:
    times = home.site.time("12:05"), home.site.time("13:00")
    visit = Visit("v", home.site.seals[FRONT].seal_id, *times, "Chen")
    home.site.at("12:04").tell(FRONT, VisitAnnounced(visit))
    home.opens("12:10", shuts="12:10:20")
    assert home.was is Reason.VISIT
    home.held("12:11", edge="12:03")
    assert (home.was, home.told()) == (Reason.NO_PERMIT, [Reason.NO_PERMIT])


def test_before_its_order_began_it_is_nobodys_matter(home: Held) -> None:
    households = ((FRONT, BACK),) if home.site.doors[FRONT].beside else ()
    fresh = Held(Site(FRONT, BACK, ordered=False, households=households), home.is_shut)
    fresh.site.door(FRONT).gets_order("12:04", "day 5 08:00")
    fresh.site.door(FRONT).may_open("12:05", "13:00", openings=2)
    fresh.opens("12:10", shuts="12:10:20")
    fresh.held("12:11", edge="12:03")
    assert (fresh.was, fresh.left(), fresh.told()) == (Reason.ORDER_NOT_BEGUN, [2], [])


def test_what_it_was_by_both_times_it_stays(home: Held) -> None:
    home.site.at("11:50").door(FRONT).may_open("12:00", "13:00", openings=2)
    home.opens("12:10", shuts="12:10:20")
    home.held("12:11", edge="12:03")
    assert (home.was, home.left(), home.told()) == (Reason.PERMIT, [1], [])
    opening = home.site.doors[FRONT].opening or home.site.doors[FRONT].ended
    assert opening is not None
    assert opening.opened_ms == home.site.time("12:03")
