"""Who has a case gives it to another, and who reported it takes that back."""

from collections.abc import Sequence

import pytest

from gateway.core.cases.refusal import Refusal
from gateway.core.cases.transitions import Action
from gateway.core.effects import ActionRefused, CaseMoved, PageDue
from gateway.core.events import (
    ArrivalProved,
    CaseAction,
    CaseHandedOver,
    ReportTakenBack,
    StaffSet,
)
from gateway.core.model import Case, CaseState, Contact
from gateway.core.outcome import FALSE_ALARMS, SAYS_SHUT, Outcome
from gateway.core.paging import staff
from gateway.core.paging.person import SinglePage
from gateway.core.paging.schedule import Role, Shift
from gateway.core.paging.staff import Member
from gateway.core.proof import Scan
from gateway.core.rules import Rules
from tests.core.actors import HOUR
from tests.core.peopled_site import PeopledSite
from tests.core.timeline import SITE

DOOR = "1-1"
TEAM = {
    "chen": Member("g", Role.WARDEN, (1,)),
    "li": Member("g", Role.WARDEN, (2,)),
    "xu": Member("g", Role.DEPUTY, (4,)),
    "sun": Member("g", Role.CAPTAIN, (3,)),
    "far": Member("other", Role.WARDEN, (5,)),
}
BY_DAY = [Shift("g", Role.WARDEN, "chen", 127, 480, 1_080)]  # 08:00 to 18:00


class Breach(PeopledSite):
    """A door that opened at 09:00, whose case chen has taken a minute later."""

    def __init__(self, shifts: Sequence[Shift] = (), rules: Rules | None = None) -> None:
        super().__init__(DOOR, rules=rules or Rules())
        self.tell(SITE, StaffSet(staff.of(TEAM, list(shifts), [])))
        self.at("09:00").door(DOOR).opens()
        self.at("09:01").person("chen", DOOR).acknowledges()

    @property
    def open(self) -> Case:
        found = self.case_of(DOOR)
        assert found is not None
        return found

    @property
    def refusal(self) -> Refusal | None:
        """Why the latest act was refused; None if it was not."""
        effect = self.followed[-1][2]
        return effect.refusal if isinstance(effect, ActionRefused) else None

    def told(self, number: int) -> list[str]:
        """Who was told of a case since, in order."""
        since = self.notified[number:]
        return [out.warden_id for out in since if isinstance(out.content, SinglePage)]


def test_a_case_is_handed_to_one_on_duty_who_is_told_at_once_and_has_it_by_answering() -> None:
    site = Breach()
    before = len(site.notified)
    site.at("09:05").person("chen", DOOR).hands_over("li")
    assert (site.open.handed_to, site.open.moved_by) == ("li", None)
    assert site.told(before) == ["li"], "and nobody else yet"
    site.at("09:06").person("li", DOOR).is_on_the_way()
    assert (site.open.state, site.open.handed_to) == (CaseState.ON_THE_WAY, "")
    assert site.open.moved_by is not None
    assert site.open.moved_by.actor_id == "li"
    site.at("09:30")
    assert site.told(before) == ["li"]


def test_who_does_not_answer_is_not_the_last_who_hears_of_it() -> None:
    site = Breach()
    before = len(site.notified)
    site.at("09:05").person("chen", DOOR).hands_over("li")
    site.at("09:06:59")
    assert site.told(before) == ["li"]
    site.at("09:07")  # as long as a deputy is waited for
    assert site.told(before)[1:] == ["chen"], "li was told a moment ago"
    site.at("09:12")
    assert {"xu", "sun"} < set(site.told(before))
    pages = [e for _, _, e in site.followed if isinstance(e, PageDue)]
    assert len({page.case_id for page in pages}) == 1


@pytest.mark.parametrize(
    ("by", "to", "shifts", "refusal"),
    [
        ("chen", "far", (), Refusal.NOT_ON_DUTY),
        ("chen", "nobody", (), Refusal.NOT_ON_DUTY),
        ("chen", "li", BY_DAY, Refusal.NOT_ON_DUTY),
        ("chen", "xu", BY_DAY, None),
        ("chen", "chen", (), Refusal.TAKEN_ALREADY),
        ("li", "xu", (), Refusal.NOT_HOLDER),
        ("centre", "li", (), None),
    ],
)
def test_only_those_on_duty_there_are_named_by_who_has_it_or_the_centre(
    by: str, to: str, shifts: Sequence[Shift], refusal: Refusal | None
) -> None:
    site = Breach(shifts)
    site.at("09:05").person(by, DOOR).hands_over(to)
    assert site.refusal is refusal
    assert site.open.state is (CaseState.RAISED if refusal is None else CaseState.ACKNOWLEDGED)


