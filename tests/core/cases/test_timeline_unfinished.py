"""A11: what was taken and is not finished comes back: to the same person, then up the ladder."""

import pytest

from gateway.core.effects import PageDue
from gateway.core.events import StaffSet
from gateway.core.model import CaseState, Contact
from gateway.core.paging import staff
from gateway.core.paging.person import GroupedPage, SinglePage
from gateway.core.paging.schedule import Override, Role, Shift
from gateway.core.paging.staff import Member
from gateway.core.rules import Rules
from tests.core.peopled_site import PeopledSite
from tests.core.timeline import SITE, Site, between, captain, case, centre, nobody, page, warden

DOOR = "3-201"


def breach(rules: Rules | None = None) -> Site:
    site = Site(DOOR, rules=rules)
    site.at("08:01").door(DOOR).opens()
    return site


def to_one(site: Site) -> list[str]:
    return [e.to for _, _, e in site.followed if isinstance(e, PageDue) and e.to]


def test_a11_i_have_it_and_then_nothing_while_the_door_stands_open_for_thirty_hours() -> None:
    site = breach()
    site.at("08:02").person("wang", DOOR).acknowledges()
    site.want(between("08:02", "08:31:59"), nobody())
    site.want(between("08:32", "08:32"), case("raised", why="no permit"))
    assert to_one(site) == ["wang"], "the same person first"
    site.want(between("08:34", "08:38"), page(warden, times=2), page("deputy"), page(captain))
    site.want(between("08:38", "day 2 14:00"), page(centre, times=None))


def test_a11_there_and_nothing_reported_comes_back_later_and_so_does_what_was_taken_again() -> None:
    site = breach()
    site.at("08:02").person("wang", DOOR).is_there()
    site.want(between("08:02", "09:01:59"), nobody())
    site.want(between("09:02", "09:02"), case("raised"))
    site.person("wang", DOOR).acknowledges()
    site.want(between("09:02:01", "09:31:59"), nobody())
    site.want(between("09:32", "09:32"), case("raised"))
    assert to_one(site) == ["wang", "wang"]


def test_a11_who_goes_on_with_it_hears_nothing() -> None:
    site = breach()
    site.at("08:02").person("wang", DOOR).acknowledges()
    site.at("08:30").person("wang", DOOR).is_there()
    site.at("09:00").person("wang", DOOR).reports("explained")
    site.want(between("08:02", "day 2 07:59"), nobody())


def test_a11_what_is_over_wants_its_report_only_and_is_asked_for_a_day_later() -> None:
    site = breach()
    site.at("08:02").person("wang", DOOR).acknowledges()
    site.at("08:03").door(DOOR).shuts()
    site.want(between("08:02", "day 2 08:02"), nobody())
    site.want(between("day 2 08:02", "day 2 08:04"), case("raised"))


def test_a11_a_taken_fault_has_a_day() -> None:
    site = Site(DOOR, "1-1", "1-2", "1-3", "1-4")
    site.at("09:00").door(DOOR).loses_power()
    site.want(between("09:00", "10:00"), page("installer", why="silent"))
    site.person("zhao", DOOR).acknowledges()
    site.want(between("10:00:01", "day 2 09:59"), nobody())
    site.want(between("day 2 10:00", "day 2 10:00"), case("raised", why="silent"))


def test_a11_a_reported_case_that_nobody_reviews_is_told_by_day_and_again() -> None:
    site = breach()
    site.at("08:02").person("wang", DOOR).acknowledges()
    site.at("21:00").door(DOOR).shuts()
    site.person("wang", DOOR).acknowledges()
    site.at("21:01").person("wang", DOOR).reports("lawful")
    site.want(between("21:02", "day 3 07:59"), nobody())
    site.want(
        between("day 3 08:00", "day 3 08:00"),
        page(captain, why="review waits"),
        page(centre, why="review waits"),
    )
    site.person("sun", DOOR).assesses()
    site.want(between("day 3 08:01", "day 4 07:59"), nobody())
    site.want(between("day 4 08:00", "day 4 08:00"), page(captain, why="review waits"))
    site.person("sun", DOOR).signs_off()
    site.want(between("day 4 08:01", "day 9 08:00"), nobody())


def test_a11_a_shelf_keeps_a_taken_case_and_gives_it_back() -> None:
    site = breach()
    site.at("08:02").person("wang", DOOR).acknowledges()
    site.at("08:03").person("wang", DOOR).shelves("12:00", "the doctor is in")
    site.want(between("08:03", "11:59:59"), nobody())
    site.want(between("12:00", "12:00"), case("raised"))


