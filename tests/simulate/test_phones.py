"""What of a fleet's pages reaches people's phones, counted on storms that are made by hand."""

from gateway.core.effects import CaseMoved, PageDue
from gateway.core.model import Case, CaseState, Ladder
from gateway.core.reason import Reason
from gateway.core.rules import Rules
from gateway.simulate.fleet import simulate
from gateway.simulate.habits import OURS, load
from gateway.simulate.life import DAY_MS, MINUTE_MS, START_MS
from gateway.simulate.phones import Phones, Raised, concerns

RULES = Rules()
NOON_MS = START_MS + DAY_MS // 2
CLIMBS = Ladder("p", Reason.NO_PERMIT, 0, 0)


def breach(number: int, at_ms: int, rung: int = 0) -> Raised:
    page = PageDue(f"p{number}", f"c{number}", Reason.NO_PERMIT, at_ms, rung)
    return at_ms, f"d{number}", page


def taken(number: int, at_ms: int) -> Raised:
    case = Case(f"c{number}", Reason.NO_PERMIT, CaseState.ACKNOWLEDGED, NOON_MS)
    return at_ms, f"d{number}", CaseMoved(case, at_ms)


def reached(raised: list[Raised]) -> Phones:
    phones = Phones()
    phones.add(raised, RULES)
    return phones


def test_a_quiet_day_reaches_one_phone_a_page_whichever_channels_it_goes_by() -> None:
    pages = [breach(n, NOON_MS + n * MINUTE_MS) for n in range(5)]
    by_others = [breach(n, NOON_MS + n * MINUTE_MS + 30_000, rung=1) for n in range(5)]
    phones = reached([*by_others, *pages])
    assert (phones.pages, phones.most, phones.grouped) == (5, 5, 0)


def test_in_a_storm_nobody_gets_more_than_ten_and_the_rest_waits_and_is_told() -> None:
    storm = [breach(n, NOON_MS + n * 1_000) for n in range(14)]
    phones = reached(storm)
    assert (phones.pages, phones.most, phones.grouped) == (11, 10, 4)
    assert max(phones.waits_ms) == RULES.pages_window_ms - 10_000
    assert phones.figures()["phone_breach_waited_ms_max"] == max(phones.waits_ms)


def test_what_somebody_has_meanwhile_is_told_to_nobody_else() -> None:
    storm = [breach(n, NOON_MS + n * 1_000) for n in range(14)]
    phones = reached([*storm, *(taken(n, NOON_MS + MINUTE_MS) for n in range(10, 14))])
    assert (phones.pages, phones.grouped) == (10, 0)


def test_a_phone_that_works_is_not_lost_by_its_daily_tests() -> None:
    days = [breach(n, NOON_MS + n * DAY_MS) for n in range(5)]
    assert reached(days).pages == 5


def test_the_switchboard_hears_of_pages_and_of_cases_that_somebody_has() -> None:
    moved = taken(1, NOON_MS)[2]
    assert concerns(breach(1, NOON_MS)[2])
    assert concerns(moved)
    assert not concerns(
        CaseMoved(Case("c", Reason.NO_PERMIT, CaseState.CLOSED, 0, ladder=CLIMBS), 0)
    )


def test_every_grid_of_a_fleet_is_counted() -> None:
    habits = load(OURS)
    totals = simulate(2 * habits.warden.doors + 3, 2, 1, habits)
    figures = totals.figures()
    assert totals.raised == []
    assert figures["phone_pages"] >= figures["pages"] > 0
    assert 0 < figures["phone_most_pages_in_10_min"] <= 10
    assert figures["goals"]["phone_most_pages_in_10_min"]["holds"]