def test_what_nobody_has_is_not_handed_over() -> None:
    site = Breach()
    site.at("09:31").person("centre", DOOR).hands_over("li")  # it came back half an hour later
    assert (site.open.state, site.refusal) == (CaseState.RAISED, Refusal.NOT_HELD)


def test_the_case_of_an_outage_is_handed_to_those_of_its_doors_grid() -> None:
    doors = ("1-1", "1-2", "1-3", "1-4")
    site = PeopledSite(*doors, rules=Rules())
    site.tell(SITE, StaffSet(staff.of(TEAM | {"zhao": Member("g", Role.INSTALLER, (6,))}, [], [])))
    for door_id in doors:
        site.door(door_id).loses_power()
    site.at("10:00")
    site.person("sun", SITE).acknowledges()
    site.person("sun", SITE).hands_over("far")
    assert isinstance(site.followed[-1][2], ActionRefused)
    site.person("sun", SITE).hands_over("zhao")
    found = site.case_of(SITE)
    assert found is not None
    assert (found.state, found.handed_to) == (CaseState.RAISED, "zhao")


# Taking a report back.


def reported(site: Breach, at: str = "09:10") -> Breach:
    site.at("09:05").person("chen", DOOR).is_there()
    site.at(at).person("chen", DOOR).reports("lawful", note="meal")
    return site


def test_a_mistaken_report_is_taken_back_and_the_case_is_what_it_was_with_its_deadlines() -> None:
    site = reported(Breach(BY_DAY), "09:09")
    assert site.case_of(DOOR) is None
    site.at("09:11").person("chen", DOOR).takes_back()
    case = site.open
    assert (case.state, case.outcome, case.note) == (CaseState.ON_SITE, None, "")
    assert (case.reported_by, case.unreported) == (None, None)
    assert case.returns_ms == site.time("10:05"), "an hour after she was there, as before"
    assert case.hands_over_ms == site.time("18:00")
    site.at("10:05")
    assert site.open.state is CaseState.RAISED, "it comes back when it would have"


@pytest.mark.parametrize(
    ("at", "by", "refusal"),
    [
        ("09:12", "chen", None),
        ("09:12:01", "chen", Refusal.TAKE_BACK_OVER),
        ("09:11", "li", Refusal.NOT_REPORTER),
        ("09:11", "centre", Refusal.NOT_REPORTER),
    ],
)
def test_only_who_reported_takes_it_back_and_only_for_two_minutes(
    at: str, by: str, refusal: Refusal | None
) -> None:
    site = reported(Breach())
    site.at(at).person(by, DOOR).takes_back()
    assert site.refusal is refusal
    assert (site.case_of(DOOR) is None) is (refusal is not None)


def test_what_is_assessed_stands_and_so_does_what_a_new_case_came_after() -> None:
    site = reported(Breach())
    site.person("sun", DOOR).assesses()
    site.person("chen", DOOR).takes_back()
    assert site.refusal is Refusal.ASSESSED_ALREADY
    other = reported(Breach())
    report_id = other.doors[DOOR].in_review[0].case_id
    other.at("09:10:10").door(DOOR).shuts()
    other.at("09:11").door(DOOR).opens()
    person = other.person("chen", DOOR)
    person.case_id = report_id
    person.takes_back()
    assert other.refusal is Refusal.NEW_CASE


@pytest.mark.parametrize(
    ("age_s", "refusal"), [(3_600 - 60, None), (3_600 - 180, Refusal.TAKE_BACK_OVER)]
)
def test_what_a_handheld_did_offline_is_judged_by_when_it_was_done(
    age_s: int, refusal: Refusal | None
) -> None:
    """She reports in the cellar, sees the mistake, and comes up an hour later."""
    site = Breach(rules=Rules(taken_ms=86_400_000))
    site.at("10:10").person("chen", DOOR).ago(3_600_000).reports("lawful")
    site.person("chen", DOOR).ago(age_s * 1_000).takes_back()
    assert site.refusal is refusal


