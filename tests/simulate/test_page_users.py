"""Households that use their page: fewer false pages, and no breach is missed for what they say."""

import pytest
from msgspec.structs import replace

from gateway.simulate import fleet
from gateway.simulate.scenario import Page, Scenario, load

DOORS, DAYS, SEED = 24, 3, 11


def city(share: float) -> Scenario:
    """One in which many leave, seals fall silent, and nearly every opening is forgotten."""
    scenario = load()
    meal = replace(scenario.household.meal, announced=0.5, late=0.1)
    return replace(
        scenario,
        household=replace(scenario.household, meal=meal),
        breach=replace(scenario.breach, per_order=6.0),
        power=replace(scenario.power, cuts_per_day=0.5),
        page=Page(share=share, disputes=0.5),
    )


@pytest.fixture(scope="module")
def both() -> tuple[fleet.Totals, fleet.Totals]:
    without, with_page = (fleet.simulate(DOORS, DAYS, SEED, city(share)) for share in (0.0, 1.0))
    return without, with_page


def test_what_they_announce_late_spares_pages_for_what_was_lawful(
    both: tuple[fleet.Totals, ...],
) -> None:
    without, with_page = both
    assert without.counts["openings_true"] == with_page.counts["openings_true"], "the same lives"
    pages = [totals.figures()["pages"] for totals in both]
    false = [totals.figures()["false_pages"] for totals in both]
    print("pages, and false ones, without and with a page:", pages, false)
    assert pages[1] < pages[0]
    assert false[1] <= false[0], "what it says makes no page false"
    assert without.page_users == {}
    assert with_page.page_users["households_with_a_page"] == DOORS


def test_no_breach_is_missed_though_they_say_that_all_is_well(
    both: tuple[fleet.Totals, ...],
) -> None:
    _, with_page = both
    used = with_page.page_users
    print(dict(used))
    assert with_page.counts["breaches_true"] > 10
    assert used["seals_spoken_for"] > 10
    assert used["disputes"] > 10
    assert used["requests_done"] > 10
    assert with_page.missed == []
    assert with_page.counts["breaches_missed"] == 0
    assert with_page.counts["false_coverage_claims"] == 0
