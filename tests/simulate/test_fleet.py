"""A simulated fleet: the same from the same seed, and told of truthfully."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from gateway.simulate import fleet, goals, html_report
from gateway.simulate.building import BuildingRun
from gateway.simulate.households import SECOND
from gateway.simulate.scenario import SHIPPED, Scenario, load


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load()


def change(scenario: Scenario, section: str, **figures: Any) -> Scenario:
    return replace(scenario, **{section: replace(getattr(scenario, section), **figures)})


def hard(scenario: Scenario) -> Scenario:
    """A city where everything fails all the time, and many leave."""
    scenario = change(scenario, "breach", per_order=6.0)
    scenario = change(scenario, "contact", chatters_per_day=0.3, tampers_per_day=0.05)
    scenario = change(scenario, "power", cuts_per_day=1.0, batteries_die_per_day=0.01)
    return change(scenario, "radio", loss=0.1, late=0.05, repeated=0.03, fades_per_day=2.0)


def leavers(scenario: Scenario) -> Scenario:
    """The city of the file, but for three breaches in each order, and nothing that excuses them."""
    scenario = change(scenario, "building", allowing=0, recurring=0, rounds_per_day=0)
    return change(scenario, "breach", per_order=3.0)


def figures(totals: fleet.Totals) -> dict[str, Any]:
    return {name: value for name, value in totals.figures().items() if name != "seconds"}


def test_the_same_seed_gives_the_same_figures(scenario: Scenario) -> None:
    first, second = (figures(fleet.simulate(40, 2, 7, scenario)) for _ in range(2))
    assert first == second
    assert figures(fleet.simulate(40, 2, 8, scenario)) != first


def test_a_door_is_the_same_in_a_fleet_of_any_size(scenario: Scenario) -> None:
    few = fleet.simulate(5, 2, 7, scenario)
    many = BuildingRun(0, scenario, 7, 2, 10, True).run().doors
    first_five = [run for run in many if run.number % SECOND < 5]
    openings = [opening for run in first_five for opening in run.truth.openings]
    assert few.counts["openings_true"] == sum(bool(opening.edges) for opening in openings)


@pytest.mark.parametrize("city", [lambda same: same, hard], ids=["as it is", "hard"])
def test_heartbeats_that_are_left_out_change_nothing(
    scenario: Scenario, city: Callable[[Scenario], Scenario]
) -> None:
    short, full = (
        BuildingRun(0, city(scenario), 3, 3, 24, compressed).run() for compressed in (True, False)
    )
    assert short.found == full.found
    assert short.site.turn.outages == full.site.turn.outages
    for left_out, all_of_them in zip(short.doors, full.doors, strict=True):
        assert left_out.door == all_of_them.door
        assert left_out.scorer.seen == all_of_them.scorer.seen
        assert left_out.steps < all_of_them.steps


def test_no_breach_that_a_report_shows_is_missed(scenario: Scenario) -> None:
    totals = fleet.simulate(200, 3, 1, leavers(scenario))
    assert totals.missed == []
    assert totals.counts["breaches_shown"] >= 100
    assert totals.counts["breaches_told"] >= 0.95 * totals.counts["breaches_shown"]


def test_what_is_told_excused_and_missed_adds_up(scenario: Scenario) -> None:
    counts = fleet.simulate(60, 3, 1, hard(scenario)).counts
    parts = ("told", "excused", "behind_fault", "missed")
    assert sum(counts[f"breaches_{part}"] for part in parts) == counts["breaches_shown"]
    assert counts["breaches_shown"] <= counts["breaches_true"]


def test_the_figures_are_of_the_right_size(scenario: Scenario) -> None:
    said = figures(fleet.simulate(200, 3, 1, scenario))
    assert said["household_days"] == 600
    assert 3.5 < said["openings_true"] / 600 < 4.5
    assert 0.02 < said["pages_per_household_day"] < 0.5
    assert said["false_pages"] <= said["pages"] == sum(said["pages_by_reason"].values())
    assert 40 <= said["time_to_page_ms_p50"] < 1_000
    assert said["time_to_page_ms_p50"] < said["time_to_page_ms_p99"]
    assert said["steps"] > said["openings_true"] * 4


def test_without_any_fault_nothing_is_false_and_nothing_late(scenario: Scenario) -> None:
    calm = change(leavers(scenario), "contact", chatters_per_day=0, tampers_per_day=0)
    calm = change(calm, "power", cuts_per_day=0, batteries_die_per_day=0)
    calm = change(calm, "radio", loss=0, late=0, repeated=0, fades_per_day=0)
    said = figures(fleet.simulate(100, 3, 1, calm))
    false = ("false_pages", "false_intervals", "false_coverage_claims", "reports_dropped")
    assert [said[name] for name in false] == [0, 0, 0, 0]
    assert said["time_to_page_ms_p99"] <= 400
    assert said["breaches_shown"] == said["breaches_true"]


def test_a_story_has_truth_events_and_effects(scenario: Scenario) -> None:
    lines, run = fleet.story(3, 2, 1, scenario)
    assert run.steps == fleet.story(3, 2, 1, scenario)[1].steps > 0
    for word in ("truth", "event", "effect"):
        assert any(line.startswith(word) for _, line in lines)


def test_the_page_stands_alone(scenario: Scenario) -> None:
    html = html_report.page(fleet.simulate(60, 3, 1, leavers(scenario)))
    assert html.count("<svg") == 5
    assert "--cinnabar" in html
    assert not any(word in html for word in ("<script", "<link", "http:", "https:", "url("))
    assert html_report.page(fleet.simulate(1, 1, 1, scenario)).startswith("<!doctype html>")


def test_the_ledger_claims_nothing_that_the_truth_contradicts(scenario: Scenario) -> None:
    coverage = fleet.simulate(
        12, 2, 3, change(hard(scenario), "contact", chatters_per_day=0)
    ).coverage
    assert coverage.doors >= 6
    assert coverage.wrong_ms == 0
    assert coverage.shut_ms > coverage.not_seen_ms > 0 < coverage.open_ms


def tower(scenario: Scenario) -> Scenario:
    """504 doors behind one access point that fails, in a city where many leave."""
    scenario = change(
        scenario, "building", stairs=3, doors=168, point_stairs=3, point_fails_per_day=0.5
    )
    scenario = change(scenario, "building", point_off_min=(20, 60), stair_cuts_per_day=0)
    scenario = change(scenario, "radio", fades_per_day=0)
    return change(leavers(scenario), "breach", per_order=20)


def test_five_hundred_dark_doors_are_one_case_and_a_true_opening_among_them_pages(
    scenario: Scenario,
) -> None:
    totals = fleet.simulate(504, 2, 1, tower(scenario))
    said = figures(totals)
    assert said["outages_true"] == said["outages_in_one_case"] == said["outages_found"] >= 1
    assert said["outage_doors"] >= 0.95 * 504 * said["outages_found"]
    assert said["storm_pages_of_dark_doors"] >= 5
    assert said["storm_answer_ms_max"] <= 10_000
    assert said["breaches_missed"] == 0


def test_the_goals_hold(scenario: Scenario) -> None:
    said = figures(fleet.simulate(300, 4, 1, change(scenario, "breach", per_order=0.3)))
    goals = said["goals"]
    tried = [name for name, goal in goals.items() if goal["holds"] is not None]
    assert len(tried) >= 5
    assert [name for name in tried if not goals[name]["holds"]] == []
    assert said["breaches_shown"] >= 10


def test_the_goals_hold_in_a_harsh_city() -> None:
    """Seals that speak seldom, long fades, couriers whom nobody announces: silence after a lawful
    opening is a question, and a warden hears of the few that no report answers by day."""
    harsh = change(load(SHIPPED["harsh"]), "breach", per_order=0.3)
    said = figures(fleet.simulate(324, 7, 1, harsh))
    goals = said["goals"]
    assert said["false_pages_goal"] == 3
    assert [name for name, goal in goals.items() if goal["holds"] is False] == []
    assert said["breaches_shown"] >= 20
    assert said["questions"] >= 5 * said["pages_by_reason"]["silent_after_opening"] > 0


def test_a_goal_that_nothing_put_to_the_test_does_not_hold() -> None:
    figures = dict.fromkeys(("breaches_missed", "breaches_shown"), 0)
    assert goals.holds(figures, "breaches_missed") is None
    assert goals.said(figures, "breaches_missed") == "at most 0: untried"
    assert goals.said({"breaches_missed": 1, "breaches_shown": 3}, "breaches_missed").endswith(
        "MISSED"
    )


def test_a_box_whose_firmware_dies_is_one_outage(scenario: Scenario) -> None:
    boxes = change(scenario, "building", box_dies_per_day=0.4, box_dead_h=(1, 3), box_share=0.3)
    boxes = change(boxes, "building", stair_cuts_per_day=0, point_fails_per_day=0)
    boxes = change(boxes, "radio", fades_per_day=0)
    said = figures(fleet.simulate(108, 4, 2, boxes))
    assert 3 <= said["outages_true"] == said["outages_in_one_case"] == said["outages_found"]


def test_a_dark_stair_is_one_outage_and_every_cause_is_found_once(scenario: Scenario) -> None:
    dark = change(scenario, "building", point_fails_per_day=0.3, point_off_min=(30, 60), mains=0)
    dark = change(dark, "radio", fades_per_day=0)
    said = figures(fleet.simulate(108, 5, 2, dark))
    assert 3 <= said["outages_true"] == said["outages_in_one_case"]
    assert said["outages_false"] == said["outages_split"] == said["outages_missed"] == 0
    assert said["fault_pages_by_reason"]["outage"] <= said["outages_found"]


def test_one_cause_is_found_where_seals_heartbeat_every_five_minutes(scenario: Scenario) -> None:
    def found(heartbeat_s: int) -> dict[str, Any]:
        dark = change(scenario, "building", point_fails_per_day=0, mains=0.5)
        dark = change(dark, "building", stair_cuts_per_day=0.2, stair_off_min=(30, 120))
        dark = change(dark, "radio", fades_per_day=0, heartbeat_s=heartbeat_s)
        return figures(fleet.simulate(144, 6, 2, dark))

    often, seldom = found(100), found(300)
    assert often["outages_in_one_case"] >= 10
    assert seldom["outages_in_one_case"] == often["outages_in_one_case"]
    assert seldom["outages_false"] == often["outages_false"] == 0
