"""What *Fleet* shows of the week is what truly was."""

from collections import Counter

import pytest

from gateway.core.cases.milestones import Happened
from gateway.core.duration import DAY_MS, HOUR_MS, MINUTE_MS
from tests.dashboards import truth
from tests.dashboards.conftest import Wall
from tests.dashboards.week import FROM_MS, SITES, TO_MS, SiteWeek, week
from tests.dashboards.week_deliveries import deliveries
from tests.dashboards.week_figures import NOTHING_SENT, figures

LAST_FIGURE_MS = TO_MS - MINUTE_MS


def speaking() -> list[SiteWeek]:
    """Sites whose gateway sent its figures of late."""
    return [site for site in week() if site.site_id[0] not in NOTHING_SENT]


def test_the_doors_of_gateways_that_send_nothing_are_not_told_as_if_they_did(wall: Wall) -> None:
    assert len(week()) == 3
    assert wall.number("fleet", "Gateways heard") == len(speaking()) == 2
    assert wall.number("fleet", "Doors with a seal") == sum(len(s.doors) for s in speaking())


def test_what_stands_open_now_stands_open(wall: Wall) -> None:
    doors = [door for site in speaking() for door in site.doors]
    truly = sum(truth.stands_open(door, LAST_FIGURE_MS) for door in doors)
    assert wall.number("fleet", "Doors open now") == truly == 1


def test_silent_seals_are_those_that_have_no_power_any_more(wall: Wall) -> None:
    doors = [door for site in speaking() for door in site.doors]
    dead = [door for door in doors if not truth.is_powered(door, LAST_FIGURE_MS)]
    assert wall.number("fleet", "Seals silent") == len(dead) == 3


def test_open_cases_are_those_that_were_raised_and_not_closed(wall: Wall) -> None:
    befell = [found for site in speaking() for _, found, _ in site.milestones()]
    befell = [found for found in befell if found.at_ms <= LAST_FIGURE_MS]
    closed = {found.case_id for found in befell if found.happened is Happened.CLOSED}
    still_open = {found.case_id for found in befell} - closed
    assert wall.number("fleet", "Cases open") == len(still_open) > 0
    assert wall.number("fleet", "Cases nobody has taken") == 0


def test_a_sites_row_is_what_its_gateway_said_last_and_when(wall: Wall) -> None:
    rows = {row["site"]: row for row in wall.rows("fleet", "Sites")}
    assert rows.keys() == SITES.keys()
    for site in week():
        at_ms, said = figures(site)[-1]
        row = rows[site.site_id]
        assert row["Time"] == at_ms
        assert (row["doors"], row["open"]) == (len(site.doors), said["doors_open"])
        assert row["silent"] == said["doors_silent"]
        assert (row["cases"], row["untaken"]) == (said["cases_open"], said["cases_untaken"])
        assert row["failed pages"] == sum(one.gave_up for one in deliveries(site))
        assert row["disk"] == pytest.approx(said["disk_days"])
        assert row["certificate"] == pytest.approx(said["certificate_days"])
        assert row["battery"] == pytest.approx(said["battery_days"])


def test_an_hour_in_which_a_gateway_sent_nothing_is_red(wall: Wall) -> None:
    bands = wall.series("fleet", "Gateways")
    for site in week():
        sent = truth.by_span((at_ms for at_ms, _ in figures(site)), HOUR_MS)
        shown = {at_ms: count for at_ms, count in bands[site.site_id].items() if count}
        assert shown.keys() <= sent.keys()
        whole = [at_ms for at_ms in shown if at_ms >= FROM_MS]
        assert {at_ms: shown[at_ms] for at_ms in whole} == {at: sent[at] for at in whole}
        nothing = [at_ms for at_ms, count in bands[site.site_id].items() if not count]
        assert bool(nothing) == (site.site_id[0] in NOTHING_SENT)


def test_the_silent_share_is_that_of_the_gateways_figures(wall: Wall) -> None:
    shares = wall.series("fleet", "Silent share")
    for site in week():
        hourly: dict[int, list[int]] = {}
        for at_ms, said in figures(site):
            if at_ms >= FROM_MS:
                hourly.setdefault(at_ms - at_ms % HOUR_MS, []).append(said["doors_silent"])
        expected = {at: sum(n) / len(n) / len(site.doors) for at, n in hourly.items()}
        assert shares[site.site_id] == pytest.approx(expected)
        assert any(expected.values())


def test_coverage_by_the_hour_is_that_of_the_reports(wall: Wall) -> None:
    shares = wall.series("fleet", "Coverage")
    for site in week():
        hours = range(FROM_MS - FROM_MS % HOUR_MS + HOUR_MS, TO_MS - HOUR_MS, HOUR_MS)
        for from_ms in hours:
            covered = truth.covered_ms(site.doors, from_ms, from_ms + HOUR_MS)
            whole = len(site.doors) * HOUR_MS
            assert shares[site.site_id][from_ms] == pytest.approx(covered / whole), from_ms
    assert min(shares[week()[0].site_id].values()) < 0.8, "an access point was out"


def test_openings_add_up_to_those_that_truly_were(wall: Wall) -> None:
    bars = wall.series("fleet", "Openings")
    for site in week():
        honest = [door for door in site.doors if not truth.chatters(door)]
        truly = [at for door in honest for at in truth.openings(door) if FROM_MS <= at < TO_MS]
        told = sum(bars[site.site_id].values())
        if len(honest) == len(site.doors):
            assert told == len(truly)
        else:
            assert told > len(truly), "a contact at fault tells of more"


def test_cases_in_a_day_are_those_that_began_in_it(wall: Wall) -> None:
    bars = wall.series("fleet", "Cases in a day")
    for site in week():
        began = {}
        for _, found, _ in site.milestones():
            began.setdefault(found.case_id, found.at_ms)
        days = truth.by_span((at for at in began.values() if at >= FROM_MS), DAY_MS)
        assert {at: count for at, count in bars[site.site_id].items() if count} == days


def test_pages_that_failed_for_good_are_those_that_were_given_up(wall: Wall) -> None:
    bars = wall.series("fleet", "Pages that failed for good")
    lost = Counter(
        (one.channel, one.made_ms - one.made_ms % DAY_MS)
        for site in week()
        for one in deliveries(site)
        if one.gave_up and one.made_ms >= FROM_MS
    )
    shown = {(name, at): n for name, days in bars.items() for at, n in days.items() if n}
    assert shown == lost
    assert lost