def test_a11_the_times_are_the_sites_to_set() -> None:
    site = breach(Rules(taken_ms=5 * 60_000))
    site.at("08:02").person("wang", DOOR).acknowledges()
    site.want(between("08:07", "08:07"), case("raised"))


# Staff changes. "chen" is a warden of the grid, "li" another, "sun" its captain.

TEAM = {
    "chen": Member("g", Role.WARDEN, (1,)),
    "li": Member("g", Role.WARDEN, (2,)),
    "sun": Member("g", Role.CAPTAIN, (3,)),
}
BY_DAY = Shift("g", Role.WARDEN, "chen", 127, 480, 1_080)  # 08:00 to 18:00
BY_NIGHT = Shift("g", Role.WARDEN, "li", 127, 1_080, 480)


class Shifts(PeopledSite):
    """One door, whose case chen has taken at 17:50."""

    def __init__(self, shifts: list[Shift], overrides: list[Override] | None = None) -> None:
        super().__init__("1-1", rules=Rules())
        self.team(TEAM, shifts, overrides)
        self.at("17:49").door("1-1").opens()
        self.at("17:50").person("chen", "1-1").acknowledges()

    def team(
        self,
        members: dict[str, Member],
        shifts: list[Shift],
        overrides: list[Override] | None = None,
    ) -> None:
        self.tell(SITE, StaffSet(staff.of(members, shifts, overrides or [])))

    def told_after(self, number: int) -> list[str]:
        """Who was told since, in order."""
        kinds = SinglePage | GroupedPage
        return [out.warden_id for out in self.notified[number:] if isinstance(out.content, kinds)]

    @property
    def state(self) -> CaseState:
        held = self.case_of("1-1")
        assert held is not None
        return held.state


def test_a11_who_ends_a_shift_hands_the_case_to_the_next() -> None:
    site = Shifts([BY_DAY, BY_NIGHT])
    before = len(site.notified)
    site.at("17:59:59")
    assert site.state is CaseState.ACKNOWLEDGED
    site.at("18:00")
    assert site.state is CaseState.RAISED
    assert site.told_after(before) == ["li"], "and not the one who has gone home"


@pytest.mark.parametrize("by", [None, "li"])
def test_a11_who_goes_on_leave_hands_the_case_over(by: str | None) -> None:
    site = Shifts([])
    leave = Override("chen", site.time("18:10"), site.time("day 3 08:00"), by)
    site.team(TEAM, [], [leave])
    before = len(site.notified)
    site.at("18:09:59")
    assert site.state is CaseState.ACKNOWLEDGED
    site.at("18:10")
    assert site.state is CaseState.RAISED
    assert site.told_after(before) == ["li"]


def test_a11_who_leaves_the_staff_leaves_no_case_behind() -> None:
    site = Shifts([])
    before = len(site.notified)
    site.at("17:55").team({name: TEAM[name] for name in ("li", "sun")}, [])
    assert site.state is CaseState.RAISED
    assert site.told_after(before) == ["li"]


def test_a11_another_shift_plan_in_the_middle_takes_effect_at_once() -> None:
    site = Shifts([BY_DAY, BY_NIGHT])
    early = Shift("g", Role.WARDEN, "chen", 127, 480, 1_000)  # to 16:40: it is over already
    site.at("17:55").team(TEAM, [early, BY_NIGHT])
    assert site.state is CaseState.RAISED


def test_a11_a_longer_shift_takes_the_end_back_and_a_new_warden_changes_nothing() -> None:
    site = Shifts([BY_DAY, BY_NIGHT])
    longer = Shift("g", Role.WARDEN, "chen", 127, 480, 1_200)  # to 20:00
    site.at("17:55").team(TEAM | {"xu": Member("g", Role.DEPUTY, (9,))}, [longer, BY_NIGHT])
    site.at("18:05")
    assert site.state is CaseState.ACKNOWLEDGED
    site.at("18:19:59")
    assert site.state is CaseState.ACKNOWLEDGED
    site.at("18:20")  # half an hour after it was taken
    assert site.state is CaseState.RAISED


def test_a11_who_helps_off_duty_keeps_the_case() -> None:
    site = Shifts([BY_NIGHT, Shift("g", Role.WARDEN, "chen", 127, 0, 60)])
    site.at("18:10")
    assert site.state is CaseState.ACKNOWLEDGED
    assert site.door("1-1").seal.leaf is Contact.OPEN
