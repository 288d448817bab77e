"""Each alert, asked of the week at many times, is on when it truly should be and off when not."""

import re
from typing import Any

import pytest
import yaml

from dashboards import limits
from dashboards.alerts import ALERTS, Alert
from dashboards.provision import FOLDER
from gateway.core.duration import HOUR_MS, MINUTE_MS
from tests.dashboards import truth
from tests.dashboards.conftest import Wall
from tests.dashboards.week import FROM_MS, TO_MS, Doorway, SiteWeek, week
from tests.dashboards.week_deliveries import PUSH_DOWN, deliveries
from tests.dashboards.week_figures import BROKER_AWAY, CLOCK_DOUBTED, HISTORY_LATE, NOTHING_SENT
from tests.neighbours import ROOT

BY_NAME = {alert.name: alert for alert in ALERTS}
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
# A gateway of the week sends a figure each five minutes and not each ten seconds: where an alert
# looks back for two minutes, it is asked just after one came.
AFTER_FIGURE_MS = 30_000


def on(wall: Wall, name: str, at_ms: int) -> set[str]:
    """The sites, and the seals where it tells them, for which an alert is on at a time."""
    alert = BY_NAME[name]
    found = set()
    for series in wall.ask(at(alert.query, at_ms)):
        column = next(one for one in series.rows[-1] if one != "time")
        value = [row[column] for row in series.rows if row[column] is not None][-1]
        if alert.holds(value):
            found.add(series.tags.get("seal") or series.tags["site"])
    return found


def at(query: str, at_ms: int) -> str:
    """The query as it would have been asked then: nothing had come that came later."""
    asked = query.replace("time > now()", f"time <= {at_ms}ms AND time > {at_ms}ms")
    assert "now()" not in asked
    return asked


def figure_at(at_ms: int) -> int:
    """Just after the first figure from a time on."""
    five = 5 * MINUTE_MS
    return at_ms - at_ms % five + five - MINUTE_MS + AFTER_FIGURE_MS


