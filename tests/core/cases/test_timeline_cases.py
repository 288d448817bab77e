"""Timelines of cases and their escalation (rules 9 and 10)."""

import pytest

from gateway.core.cases.case import IN_REVIEW_MAX
from gateway.core.effects import CaseMoved
from gateway.core.events import PageReceived
from gateway.core.model import CaseState
from gateway.core.rules import Rules
from tests.core.timeline import (
    Site,
    between,
    captain,
    case,
    centre,
    deputy,
    installer,
    nobody,
    page,
    warden,
)

DOOR = "3-201"


def breach() -> Site:
    site = Site(DOOR)
    site.at("08:01").door(DOOR).opens()
    return site


def test_nobody_answers_and_the_next_is_told_and_then_round_again_for_ever() -> None:
    site = breach()
    site.want(between("08:01", "08:01"), page(warden))
    site.want(between("08:01:01", "08:01:30"), page(warden))  # by his other channels
    site.want(between("08:01:31", "08:03"), page(deputy))
    site.want(between("08:03:01", "08:05"), page(captain))
    site.want(between("08:05:01", "08:07"), page(centre))
    site.want(between("08:07:01", "08:09"), page(warden))
    site.want(between("08:09", "day 2 08:09"), page(centre, times=180))
    pages = [(site.told(p)[1], p.page_id) for p in site.pages()[:6]]
    assert [ways for ways, _ in pages] == ["first", "other", "all", "all", "all", "first"]
    assert len({page_id for _, page_id in pages[:5]}) == 1  # one page, in many hands
    assert pages[5][1] != pages[0][1]  # and a new round rings anew


@pytest.mark.parametrize("when", ["08:01:10", "08:02", "08:04:59", "08:08:59", "08:31:01"])
def test_an_acknowledgement_at_any_moment_is_the_last_that_anybody_hears(when: str) -> None:
    """As long as who took it goes on with it (test_timeline_unfinished.py)."""
    site = breach()
    site.at(when).person("Wang", DOOR).acknowledges()
    site.want(between(when, when), case("acknowledged"))
    until = site.now_ms + Rules().taken_ms - 1
    before = len(site.pages())
    site.live_until(until)
    assert len(site.pages()) == before


def test_a_receipt_spares_the_wardens_other_channels_and_nobody_else() -> None:
    site = breach()
    site.at("08:01:05").person("Wang", DOOR).receives()
    site.want(between("08:01:05", "08:02:59"), nobody())
    site.want(between("08:03", "08:03"), page(deputy))


def test_a_receipt_of_the_round_before_proves_nothing_about_this_one() -> None:
    site = breach()
    first = site.pages()[0]
    site.at("08:09:05").tell(DOOR, PageReceived(first.case_id, first.page_id, "Wang"))
    site.want(between("08:09:05", "08:09:30"), page(warden))


def test_a_second_opening_pages_again_whoever_has_the_case() -> None:
    site = breach()
    site.at("08:02").person("Wang", DOOR).acknowledges()
    site.at("08:03").door(DOOR).shuts()
    site.at("08:04").door(DOOR).opens()
    site.want(between("08:04", "08:04"), page(warden, why="no permit"), case("raised"))
    assert len({p.case_id for p in site.pages()}) == 1


def test_what_is_over_must_still_be_acknowledged() -> None:
    """Returned, unacknowledged (ISA-18.2): it opened for two seconds, and that matters."""
    site = breach()
    site.at("08:01:02").door(DOOR).shuts()
    site.want(between("08:01", "08:10"), page(deputy), page(centre))
    open_case = site.case_of(DOOR)
    assert open_case is not None
    assert (open_case.state, open_case.cleared_ms) == (CaseState.RAISED, site.time("08:01:04"))
    site.person("Wang", DOOR).acknowledges()
    site.want(between("08:10", "09:00"), nobody())


def test_a_case_is_shelved_with_name_reason_and_end_and_comes_back_by_itself() -> None:
    site = breach()
    site.at("08:02").person("Wang", DOOR).shelves("09:00", "the doctor is in")
    site.want(between("08:02", "08:59:59"), nobody())
    site.want(between("09:00", "09:00"), page(warden, why="no permit"))


def test_no_case_is_shelved_for_longer_than_a_shift_and_no_tampering_at_all() -> None:
    site = breach()
    site.at("08:02").person("Wang", DOOR).shelves("day 3 08:00", "holidays")
    site.want(between("08:02", "16:01:59"), nobody())
    site.want(between("16:02", "16:02"), page(warden))
    site.door(DOOR).magnet()
    site.at("16:03").person("Wang", DOOR).shelves("17:00", "seems odd")
    site.want(between("16:03", "16:05"), page(deputy))


def test_a_breach_takes_a_case_off_the_shelf() -> None:
    site = breach()
    site.at("08:02").person("Wang", DOOR).shelves("12:00", "the doctor is in")
    site.at("08:03").door(DOOR).shuts()
    site.at("08:10").door(DOOR).opens()
    site.want(between("08:10", "08:10"), page(warden, why="no permit"))


