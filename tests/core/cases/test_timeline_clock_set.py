"""The clock is set by hours: what is due by the clock on the wall is due by the right one."""

import pytest

from gateway.core.events import ClockCorrected, StaffSet
from gateway.core.model import Case, CaseState
from gateway.core.paging import person, staff
from gateway.core.paging.person import SinglePage
from gateway.core.paging.schedule import Role, Shift
from gateway.core.paging.staff import Member
from gateway.core.reasons import Reason
from gateway.core.rules import Rules
from tests.core.actors import HOUR, MINUTE
from tests.core.peopled_site import PeopledSite
from tests.core.timeline import SITE, subject_of

DOOR = "1-1"
TEAM = {
    "chen": Member("g", Role.WARDEN, (1,)),
    "li": Member("g", Role.WARDEN, (2,)),
    "zhao": Member("g", Role.INSTALLER, (3,)),
}
BY_DAY = Shift("g", Role.WARDEN, "chen", 127, 480, 1_080)  # 08:00 to 18:00
# So that nothing else brings a case back, and nobody is told of anybody else.
RULES = Rules(taken_ms=40 * HOUR, daily_test=False)


class Clocked(PeopledSite):
    whose_times = TEAM

    def __init__(self, rules: Rules = RULES) -> None:
        super().__init__(DOOR, rules=rules)
        self.tell(SITE, StaffSet(staff.of(TEAM, [BY_DAY], [])))

    def is_set(self, hours: int) -> "Clocked":
        by_ms = hours * HOUR
        self.now_ms += by_ms
        for seal in self.seals.values():
            seal.next_heartbeat_ms += by_ms
        self.tell(SITE, ClockCorrected(by_ms))
        for place in self.due:
            self.due[place] = self.turn.due_ms(subject_of(place))
        return self

    @property
    def open(self) -> Case:
        found = self.case_of(DOOR)
        assert found is not None
        return found

    @property
    def told(self) -> int:
        """How often the installer was told of a silent seal."""
        pages = [it.content for it in self.notified if it.warden_id == "zhao"]
        return sum(isinstance(it, SinglePage) and it.page.reason is Reason.SILENT for it in pages)


@pytest.mark.parametrize("hours", [5, -2])
def test_who_has_a_case_has_it_until_their_duty_ends_on_the_right_wall(hours: int) -> None:
    site = Clocked()
    site.at("09:00").door(DOOR).opens()
    site.at("09:01").person("chen", DOOR).acknowledges()
    site.at("12:00")
    site.is_set(hours).at("17:59")
    assert site.open.state is CaseState.ACKNOWLEDGED
    site.at("18:01")
    assert site.open.moved_by is None, "handed over, and told anew"


def test_a_duty_that_has_ended_by_the_right_wall_hands_over_at_once() -> None:
    site = Clocked()
    site.at("09:00").door(DOOR).opens()
    site.at("09:01").person("chen", DOOR).acknowledges()
    site.at("12:00")
    site.is_set(7).at("19:01")
    assert site.open.moved_by is None


def test_who_took_a_case_before_their_duty_by_the_right_wall_has_it_beyond_its_false_end() -> None:
    """By the false clock their duty ended at 18:00; by the right one it has not begun."""
    site = Clocked()
    site.at("09:00").door(DOOR).opens()
    site.at("09:01").person("chen", DOOR).acknowledges()
    site.is_set(-2).at("07:30")
    assert (site.open.hands_over_ms, site.open.state) == (None, CaseState.ACKNOWLEDGED)


def silent(site: Clocked, *, since: str, found: str) -> None:
    """A seal that fell silent; nobody is told before the day."""
    site.at(since).door(DOOR).loses_power()
    site.at(found)
    assert site.open.reason is Reason.SILENT
    assert site.told == 0


def test_a_fault_that_waits_for_the_day_is_told_as_the_right_day_begins() -> None:
    site = Clocked()
    silent(site, since="20:30", found="23:00")
    site.is_set(5).at("day 2 07:59")
    assert site.told == 0
    site.at("day 2 08:01")
    assert site.told == 1


def test_a_fault_that_waited_for_the_day_is_told_at_once_where_it_is_day() -> None:
    site = Clocked()
    silent(site, since="19:50", found="20:50")
    site.is_set(-2).live_until(site.now_ms + MINUTE)
    assert site.told == 1


@pytest.mark.parametrize("hours", [5, -2])
def test_a_fault_beside_a_breach_waits_for_the_right_day_too(hours: int) -> None:
    site = Clocked()
    site.at("19:40").door(DOOR).opens()
    site.at("19:41").person("li", DOOR).acknowledges()
    site.at("19:50").door(DOOR).loses_power()
    site.at("23:00")
    assert [fault.reason for fault in site.open.secondary] == [Reason.SILENT]
    site.is_set(hours).at("day 2 07:59")
    assert site.told == 0
    site.at("day 2 08:01")
    assert site.told == 1


@pytest.mark.parametrize("hours", [5, -2])
def test_the_daily_test_is_at_everybodys_own_minute_of_the_right_wall(hours: int) -> None:
    rules = Rules()
    site = Clocked(rules).is_set(hours)
    for name in TEAM:
        due_ms = site.turn.router.people[name].test_ms
        assert due_ms == person.next_test_ms(name, site.now_ms, rules)


def test_what_waits_for_so_and_so_long_waits_so_long() -> None:
    site = Clocked(Rules())
    site.at("09:00").door(DOOR).opens()
    escalates = site.open.escalation
    assert escalates is not None
    site.is_set(5)
    after = site.open.escalation
    assert after is not None
    assert (after.next_ms, after.began_ms) == (
        escalates.next_ms + 5 * HOUR,
        escalates.began_ms + 5 * HOUR,
    )