def middle(span: tuple[int, int]) -> int:
    """The time in the middle of a span."""
    return figure_at((span[0] + span[1]) // 2)


def sites(*firsts: str) -> set[str]:
    """Ids of sites by their first digits."""
    return {site.site_id for site in week() if site.site_id[0] in firsts}


def test_tampering_is_told_while_it_is_said_and_not_before(wall: Wall, site: SiteWeek) -> None:
    door = next(door for door in site.doors if truth.tampers(door))
    at_ms = truth.tampers(door)[0]
    assert door.seal_id not in on(wall, "tamper", at_ms - MINUTE_MS)
    assert door.seal_id in on(wall, "tamper", at_ms + MINUTE_MS)
    assert door.seal_id not in on(wall, "tamper", at_ms + 24 * HOUR_MS)


def test_tampering_that_a_seal_goes_on_to_say_does_not_ring_again_at_each_report(
    wall: Wall, site: SiteWeek
) -> None:
    """A seal that speaks once an hour says it once an hour: between two reports it is still so."""
    door = next(door for door in site.doors if truth.tampers(door))
    at_ms = truth.tampers(door)[0]
    looks = [at_ms + ago * MINUTE_MS for ago in range(1, 61, 7)]
    assert [at for at in looks if door.seal_id not in on(wall, "tamper", at)] == []


def open_for_long(wall: Wall, at_ms: int) -> set[str]:
    """The seals of which it was on at each look, for as long as it must last."""
    alert = BY_NAME["open-too-long"]
    assert alert.lasts == "30m"
    looks = [on(wall, alert.name, at_ms - ago * 10 * MINUTE_MS) for ago in range(4)]
    return set.intersection(*looks)


def says_open(door: Doorway, at_ms: int) -> bool:
    """Whether what its seal said last, within two hours, is that it is open."""
    near = truth.between(door, at_ms - 2 * HOUR_MS, at_ms + 6 * HOUR_MS)
    said = [one for one in near if at_ms - 2 * HOUR_MS < truth.edge_ms(one) <= at_ms]
    return bool(said) and max(said, key=truth.edge_ms).event.contact == "open"


def test_a_door_that_stands_open_for_half_an_hour_is_told_and_a_short_opening_is_not(
    wall: Wall,
) -> None:
    """A seal that speaks once an hour said nothing else within the half hour than that its door
    had opened just now."""
    doors = [door for site in week() for door in site.doors if not truth.chatters(door)]
    for at_ms in range(FROM_MS + 3 * HOUR_MS, TO_MS, 367 * MINUTE_MS):
        told = open_for_long(wall, at_ms)
        for door in doors:
            wanted = all(says_open(door, at_ms - ago * 10 * MINUTE_MS) for ago in range(4))
            assert (door.seal_id in told) == wanted, (door.seal_id, at_ms)
    long = [
        (door.seal_id, opening.edges[0])
        for door in doors
        for opening in door.run.truth.openings
        if opening.edges[1] - opening.edges[0] > 35 * MINUTE_MS
        and FROM_MS < opening.edges[0] < TO_MS - HOUR_MS
        and truth.is_powered(door, opening.edges[0])
        and truth.heard(door, opening.edges[0] + 33 * MINUTE_MS)
    ]
    for seal_id, open_ms in long:
        assert seal_id in open_for_long(wall, open_ms + 33 * MINUTE_MS)


def test_the_silent_share_is_told_at_the_site_where_seals_died(wall: Wall, site: SiteWeek) -> None:
    assert on(wall, "silent-share", figure_at(FROM_MS + HOUR_MS)) == set()
    dead = sum(not truth.is_powered(door, TO_MS) for door in site.doors)
    assert dead / len(site.doors) > limits.SILENT_SHARE
    assert on(wall, "silent-share", TO_MS) == {site.site_id}


def test_a_battery_that_ends_within_thirty_days_is_told(wall: Wall, site: SiteWeek) -> None:
    assert on(wall, "battery", TO_MS) == {site.site_id}


def test_pages_that_wait_and_pages_that_were_given_up(wall: Wall, site: SiteWeek) -> None:
    held = [one for one in deliveries(site) if PUSH_DOWN[0] <= one.made_ms < PUSH_DOWN[1]]
    assert held
    first_ms = min(one.made_ms for one in held)
    assert on(wall, "outbox-age", figure_at(first_ms + 10 * MINUTE_MS)) == {site.site_id}
    assert on(wall, "outbox-age", figure_at(PUSH_DOWN[1] + 10 * MINUTE_MS)) == set()
    assert on(wall, "dead-letters", PUSH_DOWN[0]) == set()
    assert on(wall, "dead-letters", figure_at(PUSH_DOWN[1] + 10 * MINUTE_MS)) == {site.site_id}
    assert on(wall, "dead-letters", figure_at(PUSH_DOWN[1] + 3 * HOUR_MS)) == set(), "known by now"


@pytest.mark.parametrize(
    ("name", "spans"),
    [("broker-away", BROKER_AWAY), ("clock", CLOCK_DOUBTED), ("history-lag", HISTORY_LATE)],
)
def test_what_befell_a_machine_is_told_of_it_alone_and_then_alone(
    wall: Wall, name: str, spans: dict[str, tuple[int, int]]
) -> None:
    ((key, span),) = spans.items()
    assert on(wall, name, figure_at(span[0] - HOUR_MS)) == set()
    assert on(wall, name, middle(span)) == sites(key)
    assert on(wall, name, figure_at(span[1] + HOUR_MS)) == set()


def test_a_disk_and_a_certificate_that_end_are_told_in_time(wall: Wall) -> None:
    before_ms = figure_at(NOTHING_SENT["e"][0] - HOUR_MS)
    assert on(wall, "disk", before_ms) == sites("e")
    assert on(wall, "certificate", before_ms) == sites("b")
    assert on(wall, "disk", figure_at(FROM_MS)) == set()


def test_a_gateway_that_falls_silent_is_told_though_others_speak(wall: Wall) -> None:
    began_ms = NOTHING_SENT["e"][0]
    assert on(wall, "no-data", figure_at(began_ms - HOUR_MS)) == set()
    assert on(wall, "no-data", figure_at(began_ms + 10 * MINUTE_MS)) == sites("e")
    assert on(wall, "no-data", figure_at(TO_MS - HOUR_MS)) == sites("e")


def rules() -> dict[str, dict[str, Any]]:
    """The rules as Grafana reads them, by their uid."""
    path = ROOT / "dashboards" / "provisioning" / "alerting" / "menshen.yaml"
    (group,) = yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
    assert group["folder"] == FOLDER
    return {rule["uid"]: rule for rule in group["rules"]}


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_a_rule_asks_what_was_tested_and_leads_to_its_page(alert: Alert) -> None:
    rule = rules()[f"menshen-{alert.name}"]
    asked, reduced, judged = (step["model"] for step in rule["data"])
    assert asked["query"] == alert.query
    assert "$" not in alert.query, "it is asked where there are no variables"
    assert reduced["reducer"] == "last"
    (condition,) = judged["conditions"]
    assert condition["evaluator"] == {"params": [alert.limit], "type": alert.beyond}
    assert rule["condition"] == judged["refId"] == "C"
    assert rule["noDataState"] == ("Alerting" if alert.tells_no_data else "OK")
    notes = rule["annotations"]
    assert notes["runbook_url"] == f"${{MENSHEN_RUNBOOK_URL}}#{alert.name}"
    assert (ROOT / "dashboards" / "json" / f"{alert.board}.json").is_file()
    assert notes["__dashboardUid__"] == f"menshen-{alert.board}"
    looks_back_s = max(int(seconds) for seconds in re.findall(r"now\(\) - (\d+)s", alert.query))
    assert looks_back_s == alert.look_back_s == asked_from(rule)


def asked_from(rule: dict[str, Any]) -> int:
    """How far back Grafana asks, in seconds."""
    found: int = rule["data"][0]["relativeTimeRange"]["from"]
    return found


def test_the_runbook_has_a_section_for_each_alert_and_for_nothing_else() -> None:
    sections = re.findall(r"^## ([a-z-]+)$", RUNBOOK, re.MULTILINE)
    assert sections == [alert.name for alert in ALERTS]
    for section in RUNBOOK.split("\n## ")[1:]:
        assert "**Means**" in section
        assert "**Do**" in section