def test_who_reported_does_not_assess_and_a_case_goes_round_the_loop() -> None:
    site = breach()
    site.at("08:02").person("Wang", DOOR).acknowledges()
    site.at("08:04").person("Wang", DOOR).is_there()
    site.at("08:05").door(DOOR).shuts()
    site.at("08:06").person("Wang", DOOR).reports("explained")
    site.at("09:00").person("Wang", DOOR).assesses()
    site.want(between("09:00", "09:00"), case("assessed", times=0))
    site.at("09:01").person("Zhao", DOOR).assesses()
    site.at("09:02").person("Wang", DOOR).signs_off()
    site.at("09:03").person("Qian", DOOR).signs_off()
    site.want(between("09:02", "09:03"), case("signed off", times=1), case("closed", times=1))
    states = [e.case.state for _, _, e in site.followed if isinstance(e, CaseMoved)]
    order = list(CaseState)
    assert [order.index(state) for state in states] == sorted(map(order.index, states))


def test_what_happens_after_the_report_is_a_new_case_that_refers_to_the_old() -> None:
    site = breach()
    site.person("Wang", DOOR).is_there()
    site.person("Wang", DOOR).reports("explained")
    site.at("08:30").door(DOOR).shuts()
    site.at("08:31").door(DOOR).opens()
    site.want(between("08:31", "08:31"), page(warden))
    open_case, in_review = site.case_of(DOOR), site.doors[DOOR].in_review
    assert open_case is not None
    assert open_case.refers_to == in_review[0].case_id != open_case.case_id


def test_a_site_that_wants_no_signing_off_closes_with_the_report() -> None:
    site = Site(DOOR, rules=Rules(sign_off=False))
    site.at("08:01").door(DOOR).opens()
    site.at("08:02").door(DOOR).shuts()
    site.at("08:10").person("Wang", DOOR).is_there()
    site.person("Wang", DOOR).reports("explained")
    site.want(between("08:10", "08:10"), case("closed"))


def test_a_fault_beside_a_breach_leaves_the_breach_to_who_has_it() -> None:
    site = breach()
    for second in range(5, 45, 10):
        site.at(f"08:01:{second:02}").door(DOOR).shuts()
        site.at(f"08:01:{second + 5:02}").door(DOOR).opens()
    site.want(between("08:01", "08:02"), page(installer, why="chatter"))
    open_case = site.case_of(DOOR)
    assert open_case is not None
    assert open_case.reason == "no_permit"


def chatters_by_night(rules: Rules) -> Site:
    """A breach, and a contact at fault beside it, at eleven in the evening."""
    site = Site(DOOR, rules=rules)
    for second in range(0, 40, 10):
        site.at(f"23:00:{second:02}").door(DOOR).opens()
        site.at(f"23:00:{second + 5:02}").door(DOOR).shuts()
    site.want(between("23:00", "23:10"), page(installer, times=0), page(warden, times=None))
    site.at("23:10").person("Wang", DOOR).is_there()
    return site


@pytest.mark.parametrize("settle_ms", [300_000, 12 * 3_600_000], ids=["settles", "goes on"])
def test_a_fault_beside_a_breach_is_told_by_day_too(settle_ms: int) -> None:
    site = chatters_by_night(Rules(settle_ms=settle_ms))
    site.want(between("23:10", "day 2 07:59:59"), page(installer, times=0))
    site.want(between("day 2 08:00", "day 2 08:00"), page(installer, why="chatter"))
    site.want(between("day 2 08:00:01", "day 2 10:59"), nobody())


@pytest.mark.parametrize("settle_ms", [300_000, 12 * 3_600_000], ids=["settles", "goes on"])
def test_a_fault_that_nobody_was_told_of_outlives_the_breach_beside_it(settle_ms: int) -> None:
    site = chatters_by_night(Rules(settle_ms=settle_ms))
    site.at("23:30").person("Wang", DOOR).reports("explained")
    open_case = site.case_of(DOOR)
    assert open_case is not None
    assert (open_case.reason, open_case.cleared_ms is not None) == ("chatter", settle_ms == 300_000)
    site.want(between("23:10", "day 2 07:59:59"), page(installer, times=0))
    site.want(between("day 2 08:00", "day 2 08:00"), page(installer, why="chatter"))


def test_a_door_whose_reports_nobody_assesses_keeps_the_latest() -> None:
    site = Site(DOOR)
    for minute in range(IN_REVIEW_MAX + 4):
        site.at(f"08:{minute:02}").door(DOOR).opens()
        site.at(f"08:{minute:02}:30").door(DOOR).shuts()
        site.person("Wang", DOOR).is_there()
        site.person("Wang", DOOR).reports("explained")
    assert len(site.doors[DOOR].in_review) == IN_REVIEW_MAX
    site.want(between("08:00", "08:20"), case("closed", times=4))