def test_the_log_of_a_case_names_the_action_by_which_it_left_its_way() -> None:
    """So that what a handheld said twice stands there once."""
    site = reported(Breach())
    site.at("09:11").person("chen", DOOR).takes_back()
    site.person("chen", DOOR).proves(Scan(DOOR, "order"))
    site.person("chen", DOOR).hands_over("li")
    steps = [(step.event, step.effects) for step in site.steps]
    named = [
        (type(event), effect.detour.action, effect.detour.action_id == event.action_id)
        for event, effects in steps
        for effect in effects
        if isinstance(effect, CaseMoved) and effect.detour and isinstance(event, CaseAction)
    ]
    assert named == [
        (ReportTakenBack, Action.TAKE_BACK, True),
        (ArrivalProved, Action.PROVE, True),
        (CaseHandedOver, Action.HAND_OVER, True),
    ]


def test_how_long_a_report_may_be_taken_back_is_the_sites_to_set() -> None:
    site = reported(Breach(rules=Rules(take_back_ms=0)))
    site.at("09:10:01").person("chen", DOOR).takes_back()
    assert site.refusal is Refusal.TAKE_BACK_OVER


# What is reported.


@pytest.mark.parametrize("outcome", sorted(SAYS_SHUT))
def test_who_reports_it_shut_while_the_seal_sees_it_open_is_asked_first(outcome: Outcome) -> None:
    site = Breach()
    assert site.door(DOOR).seal.leaf is Contact.OPEN
    site.at("09:05").person("chen", DOOR).reports(outcome)
    assert site.refusal is Refusal.SEAL_SAYS_OPEN
    site.person("chen", DOOR).reports(outcome, despite_seal=True)
    [case] = site.doors[DOOR].in_review
    assert (case.outcome, case.despite_seal) == (outcome, True)


def test_who_reports_all_in_order_while_the_cover_is_off_is_asked_first() -> None:
    site = Breach()
    site.at("09:02").door(DOOR).shuts().cover()
    site.at("09:05").person("chen", DOOR).is_there()
    site.person("chen", DOOR).reports("in_order")
    assert site.refusal is Refusal.SEAL_SAYS_TOUCHED
    site.person("chen", DOOR).reports("tampered")
    assert site.refusal is None


def test_who_hands_it_on_says_to_whom() -> None:
    site = Breach()
    site.at("09:05").person("chen", DOOR).reports("handed_on")
    assert site.refusal is Refusal.NOTE_MISSING
    site.person("chen", DOOR).reports("handed_on", note="the hospital")
    assert site.doors[DOOR].in_review[0].note == "the hospital"
    assert len(FALSE_ALARMS) == 4


def test_who_left_while_the_case_was_put_aside_is_not_waited_for_after_it() -> None:
    site = Breach(rules=Rules(taken_ms=8 * HOUR))
    site.at("09:05").person("chen", DOOR).shelves("10:00", "waits for the locksmith")
    left = {name: member for name, member in TEAM.items() if name != "chen"}
    for time in ("09:10", "09:20"):  # the second is about somebody else
        site.at(time).tell(SITE, StaffSet(staff.of(left, [], [])))
        left = left | {"bo": Member("other", Role.WARDEN, (6,))}
    before = len(site.notified)
    site.at("09:59:59")
    assert site.told(before) == []
    site.at("10:00")
    assert site.told(before) == ["li"]
    assert site.open.moved_by is None


def test_who_is_back_when_the_case_is_has_it_still() -> None:
    site = Breach(rules=Rules(taken_ms=8 * HOUR))
    site.at("09:05").person("chen", DOOR).shelves("10:00", "waits for the locksmith")
    left = {name: member for name, member in TEAM.items() if name != "chen"}
    site.at("09:10").tell(SITE, StaffSet(staff.of(left, [], [])))
    site.at("09:20").tell(SITE, StaffSet(staff.of(TEAM, [], [])))
    before = len(site.notified)
    site.at("11:00")
    assert (site.told(before), site.open.state) == ([], CaseState.ACKNOWLEDGED)


def test_a_case_is_handed_to_who_helps_in_the_place_of_one_whom_nothing_reaches() -> None:
    site = Breach()
    away = {"far": Member("other", Role.INSTALLER, (5,)), "mute": Member("g", Role.INSTALLER)}
    site.tell(SITE, StaffSet(staff.of(TEAM | away, [], [])))
    before = len(site.notified)
    site.at("09:05").person("chen", DOOR).hands_over("far")
    assert (site.refusal, site.told(before)) == (None, ["far"])
